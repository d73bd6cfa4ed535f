"""What goes through the door of the insights room.

Amounts are ``Decimal`` of the named currency and are never added across currencies. Days are local
days of the shop. Everything a sale later comes to (refund, dispute, fee, cancellation) counts to
the day of the sale. Rates are fractions (0.05 is five percent); None where there is nothing to
divide by.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from ..models.paging import Page


class PeriodName(StrEnum):
    """Which days are wanted, counted back from today in the shop's time zone."""

    TODAY = "today"
    WEEK = "7d"
    MONTH_30 = "30d"
    QUARTER = "90d"
    MONTH = "month"
    """This calendar month, up to today."""
    CUSTOM = "custom"


class Grain(StrEnum):
    """What a point of a series covers; weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Table(StrEnum):
    """What can be exported."""

    DAYS = "days"
    HOURS = "hours"
    PRODUCTS = "products"
    FEES = "fees"


@dataclass(frozen=True)
class Period:
    """Days from ``first`` to ``last``, both included."""

    first: date
    last: date
    name: PeriodName = PeriodName.CUSTOM

    @property
    def days(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True)
class Figures:
    """Sums of one currency.

    ``orders`` are sold ones; ``cancelled`` were placed too. ``volume`` is what sold orders came to,
    with shipping and tax. ``refunded`` went back to buyers of sold orders. ``disputed`` is in
    question or was; ``dispute_lost`` is gone. ``net_settled`` is in the vendors' books,
    ``net_estimated`` what is expected besides; both in this currency, and of the ``settled`` and
    ``estimated`` orders only: a vendor tells nothing of an order for some days. Settled in another
    currency, an order's net stands there.
    """

    orders: int = 0
    cancelled: int = 0
    cancelled_volume: Decimal = Decimal(0)
    units: int = 0
    volume: Decimal = Decimal(0)
    shipping: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)
    seller_discount: Decimal = Decimal(0)
    platform_discount: Decimal = Decimal(0)
    refunded_orders: int = 0
    refunded: Decimal = Decimal(0)
    disputes: int = 0
    disputed_orders: int = 0
    disputed: Decimal = Decimal(0)
    dispute_lost: Decimal = Decimal(0)
    settled: int = 0
    estimated: int = 0
    net_settled: Decimal = Decimal(0)
    net_estimated: Decimal = Decimal(0)

    @property
    def placed(self) -> int:
        """Sold and cancelled orders."""
        return self.orders + self.cancelled

    @property
    def average(self) -> Decimal | None:
        """What a sold order came to on average, to three decimals."""
        return ratio(self.volume, self.orders, places=3)

    @property
    def net(self) -> Decimal:
        """Settled and estimated together."""
        return self.net_settled + self.net_estimated

    @property
    def refund_rate(self) -> Decimal | None:
        """Share of the volume that went back."""
        return ratio(self.refunded, self.volume)

    @property
    def dispute_rate(self) -> Decimal | None:
        """Share of sold orders that were disputed."""
        return ratio(self.disputed_orders, self.orders)

    @property
    def cancellation_rate(self) -> Decimal | None:
        """Share of placed orders that were cancelled."""
        return ratio(self.cancelled, self.placed)


@dataclass(frozen=True)
class Changes:
    """By how many percent figures changed against the period before (12.5: grew by an eighth).
    None where there was nothing before."""

    orders: Decimal | None
    volume: Decimal | None
    units: Decimal | None
    average: Decimal | None
    net: Decimal | None
    refunded: Decimal | None
    refund_rate: Decimal | None
    dispute_rate: Decimal | None
    cancellation_rate: Decimal | None


@dataclass(frozen=True)
class Fee:
    """What was taken (negative) or given besides the sales, by kind (``LedgerEntry.Kind``), and its
    name for merchants."""

    kind: str
    label: str
    settled: Decimal
    estimated: Decimal

    @property
    def total(self) -> Decimal:
        """Settled and estimated together."""
        return self.settled + self.estimated


@dataclass(frozen=True)
class Side:
    """One vendor's part. ``vendor`` is ``tiktok`` or ``stripe``. ``share`` is its part of the
    currency's volume."""

    vendor: str
    label: str
    now: Figures
    before: Figures | None
    change: Changes | None
    share: Decimal | None


