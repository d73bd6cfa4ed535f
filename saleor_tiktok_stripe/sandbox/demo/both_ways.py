"""Staff ship, cancel and refund in Saleor, buyers cancel and return at TikTok, a stock is counted.

Each story runs through Saleor's GraphQL API and TikTok's, all at once, with notifications doubled
and reordered. Each ends only when both sides say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.db import close_old_connections

from saleor_tiktok_stripe import accounts, catalog
from saleor_tiktok_stripe.aftersales.cases import answering as cases
from saleor_tiktok_stripe.models import AfterSalesCase, Connection, OrderLink, SkuLink, StockLevel
from saleor_tiktok_stripe.saleor_api import get_saleor, writer
from saleor_tiktok_stripe.sandbox.components.processes import ComponentError
from saleor_tiktok_stripe.sandbox.demo.stack import Stack
from saleor_tiktok_stripe.sandbox.demo.storefront import Shop
from saleor_tiktok_stripe.sandbox.demo.waiting import until

SHIPPED: Final = frozenset({"AWAITING_COLLECTION", "IN_TRANSIT", "DELIVERED", "COMPLETED"})
COUNTED: Final = 77
"""Pieces that staff find when they count."""
PART: Final = Decimal("2.50")
"""What staff give back of an order."""


class Sale:
    """One order of the TikTok shop and what becomes of it."""

    def __init__(
        self, stack: Stack, connection: Connection, shop: Shop, skus: Sequence[str]
    ) -> None:
        self.tiktok, self.connection, self.shop = stack.tiktok, connection, shop
        self.order_id = self._bought([(sku, 1) for sku in skus])
        self.tiktok.walk_to(self.order_id, "AWAITING_SHIPMENT")
        links = OrderLink.objects.filter(connection=connection, order_id=self.order_id)
        until(links.exists, f"The import of order {self.order_id}")
        self.link = links.get()
        self.saleor_id: str = self.link.saleor_order_id
        [warehouse, *_] = get_saleor().channel(connection.channel_slug).warehouses
        self.warehouse_id = warehouse.id

    def _bought(self, wanted: list[tuple[str, int]]) -> str:
        """An order of which each unit costs enough to give a part of it back: some buyers have a
        coupon, or win theirs in a lottery."""
        while True:
            order_id: str = self.tiktok.create_order(
                wanted, shipping_type="SELLER", by_tiktok=False
            )
            units = self.tiktok.order(order_id)["line_items"]
            if all(Decimal(one["sale_price"]) > PART for one in units):
                return order_id
            self.tiktok.cancel(order_id, by="BUYER")

    @property
    def number(self) -> str:
        """Saleor's."""
        return str(self.seen()["number"])

    def theirs(self) -> dict[str, Any]:
        """The order as TikTok shows it."""
        found: dict[str, Any] = self.tiktok.order(self.order_id)
        return found

    def seen(self) -> dict[str, Any]:
        """The order as staff see it."""
        return self.shop.shipments(self.saleor_id)

    def lines(self) -> dict[str, int]:
        """Saleor's order lines with the units still to be shipped."""
        return {one["id"]: one["quantityToFulfill"] for one in self.seen()["lines"]}

    def ship(self, quantities: dict[str, int], tracking: str) -> None:
        """Staff ship; waits until TikTok has these units with this number."""
        self.shop.fulfill(self.saleor_id, quantities, self.warehouse_id, tracking)
        wanted = sum(quantities.values())
        self.wait(lambda: len(self.shipped(tracking)) == wanted, f"parcel {tracking}")

    def shipped(self, tracking: str) -> list[str]:
        """Units that TikTok has as shipped with a number."""
        return [
            one["id"]
            for one in self.theirs()["line_items"]
            if one["display_status"] in SHIPPED and one["tracking_number"] == tracking
        ]

    def deliver(self) -> None:
        """The carrier brings it."""
        self.tiktok.in_transit(self.order_id)
        self.tiktok.deliver(self.order_id)

    def case(self) -> AfterSalesCase:
        """What the buyer asks, once it arrived here."""
        found = AfterSalesCase.objects.filter(
            connection=self.connection, order_id=self.order_id, state="needs_answer"
        )
        self.wait(found.exists, "request")
        return found.get()

    def refunded(self) -> Decimal:
        """What Saleor shows as given back by TikTok."""
        return self.shop.tiktok_payment(self.saleor_id)[1].refunded

    def known(self) -> str:
        """The state of TikTok's order that was brought over last."""
        self.link.refresh_from_db(fields=["state"])
        return str(self.link.state)

    def wait_for(self, status: str) -> None:
        """Until Saleor's order has this state."""
        self.wait(lambda: self.seen()["status"] == status, status)

    def wait(self, ready: Callable[[], bool], what: str) -> None:
        """Until ``ready``. Raises ``ComponentError`` when it takes too long."""
        until(ready, f"Order {self.order_id}: {what}")


def _shipped_whole(sale: Sale) -> None:
    sale.ship(sale.lines(), "9400111899560000000014")
    sale.deliver()


def _shipped_in_parts(sale: Sale) -> None:
    first, *others = sale.lines().items()
    sale.ship(dict([first]), "1Z999AA10123456784")
    sale.ship(dict(others), "9400111899560000000021")
    for package in sale.theirs()["packages"]:
        sale.tiktok.in_transit(sale.order_id, package["id"])
        sale.tiktok.deliver(sale.order_id, package["id"])
    sale.wait_for("FULFILLED")


