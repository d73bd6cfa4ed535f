"""The settings form where Stripe is entered, alone or beside TikTok."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from saleor_tiktok_stripe import accounts
from saleor_tiktok_stripe.accounts import form
from saleor_tiktok_stripe.accounts.stripe.credentials import credentials
from saleor_tiktok_stripe.errors import InvalidInput, RetryLater
from saleor_tiktok_stripe.models import Connection, ConnectionState, Job, Vendor

from .conftest import ALL_SCOPES, CHANNEL

pytestmark = pytest.mark.django_db

DEFAULTS: dict[str, Any] = {field.name: field.default for field in form.FIELDS}
TIKTOK = {"app_key": "appkey1", "app_secret": "appsecret1", "service_id": "12345"}


class Form:
    """As a host keeps it: what was kept last is what is shown next, unless it was changed
    elsewhere."""

    def __init__(self) -> None:
        self.values = dict(DEFAULTS)

    def save(self, *, active: bool = True, **changes: Any) -> dict[str, Any]:
        values = {**self.values, **form.current(CHANNEL), **changes}
        asked = form.ask_first(CHANNEL, values, active=active)
        with transaction.atomic():
            kept = form.save(CHANNEL, values, active=active, asked=asked)
        self.values = {**values, **kept}
        return self.values

    @property
    def shown(self) -> dict[str, Any]:
        return form.outputs(CHANNEL, "staff:1")


@pytest.fixture
def page(stripe) -> Form:
    return Form()


def keys(stripe) -> dict[str, str]:
    return {
        "stripe_secret_key": stripe.restricted_key(*ALL_SCOPES),
        "stripe_publishable_key": stripe.publishable_key,
    }


def stripe_row() -> Connection:
    return Connection.objects.get(vendor=Vendor.STRIPE)


def test_stripe_alone_is_connected_without_anything_of_tiktok(stripe, page):
    before = page.shown

    kept = page.save(**keys(stripe), stripe_statement_suffix="SHOP", stripe_receipt_email=True)

    assert before["stripe_state"] == "Not set up yet."
    assert kept["stripe_secret_key"] == form.MASK
    connection = Connection.objects.get()
    assert (connection.vendor, connection.state) == (Vendor.STRIPE, ConnectionState.ACTIVE)
    chosen = accounts.stripe_policy(connection)
    assert (chosen.statement_suffix, chosen.receipt_email) == ("SHOP", True)
    assert page.shown["stripe_state"] == (
        f"Connected to {connection.account_name} (test mode: no real money moves)."
    )
    assert page.shown["stripe_connect_link"] == "Not needed: the keys are the account's own."
    assert page.shown["stripe_webhook_address"].endswith("/webhooks/stripe/")
    assert page.shown["stripe_findings"] == "Not checked yet."
    assert page.shown["state"] == "Not set up yet."


def test_tiktok_alone_asks_nobody_at_stripe(stripe, page):
    page.save(**TIKTOK)

    assert [one.vendor for one in Connection.objects.all()] == [Vendor.TIKTOK]
    assert stripe.calls() == []


def test_both_are_saved_together(stripe, page):
    page.save(**TIKTOK, **keys(stripe))

    states = dict(Connection.objects.values_list("vendor", "state"))
    assert states == {"tiktok": "pending", "stripe": "active"}


def test_a_channel_is_switched_on_before_anything_is_entered(stripe, page):
    page.save(stock_buffer="2")

    assert not Connection.objects.exists()
    assert page.shown["state"] == page.shown["stripe_state"] == "Not set up yet."
    assert stripe.calls() == []


def test_what_was_chosen_elsewhere_about_notices_is_not_undone(page):
    page.save(**TIKTOK, notices_recipients="before@shop.example")
    accounts.configure_notices(CHANNEL, {"recipients": "now@shop.example"}, "console")

    page.save(stock_buffer="2")

    assert accounts.notice_policy(CHANNEL).recipients == ("now@shop.example",)
    assert page.values["notices_recipients"] == "now@shop.example"


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"stripe_publishable_key": ""}, "STRIPE_PUBLISHABLE_KEY_REQUIRED", "publishable_key"),
        ({"stripe_secret_key": "pk_test_123456789"}, "STRIPE_KEYS_SWAPPED", "secret_key"),
        ({"stripe_secret_key": "rk_test_unknown00"}, "STRIPE_KEY_NOT_ACCEPTED", "secret_key"),
        ({"stripe_secret_key": ""}, "STRIPE_SECRET_KEY_REQUIRED", "secret_key"),
        ({"stripe_secret_key": form.MASK}, "STRIPE_SECRET_KEY_REQUIRED", "secret_key"),
        ({"stripe_webhook_secret": "nonsense"}, "STRIPE_WEBHOOK_SECRET_INVALID", "webhook_secret"),
        ({"stripe_statement_suffix": "1" * 23}, "POLICY_INVALID", "statement_suffix"),
        ({"stripe_custom_payment_type": "card"}, "POLICY_INVALID", "custom_payment_type"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field_and_nothing_is_saved(
    stripe, page, changes, code, field
):
    with pytest.raises(InvalidInput) as refused:
        page.save(**{**TIKTOK, **keys(stripe), **changes})

    assert (refused.value.code, refused.value.field) == (code, f"stripe_{field}")
    assert not Connection.objects.exists()


@pytest.mark.parametrize("account", [{}, TIKTOK, "stripe"])
@pytest.mark.parametrize("vendor", ["tiktok", "stripe"])
def test_choices_are_checked_before_their_account_is_entered(stripe, page, account, vendor):
    changes = {"tiktok": {"hold_policy": "never"}, "stripe": {"stripe_statement_suffix": "<>"}}

    with pytest.raises(InvalidInput) as refused:
        page.save(**(keys(stripe) if account == "stripe" else account), **changes[vendor])

    assert (refused.value.code, {refused.value.field}) == ("POLICY_INVALID", {*changes[vendor]})
    assert not Connection.objects.exists()


@pytest.mark.parametrize("field", ["default_carrier", "app_secret", "notices_recipients"])
@pytest.mark.parametrize("character", ["\x00", "\ud83d"])
def test_a_character_that_cannot_be_stored_is_refused_at_its_field(stripe, page, field, character):
    with pytest.raises(InvalidInput) as refused:
        page.save(**{**TIKTOK, field: f"UPS{character}"})

    assert (refused.value.code, refused.value.field) == ("POLICY_INVALID", field)
    assert not Connection.objects.exists()


def test_spaces_around_what_was_pasted_do_not_matter(stripe, page):
    page.save(**TIKTOK, marketplace_warehouse=" 7000714532000001001\n", hold_policy="wait ")

    assert accounts.policy(Connection.objects.get()).marketplace_warehouse == "7000714532000001001"


def test_while_stripe_is_away_nothing_is_saved_not_even_of_tiktok(stripe, page):
    stripe.fault("unavailable", times=None)
    try:
        with pytest.raises(RetryLater) as refused:
            page.save(**TIKTOK, **keys(stripe))
    finally:
        stripe.clear_faults()

    assert refused.value.code == "STRIPE_UNREACHABLE"
    assert not Connection.objects.exists()


@pytest.mark.parametrize("mask", [form.MASK, form.MASK[-4:]])
def test_a_saved_mask_leaves_the_key_alone_and_asks_nobody(stripe, page, mask):
    entered = keys(stripe)
    page.save(**entered)
    asked = len(stripe.calls())

    page.save(stripe_secret_key=mask, stripe_mirror_tiktok=True, stripe_mirror_name="")

    assert credentials(stripe_row()).secret_key == entered["stripe_secret_key"]
    chosen = accounts.stripe_policy(stripe_row())
    assert (chosen.mirror_tiktok, chosen.mirror_name) == (True, "TikTok Shop")
    assert len(stripe.calls()) == asked


def test_a_rolled_webhook_secret_is_taken_and_the_field_is_empty_again(stripe, page):
    page.save(**keys(stripe))

    kept = page.save(stripe_webhook_secret="whsec_rolled0001")

    assert kept["stripe_webhook_secret"] == ""
    assert accounts.stripe_webhook_secrets(stripe_row()) == ("whsec_rolled0001",)
    page.save()
    assert accounts.stripe_webhook_secrets(stripe_row()) == ("whsec_rolled0001",)


def test_a_key_that_stripe_refused_since_does_not_stop_other_settings(stripe, page):
    page.save(**TIKTOK, **keys(stripe))
    stripe.revoke_key(credentials(stripe_row()).secret_key)
    accounts.verify(stripe_row())

    page.save(stock_buffer="4")

    assert stripe_row().state == ConnectionState.NEEDS_REAUTH
    assert Connection.objects.get(vendor=Vendor.TIKTOK).policy["stock_buffer"] == 4


def test_clearing_the_key_disconnects_and_tiktok_stays(stripe, page):
    page.save(**TIKTOK, **keys(stripe))

    kept = page.save(stripe_secret_key="")

    assert stripe_row().state == ConnectionState.DISABLED
    assert page.shown["stripe_state"] == "The Stripe account is being disconnected."
    job = Job.objects.get(kind="accounts.end")
    assert (job.connection_id, job.payload) == (stripe_row().pk, {"actor": "settings form"})
    assert kept["stripe_publishable_key"] == ""
    accounts.disconnect(stripe_row(), "settings form")
    page.save(stock_buffer="2")
    assert stripe_row().state == ConnectionState.DISABLED
    assert Connection.objects.get(vendor=Vendor.TIKTOK).policy["stock_buffer"] == 2


def test_clearing_the_app_secret_leaves_stripe_alone_and_later_saves_work(stripe, page):
    page.save(**TIKTOK, **keys(stripe))

    page.save(app_secret="")
    accounts.disconnect(Connection.objects.get(vendor=Vendor.TIKTOK), "settings form")
    page.save(stripe_statement_suffix="SHOP")

    assert Connection.objects.get(vendor=Vendor.TIKTOK).state == ConnectionState.DISABLED
    assert stripe_row().state == ConnectionState.ACTIVE
    assert accounts.stripe_policy(stripe_row()).statement_suffix == "SHOP"


def test_choices_of_both_are_kept_while_neither_account_is_there(stripe, page):
    page.save(**TIKTOK, **keys(stripe))
    page.save(app_secret="", stripe_secret_key="", stripe_statement_suffix="EARLY")
    for one in Connection.objects.all():
        accounts.disconnect(one, "settings form")

    kept = page.save(stock_buffer="7", stripe_receipt_email=True)

    shop = Connection.objects.get(vendor=Vendor.TIKTOK)
    chosen = accounts.stripe_policy(stripe_row())
    assert accounts.policy(shop).stock_buffer == 7
    assert (chosen.statement_suffix, chosen.receipt_email) == ("EARLY", True)
    assert (kept["stock_buffer"], kept["stripe_receipt_email"]) == ("7", True)
    assert {shop.state, stripe_row().state} == {ConnectionState.DISABLED}
    with pytest.raises(InvalidInput) as refused:
        page.save(stripe_statement_suffix="1" * 23)
    assert (refused.value.code, refused.value.field) == (
        "POLICY_INVALID",
        "stripe_statement_suffix",
    )


def test_a_disconnected_shop_is_asked_for_its_secret_beside_stripe_too(stripe, page):
    page.save(**TIKTOK, **keys(stripe))
    accounts.disconnect(Connection.objects.get(vendor=Vendor.TIKTOK), "staff:1")

    kept = page.save(stock_buffer="7")
    with pytest.raises(InvalidInput) as refused:
        page.save(app_key="another1")

    assert kept["stock_buffer"] == "7"
    assert Connection.objects.get(vendor=Vendor.TIKTOK).policy["stock_buffer"] == 7
    assert refused.value.code == "APP_SECRET_REQUIRED"
    assert accounts.credentials(Connection.objects.get(vendor=Vendor.TIKTOK)).app.app_key == (
        "appkey1"
    )
    assert stripe_row().state == ConnectionState.ACTIVE


def test_a_later_save_takes_no_disconnecting_back_that_waits_for_a_worker(stripe, page):
    page.save(**TIKTOK, **keys(stripe))
    page.save(app_secret="", stripe_secret_key="")

    page.save(stock_buffer="2")

    assert set(Connection.objects.values_list("state", flat=True)) == {ConnectionState.DISABLED}
    assert Job.objects.filter(kind="accounts.end", status="queued").count() == 2
    assert not page.shown["app_secret"]
    assert not page.shown["stripe_secret_key"]


def test_the_switch_holds_both_and_lets_both_go_on(stripe, page):
    page.save(**TIKTOK, **keys(stripe))

    page.save(active=False)
    off = set(Connection.objects.values_list("state", flat=True))
    page.save(active=True)

    assert off == {"disabled"}
    states = dict(Connection.objects.values_list("vendor", "state"))
    assert states == {"tiktok": "pending", "stripe": "active"}


def test_a_key_entered_while_switched_off_is_asked_about_but_does_not_begin_work(stripe, page):
    page.save(active=False, **keys(stripe))

    assert stripe_row().state == ConnectionState.DISABLED
    assert stripe_row().account_id == stripe.account_id


def test_a_platform_is_shown_its_link_and_address(stripe, page):
    page.save(
        stripe_secret_key=stripe.secret_key,
        stripe_publishable_key=stripe.publishable_key,
        stripe_client_id=stripe.client_id,
    )

    shown = page.shown
    assert shown["stripe_state"] == (
        "Waiting for the account holder's consent: open the Stripe connect link."
    )
    assert "/oauth/stripe/start/?ticket=" in shown["stripe_connect_link"]
    assert shown["stripe_redirect_address"].endswith("/oauth/stripe/")
