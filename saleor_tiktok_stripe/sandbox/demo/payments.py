"""Buyers pay in the channel with Stripe, staff give money back, banks ask questions.

Each buyer's story runs through Saleor's GraphQL API over HTTP, all at once; notifications are
doubled and reordered meanwhile. At the end Stripe's money and Saleor's are compared per order.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Final

from django.db import close_old_connections

from saleor_tiktok_stripe.aftersales import disputes
from saleor_tiktok_stripe.models import Connection, Dispute, SkuLink
from saleor_tiktok_stripe.saleor_api import writer
from saleor_tiktok_stripe.sandbox.components.processes import ComponentError
from saleor_tiktok_stripe.sandbox.demo.stack import CHANNEL, Stack
from saleor_tiktok_stripe.sandbox.demo.storefront import Money, Shop
from saleor_tiktok_stripe.sandbox.demo.waiting import LOOK, until

_MANY: Final = 50
_CENT: Final = Decimal("0.01")


@dataclass(frozen=True)
class Row:
    """One order's money at Stripe and in Saleor, in major units."""

    number: str
    story: str
    charged: Decimal
    refunded: Decimal
    charged_back: Decimal
    saleor: Money

    @property
    def kept(self) -> Decimal:
        """What is left for the merchant at Stripe, fees aside."""
        return self.charged - self.refunded - self.charged_back

    @property
    def difference(self) -> Decimal:
        """Between both sides, whatever its sign; 0 when they agree."""
        return (
            abs(self.kept - self.saleor.charged)
            + abs(self.refunded - self.saleor.refunded)
            + abs(self.saleor.pending)
        )


class Buyer:
    """One checkout in the channel and what becomes of it."""

    def __init__(self, stack: Stack, connection: Connection, shop: Shop, variant_id: str) -> None:
        self.connection, self.shop = connection, shop
        self.stripe = stack.stripe.control
        self.checkout_id, self.total = shop.checkout(CHANNEL, variant_id)
        self.transaction_id, self.payment_id = shop.begin(self.checkout_id)
        self.order_id = self.number = ""

    def pay(self, method: str = "pm_card_visa") -> None:
        """Confirm in the browser, come back, make the order."""
        self.stripe.pay(self.payment_id, method)
        self.come_back()

    def come_back(self) -> None:
        """Return to the shop after paying; the checkout becomes an order."""
        self.shop.process(self.transaction_id)
        self.order_id, self.number = self.shop.complete(self.checkout_id)

    def part(self, share: str) -> Decimal:
        """A share of the total, whole cents."""
        return (self.total * Decimal(share)).quantize(_CENT, ROUND_DOWN)

    def refund(self, amount: Decimal) -> None:
        """By staff; waits until it arrived."""
        before = self.shop.money(self.order_id).refunded
        self.shop.refund(self.transaction_id, amount)
        self.wait(lambda: self.shop.money(self.order_id).refunded == before + amount, "refund")

    def dispute(self, reason: str) -> Dispute:
        """The bank asks; waits until the money is out of Saleor's sum too."""
        charged = self.shop.money(self.order_id).charged
        dispute_id = self.stripe.dispute(self.payment_id, reason=reason)
        self.wait(lambda: self.shop.money(self.order_id).charged < charged, "chargeback")
        self.wait(Dispute.objects.filter(dispute_id=dispute_id).exists, "dispute")
        return disputes.find_dispute(CHANNEL, dispute_id)

    def wait(self, ready: Callable[[], bool], what: str) -> None:
        """Until ``ready``. Raises ``ComponentError`` when it takes too long."""
        until(ready, f"Order {self.number}: {what}")

    def row(self, story: str) -> Row:
        """Both sides as they stand."""
        totals = self.stripe.totals(self.payment_id)
        return Row(
            number=self.number,
            story=story,
            charged=Decimal(totals.charged) / 100,
            refunded=Decimal(totals.refunded) / 100,
            charged_back=Decimal(totals.charged_back) / 100,
            saleor=self.shop.money(self.order_id),
        )