def _shipped_elsewhere(sale: Sale) -> None:
    sale.tiktok.ship(sale.order_id)
    sale.wait_for("FULFILLED")
    sale.deliver()


def _cancelled_by_staff(sale: Sale) -> None:
    sale.shop.cancel(sale.saleor_id)
    sale.wait(lambda: sale.theirs()["status"] == "CANCELLED", "cancellation")
    sale.wait(lambda: sale.refunded() > 0, "refund")


def _partly_cancelled(sale: Sale) -> None:
    first, *others = sale.lines().items()
    sale.shop.take_out(sale.saleor_id, dict([first]))
    sale.wait(lambda: _cancelled_units(sale) == 1, "partial cancellation")
    sale.ship(dict(others), "9400111899560000000038")
    sale.deliver()
    sale.wait(lambda: sale.refunded() > 0, "refund")


def _cancelled_by_buyer(sale: Sale) -> None:
    sale.tiktok.request_cancel(sale.order_id)
    cases.accept(sale.case(), actor="demo")
    sale.wait_for("CANCELED")
    sale.wait(lambda: sale.refunded() > 0, "refund")


def _returned(sale: Sale) -> None:
    sale.ship(sale.lines(), "9400111899560000000045")
    sale.deliver()
    unit = sale.theirs()["line_items"][0]["id"]
    return_id = sale.tiktok.request_return(sale.order_id, [unit])
    cases.accept(sale.case(), actor="demo")
    asked = AfterSalesCase.objects.filter(case_id=return_id)
    sale.wait(lambda: asked.filter(state="waiting").exists(), "answer")
    sale.tiktok.buyer_ships(return_id)
    sale.tiktok.parcel_arrives(return_id)
    cases.accept(sale.case(), actor="demo")
    sale.wait_for("PARTIALLY_RETURNED")
    sale.wait(lambda: sale.refunded() > 0, "refund")


def _refunded_by_staff(sale: Sale) -> None:
    sale.ship(sale.lines(), "9400111899560000000052")
    sale.deliver()
    sale.wait(lambda: sale.known() == "delivered", "delivery")
    transaction, _ = sale.shop.tiktok_payment(sale.saleor_id)
    sale.shop.refund(transaction, PART)
    sale.wait(lambda: sale.refunded() == PART, "refund")


def _cancelled_units(sale: Sale) -> int:
    return sum(one["display_status"] == "CANCELLED" for one in sale.theirs()["line_items"])


@dataclass(frozen=True)
class Story:
    """``units``: how many different SKUs are sold."""

    words: str
    units: int
    act: Callable[[Sale], None]


STORIES: Final = (
    Story("shipped by staff", 1, _shipped_whole),
    Story("shipped in two parcels", 2, _shipped_in_parts),
    Story("shipped in Seller Center", 2, _shipped_elsewhere),
    Story("cancelled by staff", 1, _cancelled_by_staff),
    Story("one unit of two cancelled", 2, _partly_cancelled),
    Story("buyer cancels, accepted", 1, _cancelled_by_buyer),
    Story("one unit of two returned", 2, _returned),
    Story("part refunded by staff", 1, _refunded_by_staff),
)


@dataclass(frozen=True)
class Told:
    """A story that ended, and the order it was about."""

    words: str
    sale: Sale


def live(stack: Stack, connection: Connection, shop: Shop) -> list[Told]:
    """All stories at once. Raises what a story raises."""
    linked = SkuLink.objects.filter(connection=connection).exclude(variant_id="")
    skus = list(linked.order_by("sku_id").values_list("sku_id", flat=True)[:2])

    def tell(story: Story) -> Told:
        try:
            with writer():
                sale = Sale(stack, connection, shop, skus[: story.units])
                story.act(sale)
                return Told(story.words, sale)
        finally:
            close_old_connections()

    stack.tiktok.reorder_webhooks()
    stack.tiktok.inject_fault("webhook_duplicate", times=None, probability=0.5)
    stack.tiktok.inject_fault("internal_error", times=None, probability=0.02)
    try:
        with ThreadPoolExecutor(len(STORIES)) as threads:
            return list(threads.map(tell, STORIES))
    finally:
        stack.tiktok.clear_faults()
        stack.tiktok.reorder_webhooks(False)


def count_stock(connection: Connection, shop: Shop) -> catalog.Explanation:
    """Staff count a variant; TikTok's number follows. How the number came about."""
    sku = SkuLink.objects.filter(connection=connection).exclude(variant_id="").latest("sku_id")
    [warehouse, *_] = get_saleor().channel(connection.channel_slug).warehouses
    shop.set_stock(sku.variant_id, warehouse.id, COUNTED)
    levels = StockLevel.objects.filter(connection=connection, sku_id=sku.sku_id)
    until(levels.filter(pushed__lte=COUNTED, due=False).exists, "The count of the stock")
    level = levels.get()
    [theirs] = accounts.client(connection).stock([sku.sku_id])
    if theirs.available != level.pushed:
        raise ComponentError(f"TikTok offers {theirs.available}, not {level.pushed}")
    return catalog.explain(connection, sku.sku_id)
