"""The body of a generated order, from its outline: lines, money, address, packages, cases."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from saleor_tiktok_stripe.sandbox.tiktok import ids, money
from saleor_tiktok_stripe.sandbox.tiktok.catalog import CatalogSku
from saleor_tiktok_stripe.sandbox.tiktok.model import (
    PACKAGE_OF_LINE,
    Address,
    Cancellation,
    Line,
    Order,
    Package,
    Refund,
    Return,
)
from saleor_tiktok_stripe.sandbox.tiktok.plan import Mix, Plan
from saleor_tiktok_stripe.sandbox.tiktok.regions import Place, Region

_STREETS = ("Sample Road", "Mill Lane", "Station Street", "Harbour View", "Orchard Close")
_SHIPPING = (0, 399, 499, 599, 1299)
_REASONS = {
    "BUYER": ("ecom_order_to_ship_canceled_reason_no_longer_needed", "No longer needed"),
    "SELLER": ("seller_cancel_reason_out_of_stock", "Out of stock"),
    "SYSTEM": ("system_cancel_order_reason_shipping_timeout", "Not shipped in time"),
}
_NOT_AS_DESCRIBED = (
    "ecom_order_delivered_refund_and_return_reason_not_match_description",
    "Product doesn't match description",
)
_RETURN_REASONS = {
    "REFUND": ("ecom_order_delivered_refund_reason_not_received", "Package not received"),
    "RETURN_AND_REFUND": _NOT_AS_DESCRIBED,
    "REPLACEMENT": _NOT_AS_DESCRIBED,
}
_LINE_STATUS = {"ON_HOLD": "AWAITING_SHIPMENT", "PARTIALLY_SHIPPING": "AWAITING_SHIPMENT"}


def reason(role: str) -> tuple[str, str]:
    """Reason key and its text for a cancellation by BUYER, SELLER or SYSTEM."""
    return _REASONS[role]


def return_reason(kind: str) -> tuple[str, str]:
    """Reason key and its text for a REFUND, a RETURN_AND_REFUND or a REPLACEMENT."""
    return _RETURN_REASONS[kind]


def refund_for(order: Order, lines: Sequence[Line], *, with_shipping: bool = False) -> Refund:
    """What a buyer gets back for these lines: never more than what was paid and is left of it."""
    refund = Refund(
        subtotal=sum(line.sale for line in lines),
        tax=sum(line.tax for line in lines) + (order.shipping_tax if with_shipping else 0),
        shipping=order.shipping_fee if with_shipping else 0,
        retail_delivery_fee=sum(line.retail_delivery_fee for line in lines),
        buyer_service_fee=sum(line.buyer_service_fee for line in lines),
    )
    over = max(0, refund.total - max(0, order.total - order.claimed()))
    for name in ("subtotal", "shipping", "tax", "retail_delivery_fee", "buyer_service_fee"):
        less = min(over, getattr(refund, name))
        setattr(refund, name, getattr(refund, name) - less)
        over -= less
        if name == "subtotal":
            refund.withheld = less
    return refund


def tracking_number(region: str, number: int) -> str:
    """A tracking number in the style of the market's first carrier."""
    prefix = {"US": "9400100", "GB": "RM", "DE": "00340"}.get(region, "TT")
    return f"{prefix}{number % 10**15:015d}"