def _won(buyer: Buyer) -> None:
    buyer.stripe.pay(buyer.payment_id)
    buyer.come_back()
    captured = buyer.part("0.7")
    buyer.shop.capture(buyer.transaction_id, captured)
    buyer.wait(lambda: buyer.shop.money(buyer.order_id).charged == captured, "capture")
    buyer.refund(buyer.part("0.2"))
    found = buyer.dispute("product_not_received")
    draft = disputes.draft(found, "demo")
    disputes.edit(
        found, {"uncategorized_text": "winning_evidence"}, version=draft.version, actor="demo"
    )
    disputes.submit(found, "demo", confirm=True)
    buyer.wait(lambda: _state(found) == "under_review", "answer")
    buyer.stripe.turn(10)
    buyer.wait(lambda: _state(found) == "won", "decision")
    kept = captured - buyer.part("0.2")
    buyer.wait(lambda: buyer.shop.money(buyer.order_id).charged == kept, "reinstatement")


def _two_refunds(buyer: Buyer) -> None:
    buyer.pay()
    _capture_all(buyer)
    for _ in range(2):
        buyer.refund(buyer.part("0.25"))


def _declined_first(buyer: Buyer) -> None:
    buyer.stripe.pay(buyer.payment_id, "pm_card_visa_chargeDeclinedInsufficientFunds")
    if buyer.shop.process(buyer.transaction_id) != "AUTHORIZATION_ACTION_REQUIRED":
        raise ComponentError("A declined payment must stay open.")
    buyer.pay("pm_card_mastercard")
    _capture_all(buyer)


def _three_d_secure(buyer: Buyer) -> None:
    buyer.stripe.pay(buyer.payment_id, "pm_card_threeDSecure2Required")
    buyer.stripe.authenticate(buyer.payment_id)
    buyer.come_back()
    _capture_all(buyer)


def _failed_refund(buyer: Buyer) -> None:
    buyer.pay()
    _capture_all(buyer)
    amount = buyer.part("0.5")
    buyer.refund(amount)
    refund = next(
        one for one in buyer.stripe.objects("refund") if one["payment_intent"] == buyer.payment_id
    )
    buyer.stripe.fail_refund(refund["id"])
    buyer.wait(lambda: buyer.shop.money(buyer.order_id).refunded == 0, "failed refund")


def _refunded_elsewhere(buyer: Buyer) -> None:
    buyer.pay()
    _capture_all(buyer)
    amount = buyer.part("0.3")
    buyer.stripe.dashboard_refund(buyer.payment_id, int(amount * 100))
    buyer.wait(lambda: buyer.shop.money(buyer.order_id).refunded == amount, "refund elsewhere")


def _accepted(buyer: Buyer) -> None:
    buyer.pay()
    _capture_all(buyer)
    found = buyer.dispute("fraudulent")
    disputes.accept(found, "demo", confirm=True)
    buyer.wait(lambda: _state(found) == "lost", "acceptance")


def _capture_all(buyer: Buyer) -> None:
    buyer.shop.capture(buyer.transaction_id, buyer.total)
    buyer.wait(lambda: buyer.shop.money(buyer.order_id).charged == buyer.total, "capture")


STORIES: Final[Sequence[tuple[str, Callable[[Buyer], None]]]] = (
    ("part capture, refund, dispute won", _won),
    ("two equal refunds", _two_refunds),
    ("declined, then another card", _declined_first),
    ("3-D Secure", _three_d_secure),
    ("refund that failed days later", _failed_refund),
    ("refunded in Stripe's dashboard", _refunded_elsewhere),
    ("dispute accepted", _accepted),
)


def live(stack: Stack, connection: Connection, shop: Shop) -> list[Row]:
    """All stories at once; a row each. Raises what a story raises."""
    variants = SkuLink.objects.filter(connection__channel_slug=CHANNEL).exclude(variant_id="")
    variant_id = variants.order_by("sku_id").values_list("variant_id", flat=True)[0]

    def tell(story: tuple[str, Callable[[Buyer], None]]) -> Row:
        name, act = story
        try:
            with writer():
                buyer = Buyer(stack, connection, shop, variant_id)
                act(buyer)
                return buyer.row(name)
        finally:
            close_old_connections()

    stack.stripe.control.reorder()
    with ThreadPoolExecutor(len(STORIES)) as threads:
        running = [threads.submit(tell, story) for story in STORIES]
        while not all(one.done() for one in running):
            if len(stack.stripe.control.pending()) < _MANY:
                stack.stripe.control.duplicate()
            time.sleep(LOOK)
    return [one.result() for one in running]


def _state(dispute: Dispute) -> str:
    dispute.refresh_from_db(fields=["state"])
    return str(dispute.state)
