"""What saving the settings form of a channel does to its connection."""

from __future__ import annotations

from decimal import Decimal

import pytest

from saleor_tiktok_stripe import accounts
from saleor_tiktok_stripe.accounts import form
from saleor_tiktok_stripe.errors import InvalidInput
from saleor_tiktok_stripe.models import Connection, ConnectionState

from .conftest import CHANNEL, consent, entered


def as_saved(connection: Connection) -> dict[str, object]:
    """The form's values as Saleor holds them after a save that connected the shop."""
    app = accounts.credentials(connection).app
    return {
        "app_key": app.app_key,
        "app_secret": form.MASK,
        "service_id": app.service_id,
        "region_group": app.region_group,
        "shop": connection.account_id,
    }


def test_switching_off_a_connected_channel_leaves_it_off(connected):
    form.save(CHANNEL, as_saved(connected), active=False)

    connected.refresh_from_db()
    assert connected.state == ConnectionState.DISABLED


def test_switching_on_again_goes_on_with_the_same_shop(connected):
    values = as_saved(connected)
    form.save(CHANNEL, values, active=False)

    form.save(CHANNEL, values, active=True)

    connected.refresh_from_db()
    assert connected.state == ConnectionState.ACTIVE
    assert connected.account_id == values["shop"]


def test_consent_that_ends_after_the_channel_was_switched_off_does_not_switch_it_on(db, tiktok):
    url = accounts.begin_connect(CHANNEL, entered(tiktok), "staff:1")
    answer = consent(url)
    connection = accounts.find_connection(CHANNEL)
    form.save(CHANNEL, as_saved(connection), active=False)

    with pytest.raises(InvalidInput) as refused:
        accounts.complete_connect(answer["state"], answer["code"])

    assert refused.value.code == "SWITCHED_OFF"
    connection.refresh_from_db()
    assert connection.state == ConnectionState.DISABLED


CHOSEN = {
    "stock_percent": "80",
    "stock_buffer": "2",
    "stock_max": "",
    "stock_warehouses": "default, default",
    "marketplace_warehouse": "7000714532000001001",
    "price_push": True,
    "price_source": "discounted",
    "price_percent": "97.5",
    "price_add": "-0.50",
    "price_rounding": "95",
    "handover": "PICKUP",
    "default_carrier": "UPS",
    "cancel_reason": "cannot_deliver",
    "restock_returns": True,
}


def test_what_is_offered_and_told_is_kept_as_chosen(connected):
    form.save(CHANNEL, as_saved(connected) | CHOSEN, active=True)

    connected.refresh_from_db()
    chosen = accounts.policy(connected)
    assert (chosen.stock_percent, chosen.stock_buffer, chosen.stock_max) == (80, 2, None)
    assert chosen.stock_warehouses == ("default", "default")
    assert chosen.marketplace_warehouse == "7000714532000001001"
    assert (chosen.price_push, chosen.price_source) == (True, "discounted")
    assert (chosen.price_percent, chosen.price_add) == (Decimal("97.5"), Decimal("-0.50"))
    assert (chosen.price_rounding, chosen.handover, chosen.default_carrier) == (
        "95",
        "PICKUP",
        "UPS",
    )
    assert (chosen.cancel_reason, chosen.restock_returns) == ("cannot_deliver", True)
    assert (chosen.stock_push, chosen.ship_push, chosen.cancel_push) == (True, True, True)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("stock_percent", "101", "Enter a whole number from 0 to 100."),
        ("stock_percent", "", "Enter a whole number from 0 to 100."),
        ("stock_max", "100000", "Enter a whole number up to 99999, or leave it empty"),
        ("stock_warehouses", "a b", "Enter slugs of this channel's warehouses"),
        ("marketplace_warehouse", "main", "Enter the id of one of the shop's warehouses"),
        ("price_percent", "0", "Enter a number above 0"),
        ("price_add", "much", "Enter an amount in the channel's currency"),
        ("price_rounding", "98", 'Enter "none", "whole", "99", "95" or "90".'),
        ("handover", "drone", 'Enter "DROP_OFF" or "PICKUP".'),
        ("cancel_reason", "bored", 'Enter "out_of_stock"'),
    ],
)
def test_a_choice_that_does_not_fit_says_what_does(connected, field, value, words):
    with pytest.raises(InvalidInput) as refused:
        form.save(CHANNEL, as_saved(connected) | {field: value}, active=True)

    assert (refused.value.code, refused.value.field) == ("POLICY_INVALID", field)
    assert refused.value.message.startswith(words)


