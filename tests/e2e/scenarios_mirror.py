"""TikTok's sales shown in the merchant's Stripe account, because the merchant chose so.

Tests that take a fixture ``stage``, as in ``scenarios_orders``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from django.test import override_settings

from saleor_tiktok_stripe import jobs
from saleor_tiktok_stripe.jobs import clock
from saleor_tiktok_stripe.models import Connection, Vendor
from saleor_tiktok_stripe.sandbox.stripe import StripeSandbox
from saleor_tiktok_stripe.sandbox.stripe.control import Control

from .counter import forget
from .stage import Stage


@contextmanager
def stripe_account(stage: Stage) -> Iterator[Control]:
    """An account connected to the shop's channel by its keys, and disconnected again."""
    with StripeSandbox(seed=6) as stripe:
        settings = {
            "TIKTOK_STRIPE_STRIPE_API_URL": stripe.base_url,
            "TIKTOK_STRIPE_STRIPE_FILES_URL": stripe.files_url,
        }
        with override_settings(**settings):
            forget()
            keys = {
                "stripe_secret_key": stripe.secret_key,
                "stripe_publishable_key": stripe.publishable_key,
            }
            stage.side.save_settings(**keys)
            stage.work()
            yield stripe.control
            stage.side.save_settings(stripe_secret_key="", stripe_publishable_key="")
            stage.work()
        forget()


def mirror(stage: Stage) -> None:
    """The mirror's turn, once what changed has settled."""
    with clock.turned(120):
        jobs.enqueue("payments.mirror", Connection.objects.get(vendor=Vendor.STRIPE))
        stage.work()


def record_of(stripe: Control, order_id: str) -> dict[str, Any]:
    records = stripe.objects("payment_record")
    [found] = [one for one in records if one["metadata"]["tiktok_order_id"] == order_id]
    return deepcopy(found)


def test_sales_and_refunds_are_shown_in_stripe_once_the_merchant_switches_it_on(stage: Stage):
    order_id = stage.place(stage.sku(), 3)
    stage.news()
    with stripe_account(stage) as stripe:
        mirror(stage)
        unasked = stripe.objects("payment_record")

        stage.side.save_settings(stripe_mirror_tiktok="true")
        mirror(stage)
        paid = record_of(stripe, order_id)
        stage.tiktok.cancel(order_id, stage.lines(order_id)[:1])
        stage.news()
        for _ in range(2):
            mirror(stage)
        refunded = record_of(stripe, order_id)
        shown = [one["metadata"]["tiktok_order_id"] for one in stripe.objects("payment_record")]

        stage.side.save_settings(stripe_mirror_tiktok="false")
        later = stage.place(stage.sku())
        stage.news()
        mirror(stage)

        assert unasked == []
        assert paid["amount_guaranteed"] == {"currency": "usd", "value": 6332}
        assert paid["amount_refunded"]["value"] == 0
        assert paid["metadata"]["saleor_order"] == stage.read(order_id).number
        assert paid["metadata"]["balance_effect"] == "none"
        assert refunded["id"] == paid["id"]
        assert refunded["amount_refunded"]["value"] == 1936
        assert len(shown) == len(set(shown)) > 100
        assert stage.imported(later)
        assert len(stripe.objects("payment_record")) == len(shown)
        for kind in ("payment_intent", "charge", "refund", "balance_transaction"):
            assert stripe.objects(kind) == []
