"""The page about the API: its operations run, and its reference is that of the schema."""

from __future__ import annotations

import pytest

from saleor_tiktok_stripe.graphql.core.ids import global_id
from saleor_tiktok_stripe.graphql.reference import as_markdown
from saleor_tiktok_stripe.graphql.schema import schema
from tests.graphql.asking import ANONYMOUS, STAFF, ask
from tests.graphql.conftest import shop  # noqa: F401  (a fixture)
from tests.support.shop import ConnectedShop

from .pages import blocks, page

PAYING, STUCK, REFUND = blocks(page("use-the-api.md"), "graphql")
pytestmark = pytest.mark.django_db(transaction=True)


def test_a_stranger_may_ask_about_paying():
    said = ask(PAYING, ANONYMOUS)

    assert said["errors"] == []
    assert said["data"]["tiktokStripe"]["storefront"]["gatewayId"] == "saleor.tiktok_stripe"


def test_staff_see_what_is_stuck():
    said = ask(STUCK, STAFF)

    assert said["errors"] == []
    assert said["data"]["tiktokStripe"]["parked"]["edges"] == []


def test_a_refund_of_an_unknown_order_is_refused_in_its_errors(shop: ConnectedShop):  # noqa: F811
    unknown = global_id("Order", "6f3f6a52-7d3c-4b7b-9d0e-3a1c5a0f0001")

    said = ask(REFUND, STAFF, orderId=unknown, amount="1.00", dryRun=True)

    assert said["errors"] == []
    [error] = said["data"]["tiktokStripeOrderRefund"]["errors"]
    assert (error["code"], error["reason"]) == ("NOT_FOUND", "PAYMENT_NOT_FOUND")


def test_the_reference_is_that_of_the_schema():
    assert page("reference/api.md") == as_markdown(schema().get_type_map())