@dataclass(frozen=True)
class CurrencyInsights:
    """All vendors together, each vendor's ``sides``, and fees of all."""

    currency: str
    now: Figures
    before: Figures | None
    change: Changes | None
    sides: tuple[Side, ...]
    fees: tuple[Fee, ...]


@dataclass(frozen=True)
class Progress:
    """How far sales were taken in. ``percent`` None: not known yet. ``stale_days``: days whose sums
    are still to be worked out again. ``as_of``: changes up to then are in the figures."""

    taken_in: int
    found: int | None
    percent: int | None
    complete: bool
    stale_days: int
    as_of: datetime | None


@dataclass(frozen=True)
class Insights:
    """Figures of a period, the currency with the most orders first. ``zone`` is the IANA name of
    the time zone that days and hours are of."""

    period: Period
    before: Period | None
    zone: str
    currencies: tuple[CurrencyInsights, ...]
    made_at: datetime
    progress: Progress


@dataclass(frozen=True)
class Point:
    """``first`` is the first day that it covers."""

    first: date
    last: date
    figures: Figures
    fees: Decimal


@dataclass(frozen=True)
class Series:
    """One currency of one vendor, a point for every day (week, month) of the period, also those
    without sales."""

    currency: str
    vendor: str
    label: str
    grain: Grain
    points: tuple[Point, ...]


@dataclass(frozen=True)
class HourFigures:
    """Sold orders of an hour of the day (0-23), over the whole period."""

    hour: int
    orders: int
    units: int
    volume: Decimal


@dataclass(frozen=True)
class HourSeries:
    """24 hours of one currency of one vendor."""

    currency: str
    vendor: str
    label: str
    hours: tuple[HourFigures, ...]


@dataclass(frozen=True)
class HeatCell:
    """``weekday`` 1 is Monday. ``level`` 0 (nothing) to 9 (the most)."""

    weekday: int
    hour: int
    orders: int
    volume: Decimal
    level: int


@dataclass(frozen=True)
class HeatMap:
    """Seven rows of 24 cells, vendors together. ``peak`` is the cell with the most orders."""

    currency: str
    rows: tuple[tuple[HeatCell, ...], ...]
    peak: HeatCell | None


@dataclass(frozen=True)
class WeekdayFigures:
    """Sold orders of a weekday (1 is Monday) over the whole period."""

    weekday: int
    orders: int
    volume: Decimal


@dataclass(frozen=True)
class ProductFigures:
    """``key`` names it for good; ``variant_id`` is Saleor's ("" for lines without a variant).
    ``share`` is its part of all lines' volume; ``by_vendor`` its volume there."""

    key: str
    variant_id: str
    sku: str
    name: str
    orders: int
    units: int
    volume: Decimal
    share: Decimal | None
    by_vendor: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True)
class Products(Page[ProductFigures]):
    """Products by volume, the largest first. ``rest_*``: all that come after this page."""

    currency: str = ""
    rest_products: int = 0
    rest_units: int = 0
    rest_volume: Decimal = Decimal(0)


@dataclass(frozen=True)
class StateFigures:
    """Orders by the state of their payment (``SaleFact.State``)."""

    currency: str
    vendor: str
    state: str
    label: str
    orders: int
    volume: Decimal


def ratio(part: Decimal | int, whole: Decimal | int, *, places: int = 4) -> Decimal | None:
    """``part`` of ``whole``, rounded; None where ``whole`` is nothing."""
    if not whole:
        return None
    return round(Decimal(part) / Decimal(whole), places)
