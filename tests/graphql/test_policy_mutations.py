"""What the merchant decides, changed through the API by the same checks as the settings form."""

from __future__ import annotations

import pytest

from saleor_tiktok_stripe import accounts
from saleor_tiktok_stripe.graphql.types.policies import CHANNEL_POLICY, PAYMENT_POLICY
from saleor_tiktok_stripe.models import AuditEntry, Connection
from saleor_tiktok_stripe.saleor_api import get_saleor
from tests.support.factories import make_connection, make_stripe_connection
from tests.support.shop import ConnectedShop
from tests.support.stored import everything

from .operations import OTHER_CHANNEL, done, refused

pytestmark = pytest.mark.django_db(transaction=True)


def a_shop(**policy: object) -> Connection:
    connection = make_connection(policy=policy)
    connection.credentials = {**connection.credentials, "service_id": "7000001"}
    connection.save(update_fields=["credentials"])
    return connection


def test_every_choice_of_a_merchant_is_there():
    assert set(CHANNEL_POLICY) == set(accounts.ChannelPolicy.model_fields)
    assert set(PAYMENT_POLICY) == set(accounts.StripePolicy.model_fields)


def test_what_is_named_changes_and_the_rest_stays():
    a_shop(stock_buffer=3, warehouse="main")

    payload = done(
        "tiktokStripeChannelPolicyUpdate",
        input={
            "holdPolicy": "IMPORT_UNCONFIRMED",
            "priceRounding": "ENDS_99",
            "pricePercent": "97.5",
            "importFrom": "2026-11-01T00:00:00Z",
        },
    )

    shown = payload["policy"]
    assert shown["holdPolicy"] == "IMPORT_UNCONFIRMED"
    assert (shown["priceRounding"], shown["pricePercent"]) == ("ENDS_99", "97.5")
    assert (shown["stockBuffer"], shown["warehouse"]) == (3, "main")
    kept = accounts.policy(Connection.objects.get())
    assert (kept.hold_policy, kept.stock_buffer, kept.price_rounding) == (
        "import_unconfirmed", 3, "99",
    )  # fmt: skip
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.data) == (
        "connection.configured", "admin@example.com", {"changed": "policy"},
    )  # fmt: skip


def test_null_takes_a_limit_away():
    a_shop(stock_max=5, import_from="2026-11-01T00:00:00Z")

    shown = done("tiktokStripeChannelPolicyUpdate", input={"stockMax": None, "importFrom": None})

    assert (shown["policy"]["stockMax"], shown["policy"]["importFrom"]) == (None, None)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"stockPercent": 101}, "stockPercent"),
        ({"holdPolicy": None}, "holdPolicy"),
        ({"priceAdd": "1.234"}, "priceAdd"),
        ({"marketplaceWarehouse": "main"}, "marketplaceWarehouse"),
        ({"languageCode": "e"}, "languageCode"),
    ],
)
def test_what_the_form_refuses_is_refused_here_and_nothing_changes(given, field):
    a_shop()
    before = everything()

    assert refused("tiktokStripeChannelPolicyUpdate", input=given) == [("POLICY_INVALID", field)]
    assert everything() == before


def test_warehouses_are_those_of_the_channel(shop: ConnectedShop):
    known = [one.slug for one in get_saleor().channel(shop.connection.channel_slug).warehouses]
    before = everything()

    one = refused("tiktokStripeChannelPolicyUpdate", input={"warehouse": "elsewhere"})
    several = refused(
        "tiktokStripeChannelPolicyUpdate", input={"stockWarehouses": [*known, "elsewhere"]}
    )

    assert one == [("WAREHOUSE_UNKNOWN", "warehouse")]
    assert several == [("WAREHOUSE_UNKNOWN", "stockWarehouses")]
    assert everything() == before
    taken = done(
        "tiktokStripeChannelPolicyUpdate",
        input={"warehouse": known[0], "stockWarehouses": known},
    )
    assert (taken["policy"]["warehouse"], taken["policy"]["stockWarehouses"]) == (known[0], known)


def test_nothing_changes_where_nothing_differs():
    a_shop()
    before = everything()

    done("tiktokStripeChannelPolicyUpdate", input={})

    assert everything() == before


def test_choices_for_payments_are_changed():
    make_stripe_connection(policy={"receipt_email": True})

    shown = done(
        "tiktokStripePaymentPolicyUpdate",
        input={"refundReasonDefault": "DUPLICATE", "statementSuffix": "PENS"},
    )["policy"]

    assert (shown["refundReasonDefault"], shown["statementSuffix"]) == ("DUPLICATE", "PENS")
    assert shown["receiptEmail"] is True
    assert accounts.stripe_policy(Connection.objects.get()).refund_reason_default == "duplicate"
    assert refused("tiktokStripePaymentPolicyUpdate", input={"statementSuffix": "<>"}) == [
        ("POLICY_INVALID", "statementSuffix")
    ]


@pytest.mark.parametrize(
    "name", ["tiktokStripeChannelPolicyUpdate", "tiktokStripePaymentPolicyUpdate"]
)
def test_a_channel_without_accounts_has_no_choices(name):
    make_connection()
    make_stripe_connection()

    assert refused(name, in_channel=OTHER_CHANNEL, input={}) == [("NOT_CONFIGURED", None)]
