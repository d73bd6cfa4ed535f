"""Which days somebody wants to see, and the shop's clock that they are counted by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from .. import accounts
from ..errors import InvalidInput
from ..jobs import clock
from ..models import Connection, Vendor
from ..tiktok.regions import time_zone
from .types import Grain, Period, PeriodName

LONGEST: Final = 731
"""Days: two years, one of them a leap year."""
UTC_NAME: Final = "UTC"
_LENGTHS: Final[Mapping[PeriodName, int]] = {
    PeriodName.TODAY: 1,
    PeriodName.WEEK: 7,
    PeriodName.MONTH_30: 30,
    PeriodName.QUARTER: 90,
}
_BY_DAY: Final = 92
_BY_WEEK: Final = 366


def zone_of(connections: Sequence[Connection]) -> str:
    """The IANA time zone that a channel's days are of: what the merchant chose, else that of the
    TikTok shop's market, else UTC. One for all vendors of a channel, so that their days match."""
    tiktok = next((one for one in connections if one.vendor == Vendor.TIKTOK), None)
    stripe = next((one for one in connections if one.vendor == Vendor.STRIPE), None)
    if tiktok is not None:
        return accounts.policy(tiktok).time_zone or time_zone(tiktok.region) or UTC_NAME
    chosen = accounts.stripe_policy(stripe).time_zone if stripe is not None else ""
    return chosen or UTC_NAME


def channel_zone(connection: Connection) -> str:
    """``zone_of`` the connection's channel."""
    return zone_of(accounts.channel_connections(connection.channel_slug))


def today(connections: Sequence[Connection]) -> date:
    """The local day that it is."""
    return clock.now().astimezone(ZoneInfo(zone_of(connections))).date()


def period(
    connections: Sequence[Connection],
    name: str = PeriodName.MONTH_30,
    *,
    since: date | None = None,
    until: date | None = None,
) -> Period:
    """The days of ``name``, ending today; of ``custom``, ``since`` to ``until`` (included; today
    where it is not said). Raises ``InvalidInput``: ``PERIOD_UNKNOWN``, ``PERIOD_INVALID`` (no
    first day, or the last is before it), ``PERIOD_TOO_LONG`` (over two years)."""
    try:
        chosen = PeriodName(name)
    except ValueError:
        words = ", ".join(PeriodName)
        raise InvalidInput("PERIOD_UNKNOWN", f"There are: {words}.", field="period") from None
    last = today(connections)
    if chosen is PeriodName.CUSTOM:
        return _custom(since, until or last)
    if chosen is PeriodName.MONTH:
        return Period(last.replace(day=1), last, chosen)
    return Period(last - timedelta(days=_LENGTHS[chosen] - 1), last, chosen)


def before(wanted: Period) -> Period | None:
    """As many days as ``wanted`` has, right before it; None where no calendar goes so far."""
    try:
        first = wanted.first - timedelta(days=wanted.days)
        return Period(first, wanted.first - timedelta(days=1))
    except OverflowError:
        return None


def checked(wanted: Period) -> Period:
    """The period, if it is one. Raises ``InvalidInput`` as ``period`` does."""
    if wanted.last < wanted.first:
        raise InvalidInput("PERIOD_INVALID", "The last day is before the first one.", field="until")
    if wanted.last.year == date.max.year:
        # The day after it is asked for as well, and there may be none.
        raise InvalidInput("PERIOD_INVALID", "This day is too far ahead.", field="until")
    if wanted.days > LONGEST:
        raise InvalidInput(
            "PERIOD_TOO_LONG",
            "A period may be two years long at most. Choose a later first day.",
            field="since",
        )
    return wanted


def grain_of(wanted: Period) -> Grain:
    """What a point of a series covers, so that a chart of the period can be read."""
    if wanted.days <= _BY_DAY:
        return Grain.DAY
    return Grain.WEEK if wanted.days <= _BY_WEEK else Grain.MONTH


def _custom(since: date | None, until: date) -> Period:
    if since is None:
        raise InvalidInput("PERIOD_INVALID", "Say the first day.", field="since")
    return checked(Period(since, until, PeriodName.CUSTOM))