@dataclass(frozen=True)
class Generator:
    """Makes the orders of one shop."""

    shop: int
    seed: int
    region: Region
    skus: tuple[CatalogSku, ...]
    mix: Mix
    hold: bool = True

    def order(
        self,
        plan: Plan,
        wanted: Sequence[tuple[str, int]] = (),
        prices: Mapping[str, int] = MappingProxyType({}),
    ) -> Order:
        """The order that `plan` outlines; `wanted` (SKU id, units) overrides what is bought,
        `prices` (minor units by SKU id) what it costs."""
        rng = random.Random(plan.roll)
        place = self.region.places[rng.randrange(len(self.region.places))]
        order = self._frame(plan, self._address(rng, place))
        self._buy(order, plan, rng, place, wanted, prices)
        self._ship_money(order, rng, place)
        self._fees(order, rng, place)
        self._pack(order, plan)
        self._cancel(order, plan)
        self._return(order, plan)
        order.status = plan.status
        return order

    def _address(self, rng: random.Random, place: Place) -> Address:
        number = rng.randint(1, 280)
        return Address(
            first_name=rng.choice(self.region.first_names),
            last_name=rng.choice(self.region.last_names),
            phone=f"(+{self.region.dial}){rng.randint(200, 989)}555{rng.randint(0, 9999):04d}",
            street=f"{number} {rng.choice(_STREETS)}",
            extra=f"Apt {number % 9 + 1}" if number % 3 == 0 else "",
            state=place.state,
            state_code=place.state_code,
            county=place.county,
            city=place.city,
            postal_code=place.postal_code,
        )

    def _frame(self, plan: Plan, address: Address) -> Order:
        cancelled = plan.status == "CANCELLED"
        return Order(
            index=plan.index,
            id=ids.order_id(self.shop, plan.index),
            status=plan.status,
            currency=self.region.currency,
            exponent=self.region.exponent,
            region=self.region.code,
            create_time=plan.create_time,
            update_time=plan.update_time,
            shipping_type=plan.shipping_type,
            platform_fulfilled=plan.platform_fulfilled,
            cash_on_delivery=plan.cash_on_delivery,
            order_type=plan.order_type,
            sample=plan.sample,
            warehouse=plan.warehouse,
            buyer_id=str(7_494_960_000_000_000_000 + plan.buyer),
            address=address,
            lines=[],
            shipping_original=0,
            shipping_seller_discount=0,
            shipping_platform_discount=0,
            shipping_tax=0,
            paid_time=plan.paid_time,
            hold_end=plan.hold_end,
            ship_time=plan.ship_time,
            collection_time=plan.collection_time,
            delivery_time=plan.delivery_time,
            end_time=0 if cancelled else plan.end_time,
            cancel_time=plan.end_time if cancelled else 0,
            hold=self.hold and not plan.cash_on_delivery,
            message="Please leave with neighbour" if plan.roll % 11 == 0 else "",
        )

    def _picked(
        self, plan: Plan, rng: random.Random, wanted: Sequence[tuple[str, int]]
    ) -> list[CatalogSku]:
        if wanted:
            by_id = {sku.sku_id: sku for sku in self.skus}
            return [by_id[sku_id] for sku_id, units in wanted for _ in range(units)]
        single = self.skus[:-1]
        kinds = [single[rng.randrange(len(single))] for _ in range(min(plan.units, 3))]
        picked = [kinds[unit % len(kinds)] for unit in range(plan.units)]
        if rng.randrange(1000) < self.mix.bundle:
            picked[0] = self.skus[-1]
        return sorted(picked, key=lambda sku: sku.sku_id)

    def _buy(
        self,
        order: Order,
        plan: Plan,
        rng: random.Random,
        place: Place,
        wanted: Sequence[tuple[str, int]],
        prices: Mapping[str, int],
    ) -> None:
        seller_rate = rng.choice((500, 1000, 1500, 2000)) * (
            rng.randrange(1000) < self.mix.seller_discount
        )
        platform_rate = rng.choice((333, 500, 1250)) * (
            rng.randrange(1000) < self.mix.platform_discount
        )
        free = order.sample or order.order_type == "ZERO_LOTTERY"
        picked = self._picked(plan, rng, wanted)
        for place_in_order, sku in enumerate(picked):
            price = 0 if free else prices.get(sku.sku_id, sku.price_minor)
            order.lines.append(
                self._line(order, place_in_order, sku, price, (seller_rate, platform_rate), place)
            )
        if not free and not wanted and rng.randrange(1000) < self.mix.gift:
            gift = self.skus[rng.randrange(len(self.skus) - 1)]
            line = self._line(order, len(picked), gift, 0, (0, 0), place)
            line.gift, line.gift_value = True, gift.price_minor
            order.lines.append(line)
        if free:
            for line in order.lines:
                line.gift_value = line.sku.price_minor

    def _line(
        self,
        order: Order,
        position: int,
        sku: CatalogSku,
        price: int,
        rates: tuple[int, int],
        place: Place,
    ) -> Line:
        seller_discount = money.portion(price, rates[0])
        platform_discount = money.portion(price - seller_discount, rates[1])
        sale = price - seller_discount - platform_discount
        rate = place.tax_rate if self.region.tax_exclusive else 0
        return Line(
            id=ids.line_id(self.shop, order.index, position),
            sku=sku,
            original=price,
            seller_discount=seller_discount,
            platform_discount=platform_discount,
            tax=money.portion(sale, rate),
            tax_rate=rate,
            status=_LINE_STATUS.get(order.status, order.status),
        )

    def _ship_money(self, order: Order, rng: random.Random, place: Place) -> None:
        cents = 0 if order.sample else _SHIPPING[rng.randrange(len(_SHIPPING))]
        if not cents:
            return
        order.shipping_original = self.region.price(cents)
        who_pays = rng.randrange(4)
        if who_pays == 0:
            order.shipping_seller_discount = order.shipping_original
        elif who_pays == 1:
            order.shipping_platform_discount = order.shipping_original
        elif who_pays == 2:  # noqa: PLR2004 - two funders share it
            order.shipping_seller_discount = order.shipping_original // 4
            order.shipping_platform_discount = order.shipping_original // 2
        rate = place.tax_rate if self.region.tax_exclusive else 0
        order.shipping_tax = money.portion(order.shipping_fee, rate)

    def _fees(self, order: Order, rng: random.Random, place: Place) -> None:
        subtotal = order.total_of("sale")
        if not subtotal:
            return
        first, code = order.lines[0], self.region.code
        if code == "US" and place.state_code == "CO":
            first.retail_delivery_fee = 29
        elif code == "TH" and subtotal < self.region.price(1500):
            first.small_order_fee = 1500
        elif code == "ID":
            first.buyer_service_fee = 1000
            order.shipping_insurance = 500 * rng.randrange(3)
            order.handling_fee = 2500 * (order.cash_on_delivery or rng.randrange(4) == 0)
        elif code in {"MY", "PH"}:
            order.item_insurance = money.portion(subtotal, 100) * rng.randrange(2)
        elif code == "DE" and rng.randrange(1000) < self.mix.pfand:
            first.pfand = 25
        if rng.randrange(1000) < self.mix.payment_discount:
            order.payment_discount = money.portion(subtotal, 200)

    def _pack(self, order: Order, plan: Plan) -> None:
        early = self.region.code != "US" and plan.status not in {"UNPAID", "ON_HOLD", "CANCELLED"}
        if not early and not plan.has_package:
            return
        groups = [order.lines]
        if plan.packages > 1 and len(order.lines) > 1:
            groups = [order.lines[:-1], order.lines[-1:]]
            order.tag = "SPLIT"
        for position, lines in enumerate(groups):
            self._package(order, plan, position, lines)
        order.next_package = len(groups)

    def _package(self, order: Order, plan: Plan, position: int, lines: list[Line]) -> None:
        waiting = plan.status == "PARTIALLY_SHIPPING" and position > 0
        shipped = plan.has_package and not waiting
        if not shipped and self.region.code == "US":
            return
        if shipped and plan.status == "PARTIALLY_SHIPPING":
            for line in lines:
                line.status = "AWAITING_COLLECTION"
        package = Package(
            id=ids.package_id(self.shop, order.index, position),
            slot=ids.slot(order.index, position),
            order_ids=[order.id],
            line_ids=[line.id for line in lines],
            create_time=plan.ship_time
            if self.region.code == "US"
            else plan.hold_end or plan.create_time,
            update_time=plan.update_time,
            pay_time=plan.paid_time,
            status=PACKAGE_OF_LINE[lines[0].status],
            tag=order.tag,
        )
        if shipped:
            providers = self.region.providers
            package.provider_id, package.provider_name = providers[plan.roll % len(providers)]
            package.tracking = tracking_number(self.region.code, plan.index * 10 + position)
        for line in lines:
            line.package_id = package.id
            line.shipped_at = plan.ship_time if shipped else 0
        order.packages.append(package)

    def _cancel(self, order: Order, plan: Plan) -> None:
        if not plan.cancel:
            return
        role = {"PARTIAL": "SELLER", "REQUESTED": "BUYER"}.get(plan.cancel, plan.cancel)
        key, words = reason(role)
        lines = order.lines[-1:] if plan.cancel == "PARTIAL" else order.lines
        if plan.cancel == "PARTIAL" and len(order.lines) == 1:
            return
        when = order.cancel_time or plan.hold_end or plan.create_time
        order.cancellations.append(
            Cancellation(
                id=ids.cancel_id(self.shop, order.index, 0),
                slot=ids.slot(order.index, 0),
                order_id=order.id,
                role=role,
                kind="BUYER_CANCEL" if plan.cancel == "REQUESTED" else "CANCEL",
                status="CANCELLATION_REQUEST_PENDING"
                if plan.cancel == "REQUESTED"
                else "CANCELLATION_REQUEST_COMPLETE",
                reason=key,
                reason_text=words,
                line_ids=[line.id for line in lines],
                refund=refund_for(order, lines, with_shipping=plan.cancel != "PARTIAL"),
                create_time=when,
                update_time=when,
            )
        )
        order.next_case = 1
        if plan.cancel == "REQUESTED":
            order.buyer_requests_cancel, order.request_cancel_time = True, when
            return
        if plan.cancel != "PARTIAL":
            order.cancel_reason, order.cancel_by = words, role
        for line in lines:
            line.status, line.cancel_reason, line.cancel_user = "CANCELLED", words, role
            self._unpack(order, line)

    def _unpack(self, order: Order, line: Line) -> None:
        line.package_id, line.shipped_at = "", 0
        for package in list(order.packages):
            if line.id in package.line_ids:
                package.line_ids.remove(line.id)
                if not package.line_ids:
                    order.packages.remove(package)
        if len(order.packages) < 2:  # noqa: PLR2004 - one parcel is no split
            order.tag = ""

    def _return(self, order: Order, plan: Plan) -> None:
        lines = [line for line in order.active_lines() if line.sale]
        if not plan.returned or not lines:
            return
        key, words = return_reason(plan.returned)
        done = plan.status == "COMPLETED"
        pending = "RETURN_OR_REFUND_REQUEST_PENDING"
        order.returns.append(
            Return(
                id=ids.return_id(self.shop, order.index, 0),
                slot=ids.slot(order.index, 0),
                order_id=order.id,
                role="BUYER",
                kind=plan.returned,
                status="RETURN_OR_REFUND_REQUEST_COMPLETE" if done else pending,
                reason=key,
                reason_text=words,
                line_ids=[lines[0].id],
                refund=refund_for(order, lines[:1]),
                create_time=plan.delivery_time,
                update_time=plan.end_time if done else plan.delivery_time,
                paid_back=done,
            )
        )
