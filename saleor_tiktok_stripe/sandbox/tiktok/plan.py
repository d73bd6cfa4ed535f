"""The cheap outline of a generated order: what the search index needs, from (seed, index) alone.

An outline costs a few microseconds, so a shop of a million orders starts in seconds; an order's
body is made from it (in `generator`) only when somebody looks.
"""

from __future__ import annotations

from dataclasses import dataclass

from saleor_tiktok_stripe.sandbox.tiktok.regions import Region

DAY = 86_400
SPREAD = 90 * DAY
STATUSES = (
    "UNPAID",
    "ON_HOLD",
    "AWAITING_SHIPMENT",
    "PARTIALLY_SHIPPING",
    "AWAITING_COLLECTION",
    "IN_TRANSIT",
    "DELIVERED",
    "COMPLETED",
    "CANCELLED",
)
STATUS_CODE = {status: code for code, status in enumerate(STATUSES)}
_UNPAID, _ON_HOLD, _AWAITING, _PARTIAL, _COLLECT, _TRANSIT, _DELIVERED, _COMPLETED, _CANCELLED = (
    range(9)
)
# Shares in 256ths, by how old the order is; the rest of the roll falls to the last entry.
_BY_AGE: tuple[tuple[int, tuple[tuple[int, int], ...]], ...] = (
    (2 * 3600, ((40, _UNPAID), (200, _ON_HOLD), (256, _CANCELLED))),
    (2 * DAY, ((10, _UNPAID), (20, _ON_HOLD), (190, _AWAITING), (205, _PARTIAL),
               (236, _COLLECT), (256, _CANCELLED))),
    (7 * DAY, ((20, _AWAITING), (30, _PARTIAL), (70, _COLLECT), (180, _TRANSIT),
               (236, _DELIVERED), (256, _CANCELLED))),
    (21 * DAY, ((4, _AWAITING), (40, _TRANSIT), (150, _DELIVERED), (236, _COMPLETED),
                (256, _CANCELLED))),
    (SPREAD * 100, ((4, _TRANSIT), (14, _DELIVERED), (236, _COMPLETED), (256, _CANCELLED))),
)  # fmt: skip
_MASK = (1 << 64) - 1


def mix(number: int) -> int:
    """SplitMix64: a well-mixed 64-bit number from any integer."""
    number = (number + 0x9E3779B97F4A7C15) & _MASK
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & _MASK
    return number ^ (number >> 31)


@dataclass(frozen=True, slots=True)
class Mix:
    """Shares of special orders, in thousandths (0 switches a kind off)."""

    whole_range: int = 80
    seller_shipping: int = 400
    platform_fulfilled: int = 60
    cash_on_delivery: int = 60
    sample: int = 15
    lottery: int = 10
    pre_order: int = 25
    gift: int = 40
    bundle: int = 25
    split: int = 150
    partial_cancel: int = 40
    cancel_request: int = 40
    returned: int = 60
    seller_discount: int = 300
    platform_discount: int = 300
    payment_discount: int = 30
    pfand: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """Outline of one order; times are 0 where they have not happened."""

    index: int
    roll: int
    status: str
    create_time: int
    paid_time: int
    hold_end: int
    ship_time: int
    collection_time: int
    delivery_time: int
    end_time: int
    update_time: int
    units: int
    packages: int
    shipping_type: str
    platform_fulfilled: bool
    cash_on_delivery: bool
    order_type: str
    sample: bool
    warehouse: int
    buyer: int
    cancel: str
    returned: str

    @property
    def has_package(self) -> bool:
        """Whether something of this order has been handed to a carrier."""
        return self.ship_time > 0


