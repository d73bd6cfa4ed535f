"""The settings: what the review says, choices, carriers, and ending a connection."""

from __future__ import annotations

import pytest

from saleor_tiktok_stripe import accounts
from saleor_tiktok_stripe.models import (
    AuditEntry,
    Carrier,
    CarrierLink,
    Connection,
    ConnectionState,
)
from tests.support.factories import APP_SECRET, make_connection, make_stripe_connection

from .markup import parse, problems

pytestmark = pytest.mark.django_db


def form_of(answer, form_id: str) -> dict[str, str]:
    """What a browser would send of a form, as it stands in the page."""
    page = parse(answer.content.decode())
    sent: dict[str, str] = {}
    for one in page.elements:
        name = one.attributes.get("name")
        if not (one.attributes.get("id") or "").startswith(f"{form_id}-") or not name:
            continue
        if one.attributes.get("type") == "checkbox":
            if "checked" in one.attributes:
                sent[name] = "true"
        elif one.tag == "input":
            sent[name] = one.attributes.get("value") or ""
    return sent


def shop(**fields: object) -> Connection:
    """A connected shop whose app could be saved as it is."""
    connection = make_connection(**fields)
    connection.credentials = {**connection.credentials, "service_id": "7300000000000000005"}
    connection.save()
    return connection


def test_every_choice_of_the_settings_form_stands_here_with_its_words(admin):
    make_connection()
    make_stripe_connection()

    shown = admin.get("settings/").content.decode()

    for label in (
        "Orders on hold",
        "Stock buffer",
        "Price ending",
        "Card statement",
        "Mirror name",
    ):
        assert label in shown
    assert "Units held back from TikTok." in shown
    assert "Import at once, unconfirmed" in shown
    assert APP_SECRET not in shown
    assert problems(shown) == []


def test_a_choice_is_changed_and_the_others_stay(admin):
    connection = shop(policy={"stock_percent": 80, "sku_match": ["barcode"]})
    sent = form_of(admin.get("settings/"), "choices-tiktok")

    answer = admin.post(
        "settings/",
        **{**sent, "do": "choices", "vendor": "tiktok", "stock_buffer": "5", "hold_policy": "wait"},
        unlinked_policy="park",
        price_source="price",
        price_rounding="none",
        handover="PICKUP",
        cancel_reason="out_of_stock",
    )

    connection.refresh_from_db()
    chosen = accounts.policy(connection)
    assert answer.status_code == 303
    assert (chosen.stock_buffer, chosen.stock_percent, chosen.handover) == (5, 80, "PICKUP")
    assert chosen.sku_match == ("barcode",)
    assert connection.credentials["app_secret"] == APP_SECRET
    assert connection.credentials["access_token"] == "canary-access-token"
    assert AuditEntry.objects.get(action="connection.configured").actor == "admin@shop.example"


def test_a_switch_that_is_not_sent_is_off(admin):
    connection = shop()
    sent = form_of(admin.get("settings/"), "choices-tiktok")
    del sent["stock_push"]

    admin.post("settings/", **sent, **SELECTED, do="choices", vendor="tiktok")

    connection.refresh_from_db()
    assert accounts.policy(connection).stock_push is False
    assert accounts.policy(connection).ship_push is True


SELECTED = {
    "hold_policy": "wait",
    "unlinked_policy": "park",
    "price_source": "price",
    "price_rounding": "none",
    "handover": "DROP_OFF",
    "cancel_reason": "out_of_stock",
}


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("stock_percent", "120", "Enter a whole number from 0 to 100."),
        ("import_from", "soon", "Enter a date such as 2026-11-01"),
        ("price_add", "a lot", "Enter an amount"),
        ("hold_policy", "never", "Enter &quot;wait&quot; or &quot;import_unconfirmed&quot;."),
        ("warehouse", "unknown", "This channel has no warehouse"),
    ],
)
def test_a_choice_that_does_not_fit_is_said_at_its_field(admin, field, value, words):
    connection = make_connection()
    sent = {**form_of(admin.get("settings/"), "choices-tiktok"), **SELECTED, field: value}

    answer = admin.post("settings/", **sent, do="choices", vendor="tiktok", form="choices-tiktok")

    shown = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="choices-tiktok-{field}-error">{words}' in shown
    assert problems(shown) == []
    connection.refresh_from_db()
    assert connection.policy == {}
    assert not AuditEntry.objects.exists()