@pytest.mark.parametrize("field", ["warehouse", "stock_warehouses"])
def test_a_warehouse_that_the_channel_does_not_have_is_refused_with_those_it_has(connected, field):
    with pytest.raises(InvalidInput) as refused:
        form.save(CHANNEL, as_saved(connected) | {field: "nowhere"}, active=True)

    assert (refused.value.code, refused.value.field, refused.value.message) == (
        "WAREHOUSE_UNKNOWN",
        field,
        "This channel has no warehouse 'nowhere'; it has: default.",
    )
    connected.refresh_from_db()
    assert accounts.policy(connected).stock_warehouses == ()


@pytest.mark.parametrize(
    ("active", "changes"), [(False, {}), (True, {"app_secret": ""})], ids=["off", "ended"]
)
def test_a_warehouse_that_is_gone_keeps_nobody_from_stopping(connected, active, changes):
    connected.policy = {**connected.policy, "warehouse": "gone"}
    connected.save()

    form.save(CHANNEL, {**as_saved(connected), **form.current(CHANNEL), **changes}, active=active)

    connected.refresh_from_db()
    assert connected.state == ConnectionState.DISABLED
    assert accounts.policy(connected).warehouse == "gone"


@pytest.fixture
def left(connected) -> Connection:
    """A channel whose shop was disconnected; its app key and service id stay."""
    accounts.disconnect(connected, "staff:1")
    return connected


def test_without_a_shop_all_else_is_saved_and_the_missing_secret_is_shown(left):
    form.save(CHANNEL, form.current(CHANNEL) | {"stock_buffer": "7"}, active=True)

    left.refresh_from_db()
    assert accounts.policy(left).stock_buffer == 7
    assert (left.state, left.state_reason) == (
        ConnectionState.DISABLED,
        "The shop was disconnected.",
    )
    shown = form.outputs(CHANNEL, "staff:1")
    assert shown["state"] == "The shop was disconnected. The app secret is missing."
    assert shown["findings"] == (
        "Warning: The app secret is missing, so that nothing is exchanged with TikTok. "
        "Enter it from Partner Center and save, then open the connect link."
    )
    assert (shown["app_key"], shown["stock_buffer"]) == (
        accounts.credentials(left).app.app_key,
        "7",
    )


@pytest.mark.parametrize(
    "entered",
    [
        {"app_key": "another1"},
        {"service_id": "7300000000000000009"},
        {"region_group": "ROW"},
        {"shop": "7000000000000000001"},
    ],
    ids=lambda entered: next(iter(entered)),
)
def test_what_connects_a_shop_again_needs_the_secret(left, entered):
    before = Connection.objects.values().get()

    with pytest.raises(InvalidInput) as refused:
        form.save(CHANNEL, form.current(CHANNEL) | entered, active=True)

    assert (refused.value.code, refused.value.field) == ("APP_SECRET_REQUIRED", "app_secret")
    assert Connection.objects.values().get() == before


def test_a_secret_that_is_entered_again_connects(left, tiktok):
    secret = tiktok.credentials["app_secret"]

    form.save(CHANNEL, form.current(CHANNEL) | {"app_secret": secret}, active=True)

    left.refresh_from_db()
    assert left.state == ConnectionState.PENDING
    shown = form.outputs(CHANNEL, "staff:1")
    assert shown["state"] == "Waiting for your authorization: open the connect link."
    assert "missing" not in shown["findings"]
    assert "/oauth/tiktok/start/?ticket=" in shown["connect_link"]


def test_a_warehouse_that_is_gone_stops_only_who_names_it(left):
    left.policy = {**left.policy, "warehouse": "gone"}
    left.save()

    form.save(CHANNEL, form.current(CHANNEL) | {"stock_buffer": "7"}, active=True)
    with pytest.raises(InvalidInput) as refused:
        form.save(CHANNEL, form.current(CHANNEL) | {"warehouse": "nowhere"}, active=True)

    assert refused.value.code == "WAREHOUSE_UNKNOWN"
    left.refresh_from_db()
    assert (accounts.policy(left).warehouse, accounts.policy(left).stock_buffer) == ("gone", 7)


def test_a_first_app_without_its_secret_is_refused(db, tiktok):
    values = {"app_key": "appkey1", "service_id": "7300000000000000001", "app_secret": ""}

    with pytest.raises(InvalidInput) as refused:
        form.save(CHANNEL, values, active=True)

    assert refused.value.code == "APP_SECRET_REQUIRED"
    assert not Connection.objects.exists()