class Planner:
    """Makes outlines for one shop: its seed, market, size and the time it starts at."""

    def __init__(self, seed: int, region: Region, orders: int, start: int, mix_: Mix) -> None:
        self.seed = seed
        self.region = region
        self.orders = orders
        self.start = start
        self.mix = mix_
        self._salt = mix(seed * 1_000_003 + sum(map(ord, region.code)))
        self._step = (SPREAD - 120) / max(orders, 1)

    def roll(self, index: int) -> int:
        """The 64 random bits that decide an order."""
        return mix(self._salt + index)

    def _status(self, index: int, roll: int, age: int) -> int:
        from_end = self.orders - 1 - index
        if from_end < len(STATUSES):
            return from_end  # even a tiny shop shows every status, the newest being unpaid
        if (roll >> 8) % 1000 < self.mix.whole_range:
            return (roll >> 18) % len(STATUSES)
        share = roll & 255
        for limit, table in _BY_AGE:
            if age < limit:
                for bound, status in table:
                    if share < bound:
                        return status
        return _COMPLETED

    def times(self, index: int) -> tuple[int, int, tuple[int, int, int, int, int, int]]:
        """Status code, creation time, and (paid, hold end, shipped, collected, delivered, end)."""
        roll = self.roll(index)
        create = self.start - SPREAD + int(index * self._step)
        create += int((roll >> 40) % 1000 * self._step / 1001)
        age = self.start - create
        status = self._status(index, roll, age)
        if status == _UNPAID:
            return status, create, (0, 0, 0, 0, 0, 0)
        gaps = [5 + (roll >> 24) % 600, 3600, 3600 + (roll >> 28) % (2 * DAY)]
        gaps += [6 * 3600 + (roll >> 32) % DAY, DAY + (roll >> 36) % (4 * DAY), 7 * DAY]
        needed = {
            _ON_HOLD: 1, _AWAITING: 2, _PARTIAL: 3, _COLLECT: 3, _TRANSIT: 4, _DELIVERED: 5,
            _COMPLETED: 6, _CANCELLED: 2,
        }[status]  # fmt: skip
        natural = sum(gaps[:needed]) + (3600 if status == _CANCELLED else 0)
        scale = min(1.0, (age - 1) / natural)
        at, moments = float(create), [0, 0, 0, 0, 0, 0]
        for place in range(needed):
            at += gaps[place] * scale
            moments[place] = int(at)
        if status == _CANCELLED:
            moments[5] = int(at + 3600 * scale)
        return status, create, (*moments,)  # type: ignore[return-value]

    def outline(self, index: int) -> Plan:
        """The whole outline of the `index`-th generated order."""
        status, create, moments = self.times(index)
        return self._dress(index, STATUSES[status], create, moments)

    def fresh(self, index: int, now: int) -> Plan:
        """Outline of an order that is placed right now and not yet paid."""
        return self._dress(index, "UNPAID", now, (0, 0, 0, 0, 0, 0))

    def _dress(
        self, index: int, status: str, create: int, moments: tuple[int, int, int, int, int, int]
    ) -> Plan:
        paid, hold_end, shipped, collected, delivered, end = moments
        bits = mix(self.roll(index) ^ 0x5DEECE66D)
        shares = self.mix
        units = (1, 1, 1, 2, 2, 3, 4, 6)[bits & 7]
        if status == "PARTIALLY_SHIPPING":
            units = max(2, units)
        split = units > 1 and (bits >> 3) % 1000 < shares.split
        fulfilled = (bits >> 13) % 1000 < shares.platform_fulfilled
        seller_ships = not fulfilled and (bits >> 15) % 1000 < shares.seller_shipping
        cod = self.region.cash_on_delivery and (bits >> 25) % 1000 < shares.cash_on_delivery
        return Plan(
            index=index,
            roll=bits,
            status=status,
            create_time=create,
            paid_time=(delivered if cod else paid),
            hold_end=hold_end,
            ship_time=shipped,
            collection_time=collected,
            delivery_time=delivered,
            end_time=end,
            update_time=max(create, *moments),
            units=units,
            packages=2 if split or status == "PARTIALLY_SHIPPING" else 1,
            shipping_type="SELLER" if seller_ships else "TIKTOK",
            platform_fulfilled=fulfilled,
            cash_on_delivery=cod,
            order_type=self._order_type(bits),
            sample=(bits >> 33) % 1000 < shares.sample,
            warehouse=(bits >> 35) % 2,
            buyer=(bits >> 37) % max(10, self.orders * 7 // 10),
            cancel=self._cancel(status, units, bits),
            returned=self._returned(status, bits),
        )

    def _order_type(self, bits: int) -> str:
        share = (bits >> 41) % 1000
        if share < self.mix.lottery:
            return "ZERO_LOTTERY"
        return "PRE_ORDER" if share < self.mix.lottery + self.mix.pre_order else "NORMAL"

    def _cancel(self, status: str, units: int, bits: int) -> str:
        share = (bits >> 45) % 1000
        if status == "CANCELLED":
            return ("BUYER", "SELLER", "SYSTEM")[share % 3]
        if status == "AWAITING_SHIPMENT" and share < self.mix.cancel_request:
            return "REQUESTED"
        shipped_on = status not in {"UNPAID", "ON_HOLD", "PARTIALLY_SHIPPING"}
        if units > 1 and shipped_on and self.region.partial_cancel:
            return "PARTIAL" if share >= 1000 - self.mix.partial_cancel else ""
        return ""

    def _returned(self, status: str, bits: int) -> str:
        if status not in {"DELIVERED", "COMPLETED"} or (bits >> 48) % 1000 >= self.mix.returned:
            return ""
        return "REFUND" if (bits >> 58) & 1 else "RETURN_AND_REFUND"