def test_stripes_choices_are_changed_too(admin):
    connection = make_stripe_connection()
    sent = form_of(admin.get("settings/"), "choices-stripe")

    answer = admin.post(
        "settings/",
        **{**sent, "statement_suffix": "MUGS", "do": "choices", "vendor": "stripe"},
    )

    connection.refresh_from_db()
    assert answer.status_code == 303
    assert accounts.stripe_policy(connection).statement_suffix == "MUGS"
    assert connection.state == ConnectionState.ACTIVE


def test_a_connection_is_ended_only_once_its_name_was_typed(admin, settings):
    settings.TIKTOK_STRIPE_SANDBOX = "1"
    settings.TIKTOK_STRIPE_TIKTOK_API_URL = "http://127.0.0.1:9"
    connection = make_connection()

    without = admin.post("settings/", do="disconnect", vendor="tiktok", name="test shop")
    connection.refresh_from_db()
    state = connection.state
    answer = admin.post("settings/", do="disconnect", vendor="tiktok", name="Test shop")

    assert without.status_code == 422
    assert "type Test shop to say that you mean it" in without.content.decode()
    assert "<details" in without.content.decode()
    assert state == ConnectionState.ACTIVE
    assert answer.status_code == 303
    connection.refresh_from_db()
    assert connection.state == ConnectionState.DISABLED
    assert connection.credentials.get("app_secret", "") == ""
    assert "Disconnected. Its secrets are wiped." in admin.get("settings/").content.decode()


@pytest.mark.parametrize("vendor", ["", "paypal", "stripe"])
def test_what_is_not_there_is_not_ended(admin, vendor):
    connection = make_connection()

    answer = admin.post("settings/", do="disconnect", vendor=vendor, name="Test shop")

    connection.refresh_from_db()
    assert answer.status_code == 422
    assert connection.state == ConnectionState.ACTIVE


def test_carriers_are_linked_and_unlinked(admin):
    connection = make_connection()
    Carrier.objects.create(connection=connection, carrier_id="7117858858072016686", name="USPS")

    linked = admin.post("settings/", do="link", name="Post", carrier_id="7117858858072016686")
    shown = admin.get("settings/").content.decode()
    removed = admin.post("settings/", do="unlink", name="Post")

    assert (linked.status_code, removed.status_code) == (303, 303)
    assert "Post is linked. Orders that waited go on." in shown
    assert problems(shown) == []
    assert not CarrierLink.objects.exists()
    actions = list(AuditEntry.objects.order_by("id").values_list("action", "actor"))
    assert actions == [
        ("carrier.link", "admin@shop.example"),
        ("carrier.unlink", "admin@shop.example"),
    ]


def test_carriers_that_were_not_read_yet_are_not_counted(admin):
    connection = make_connection()

    before = admin.get("settings/").content.decode()
    Carrier.objects.create(connection=connection, carrier_id="1", name="Post", gone=True)
    none = admin.get("settings/").content.decode()
    Carrier.objects.update(gone=False)
    one = admin.get("settings/").content.decode()

    assert "carriers are not read yet. That comes by itself with the first shipment" in before
    assert "Read them now" in before
    assert "None is linked by hand" not in before
    assert "TikTok names no carriers for this shop at the moment." in none
    assert "TikTok knows 1 carrier for this shop." in one
    assert "Ask TikTok again" in one
    assert [problems(page) for page in (before, none, one)] == [[], [], []]


@pytest.mark.parametrize(
    ("name", "carrier", "code"),
    [("", "1", "CARRIER_NAME_EMPTY"), ("Post", "2", "CARRIER_ID_UNKNOWN")],
)
def test_a_carrier_that_does_not_fit_is_not_linked(admin, name, carrier, code):
    connection = make_connection()
    Carrier.objects.create(connection=connection, carrier_id="1", name="USPS")

    answer = admin.post("settings/", do="link", name=name, carrier_id=carrier)

    assert answer.status_code == 422
    assert f"<code>{code}</code>" in answer.content.decode()
    assert not CarrierLink.objects.exists()


def test_before_anything_is_connected_the_page_says_so(admin):
    shown = admin.get("settings/").content.decode()

    assert "Nothing is connected yet." in shown
    assert not Connection.objects.exists()
