"""What staff do in Saleor with an order of TikTok's, and with the stock behind it."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from .both_ways_tiktok import Sale, TikTokMoves

CHANGE_WITHIN = 72 * 3600


class StaffMoves(TikTokMoves):
    """In Saleor's Dashboard. ``counted``: pieces that counts added (or took) by SKU, and what staff
    shipped (or called back) of goods that TikTok sends from its own warehouse; ``lowered``: SKUs of
    which fewer were found than were there; ``taken_out``: groups of units that were taken out of
    orders before they left; ``too_late``: tracking numbers that were changed when TikTok took no
    change any more."""

    counted: Counter[str]
    lowered: set[str]
    taken_out: set[str]
    too_late: set[str]

    def shown(self, sale: Sale) -> dict[str, Any] | None:
        """The order as staff see it; None while it is not in Saleor."""
        saleor_id = self.stage.saleor_id(sale.order_id)
        if not saleor_id:
            return None
        return {**self.stage.saleor.order("orderShipments", saleor_id), "id": saleor_id}

    def fulfil(self, sale: Sale) -> None:
        """All that is left, most often with a number."""
        self._fulfil(sale, whole=True)

    def fulfil_part(self, sale: Sale) -> None:
        self._fulfil(sale, whole=False)

    def _fulfil(self, sale: Sale, *, whole: bool) -> None:
        shown = self.shown(sale)
        if shown is None or shown["status"] in {"CANCELED", "UNCONFIRMED"}:
            return
        open_ = {line["id"]: line["quantityToFulfill"] for line in shown["lines"]}
        open_ = {line: units for line, units in open_.items() if units > 0}
        if not open_:
            return
        if not whole:
            chosen = self.rng.sample(sorted(open_), self.rng.randint(1, len(open_)))
            open_ = {line: self.rng.randint(1, open_[line]) for line in chosen}
        number = self._tracking() if self.rng.random() < 0.9 else ""
        warehouse = self.stage.saleor.warehouse
        lines = [
            {"orderLineId": line, "stocks": [{"quantity": units, "warehouse": warehouse}]}
            for line, units in open_.items()
        ]
        given = {
            "lines": lines,
            "trackingNumber": number,
            "notifyCustomer": False,
            "allowStockToBeExceeded": True,
        }
        self.stage.saleor.staff("orderFulfill", order=shown["id"], input=given)
        self._by_hand(sale, shown, {line: -units for line, units in open_.items()})
        self._note(sale, "staff fulfil", (sorted(open_.values()), number))

    def _by_hand(self, sale: Sale, shown: dict[str, Any], change: dict[str, int]) -> None:
        """Only what the marketplace ships touches no stock: staff's own fulfillments always do."""
        if self.order_of(sale).platform_fulfilled and self.stage.spares_marketplace_goods:
            sku_of = {line["id"]: line["productSku"] for line in shown["lines"]}
            for line, units in change.items():
                self.counted[sku_of[line]] += units

    def _shipped(self, shown: dict[str, Any]) -> list[dict[str, Any]]:
        return [one for one in shown["fulfillments"] if one["status"] == "FULFILLED"]

    def retrack(self, sale: Sale) -> None:
        """Another tracking number, or the first one."""
        shown = self.shown(sale)
        if shown is None or not self._shipped(shown):
            return
        chosen = self.rng.choice(self._shipped(shown))
        number = self._retrack(sale, chosen["id"])
        order = self.order_of(sale)
        age = self.stage.tiktok.now() - order.ship_time
        if order.ship_time and age > CHANGE_WITHIN:
            self.too_late.add(number)

    def _retrack(self, sale: Sale, fulfillment_id: str) -> str:
        number = self._tracking()
        given = {"trackingNumber": number, "notifyCustomer": False}
        self.stage.saleor.staff("orderFulfillmentUpdateTracking", id=fulfillment_id, input=given)
        self._note(sale, "staff track", number)
        return number

    def call_back(self, sale: Sale) -> None:
        """A fulfillment is cancelled."""
        shown = self.shown(sale)
        if shown is None or not self._shipped(shown):
            return
        chosen = self.rng.choice(self._shipped(shown))
        given = {"warehouseId": self.stage.saleor.warehouse}
        self.stage.saleor.staff("orderFulfillmentCancel", id=chosen["id"], input=given)
        back = {one["orderLine"]["id"]: one["quantity"] for one in chosen["lines"]}
        self._by_hand(sale, shown, back)
        self._note(sale, "staff cancel fulfillment", chosen["trackingNumber"])

    def take_out(self, sale: Sale) -> None:
        """Units that were not shipped are taken out of the order."""
        shown = self.shown(sale)
        if shown is None or shown["status"] in {"CANCELED", "UNCONFIRMED"}:
            return
        open_ = [line for line in shown["lines"] if line["quantityToFulfill"] > 0]
        if not open_:
            return
        line = self.rng.choice(open_)
        units = self.rng.randint(1, line["quantityToFulfill"])
        given = {"orderLines": [{"orderLineId": line["id"], "quantity": units}], "refund": False}
        made = self.stage.saleor.staff(
            "orderFulfillmentReturnProducts", order=shown["id"], input=given
        )
        self.taken_out.add(made["returnFulfillment"]["id"])
        self._note(sale, "staff take out", units)

    def cancel(self, sale: Sale) -> None:
        shown = self.shown(sale)
        if shown is not None:
            self.stage.saleor.staff("orderCancel", id=shown["id"])
            self._note(sale, "staff cancel")

    # --- money

    def _payment(self, sale: Sale) -> dict[str, Any] | None:
        saleor_id = self.stage.saleor_id(sale.order_id)
        if not saleor_id:
            return None
        rows = self.stage.saleor.order("orderPayments", saleor_id)["transactions"]
        wanted = f"tiktok:{sale.order_id}"
        return next((row for row in rows if row["pspReference"] == wanted), None)

    def _amount(self, charged: Decimal) -> Decimal:
        """A part, or all."""
        zero = self.stage.tiktok.world.shops[0].region.exponent == 0
        coin = Decimal(100) if zero else Decimal("0.01")
        units = int(charged / coin)
        share = self.rng.choice((0.1, 0.25, 0.5, 1.0, 1.0))
        return charged if share == 1 else max(1, int(units * share)) * coin

    def refund(self, sale: Sale) -> None:
        """The transaction's refund button."""
        row = self._payment(sale)
        charged = Decimal(str(row["chargedAmount"]["amount"])) if row else Decimal(0)
        if row is None or charged <= 0:
            return
        amount = self._amount(charged)
        self.stage.saleor.staff("transactionRefund", id=row["id"], amount=str(amount))
        self._note(sale, "staff refund", amount)

    def grant(self, sale: Sale) -> None:
        """A granted refund, by lines or by amount, that is asked for at once."""
        row, shown = self._payment(sale), self.shown(sale)
        charged = Decimal(str(row["chargedAmount"]["amount"])) if row else Decimal(0)
        if row is None or shown is None or charged <= 0:
            return
        wanted: dict[str, Any] = {"transactionId": row["id"]}
        if self.rng.random() < 0.5:
            line = self.rng.choice(shown["lines"])
            wanted["lines"] = [
                {"id": line["id"], "quantity": self.rng.randint(1, line["quantity"])}
            ]
        else:
            wanted["amount"] = str(self._amount(charged))
        made = self.stage.saleor.staff("orderGrantRefundCreate", id=shown["id"], input=wanted)
        granted = made["grantedRefund"]["id"]
        name = "transactionRequestRefundForGrantedRefund"
        self.stage.saleor.staff(name, grantedRefundId=granted)
        self._note(sale, "staff grant", wanted.get("amount", "lines"))

    # --- stock and prices

    def count(self, sale: Sale) -> None:
        """A stock is counted: more is found, now and then less."""
        del sale
        sku_id, sku = self.rng.choice(sorted(self.stage.skus().items()))
        level = self.stage.saleor.level(sku)
        change = self.rng.randint(1, 9)
        if self.rng.random() < 0.25:
            change = -min(change, max(0, self.stage.tiktok.world.shops[0].stock.total(sku_id)))
            self.lowered.add(sku)
        found = level.quantity + change
        stocks = [{"warehouse": self.stage.saleor.warehouse, "quantity": found}]
        self.stage.saleor.set_stock(sku, stocks)
        self.counted[sku] += change
        self._note(None, "staff count", (sku, level.quantity, found))

    def reprice(self, sale: Sale) -> None:
        del sale
        sku = self.rng.choice(sorted(self.stage.skus().values()))
        zero = self.stage.tiktok.world.shops[0].region.exponent == 0
        price = Decimal(self.rng.randint(5, 90)) * (1000 if zero else 1)
        self.stage.saleor.set_price(sku, price)
        self._note(None, "staff price", (sku, price))

    # --- what staff are asked to do

    def mend(self) -> None:
        """Shipments without a number get one."""
        for sale in self.sales:
            shown = self.shown(sale)
            for one in self._shipped(shown) if shown else ():
                facts = {pair["key"]: pair["value"] for pair in one["metadata"]}
                if not one["trackingNumber"] and "tiktok.package_id" not in facts:
                    self._retrack(sale, one["id"])
