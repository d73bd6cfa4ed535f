"""What the marketplace can be told about an order: one small step each, one request each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ..errors import Problem
from ..tiktok.fulfilment_types import CombinedPackage, Tracking


class How(StrEnum):
    """``MARK``: units are marked as shipped, the marketplace makes their package. ``PACKAGE``: its
    package leaves with the seller's carrier. ``LABEL``: its package leaves with its own label."""

    MARK = "mark"
    PACKAGE = "package"
    LABEL = "label"


@dataclass(frozen=True)
class Ship:
    """A fulfillment of Saleor's left. ``packages``: those of the marketplace that hold these units
    and nothing else of this order (none for ``MARK``). ``split``: groups of units to be made
    packages of first, the first one is what leaves. ``combine``: orders to be put into one package
    first, which leaves instead."""

    fulfillment_id: str
    how: How
    unit_ids: tuple[str, ...]
    packages: tuple[str, ...] = ()
    split: tuple[tuple[str, ...], ...] = ()
    tracking: Tracking | None = None
    combine: CombinedPackage | None = None


@dataclass(frozen=True)
class Retrack:
    """The tracking number of a package that left was changed in Saleor."""

    fulfillment_id: str
    package: str
    tracking: Tracking


@dataclass(frozen=True)
class Cancel:
    """Items that Saleor no longer sells. ``unit_ids`` empty: the whole order. ``reason`` is the
    marketplace's key; ``subject`` names what asked for it."""

    subject: str
    reason: str
    unit_ids: tuple[str, ...] = ()


Step = Ship | Retrack | Cancel


@dataclass(frozen=True)
class Plan:
    """``problems``: what stands in the way of the rest. ``look_again``: nothing may be told before.
    ``unrecorded``: the marketplace is ahead of Saleor, which has to be brought in step first.
    ``more``: after these steps there is more to tell. ``behind``: Saleor still has to ship items
    that are gone at the marketplace.
    """

    steps: tuple[Step, ...] = ()
    problems: tuple[Problem, ...] = ()
    look_again: datetime | None = None
    unrecorded: bool = False
    more: bool = False
    behind: bool = False

    def lines(self) -> list[str]:
        """What would be told and what would not, for people."""
        told = [_words(step) for step in self.steps]
        if self.look_again is not None:
            told.append(f"waits until {self.look_again:%Y-%m-%d %H:%M} UTC: TikTok holds the order")
        if self.unrecorded:
            told.append("waits: TikTok shipped or cancelled items that Saleor does not show yet")
        return [*told, *(f"{one.code}: {one.cause} {one.cure}" for one in self.problems)]


def _words(step: Step) -> str:
    match step:
        case Ship(how=how, unit_ids=units, packages=packages, tracking=tracking):
            with_what = (
                f" with {tracking.number} (carrier {tracking.carrier_id})" if tracking else ""
            )
            into = f" in package {', '.join(packages)}" if packages else ""
            first = _words_first(step)
            label = " with TikTok's label" if how is How.LABEL else ""
            return f"{first}ship {len(units)} items ({', '.join(units)}){into}{label}{with_what}"
        case Retrack(package=package, tracking=tracking):
            return f"change the tracking number of package {package} to {tracking.number}"
        case Cancel(unit_ids=units, reason=reason):
            what = f"{len(units)} items ({', '.join(units)})" if units else "the whole order"
            return f"cancel {what} for the reason {reason}"


def _words_first(step: Ship) -> str:
    if step.combine is not None:
        return f"combine orders {', '.join(step.combine.order_ids)}, then "
    return "split the order, then " if step.split else ""
