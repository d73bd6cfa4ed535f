"""What a transaction amounts to: the sums Saleor 3.20-3.24 makes of its events.

Events of one reference and one kind of action belong together: a request is pending until a
success or a failure of the same reference came; a failure newer than the success undoes it. Events
without a reference are manual and state the result. Only events that count are looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from .records import Event, Transaction

ZERO = Decimal(0)
AMOUNTS = ("authorized", "charged", "refunded", "canceled")
PENDING = ("authorize_pending", "charge_pending", "refund_pending", "cancel_pending")

# Action -> where its success goes, where its request waits, what both are taken from.
_ACTIONS = {
    "AUTHORIZATION": ("authorized", "authorize_pending", ""),
    "CHARGE": ("charged", "charge_pending", "authorized"),
    "REFUND": ("refunded", "refund_pending", "charged"),
    "CANCEL": ("canceled", "cancel_pending", "authorized"),
}
_MANUAL = {
    "AUTHORIZATION_SUCCESS": ("authorized", 1),
    "CHARGE_SUCCESS": ("charged", 1),
    "CHARGE_BACK": ("charged", -1),
    "REFUND_SUCCESS": ("refunded", 1),
    "REFUND_REVERSE": ("charged", 1),
    "CANCEL_SUCCESS": ("canceled", 1),
}
_STEPS = frozenset({"REQUEST", "SUCCESS", "FAILURE", "ADJUSTMENT", "BACK", "REVERSE"})
Group = dict[str, Event]


def recalculate(item: Transaction) -> None:
    """Sum the events of a transaction anew."""
    totals = dict.fromkeys((*AMOUNTS, *PENDING), ZERO)
    groups: dict[tuple[str, str], Group] = {}
    for event in _counted(item.events):
        action, _, step = event.type.partition("_")
        if not event.psp_reference:
            _add_manual(totals, event)
        elif action in _ACTIONS and step in _STEPS:
            groups.setdefault((action, event.psp_reference), {})[step] = event
    for action in _ACTIONS:
        for (kind, _), group in groups.items():
            if kind == action:
                _add_group(totals, action, group)
    for name in ("authorized", "authorize_pending"):
        totals[name] = max(totals[name], ZERO)
    for name, amount in totals.items():
        setattr(item, name, amount)


def _counted(events: Sequence[Event]) -> list[Event]:
    """Oldest first; what was authorized before the newest adjustment is left out."""
    counted = sorted((event for event in events if event.counts), key=lambda event: event.created)
    adjusted = [e for e in counted if e.type == "AUTHORIZATION_ADJUSTMENT"]
    if not adjusted:
        return counted
    last = counted.index(adjusted[-1])
    return [
        event
        for place, event in enumerate(counted)
        if place >= last or not event.type.startswith("AUTHORIZATION_")
    ]


def _add_manual(totals: dict[str, Decimal], event: Event) -> None:
    if event.type == "AUTHORIZATION_ADJUSTMENT":
        totals["authorized"] = event.amount
    elif event.type in _MANUAL:
        name, sign = _MANUAL[event.type]
        totals[name] += sign * event.amount


def _add_group(totals: dict[str, Decimal], action: str, group: Group) -> None:
    grown, pending, taken_from = _ACTIONS[action]
    if adjustment := group.get("ADJUSTMENT"):
        totals["authorized"] = adjustment.amount
    if back := group.get("BACK"):
        totals["charged"] -= back.amount
    if reverse := group.get("REVERSE"):
        totals["charged"] += reverse.amount
        totals["refunded"] -= reverse.amount
    success, failure = group.get("SUCCESS"), group.get("FAILURE")
    request = group.get("REQUEST")
    if request and not success and not failure:
        _move(totals, taken_from, pending, request.amount)
    if success and not (failure and failure.created >= success.created):
        _move(totals, taken_from, grown, success.amount)


def _move(totals: dict[str, Decimal], source: str, target: str, amount: Decimal) -> None:
    totals[target] += amount
    if source:
        totals[source] -= amount


def exact(amount: Decimal, currency: str) -> Decimal:
    """``amount`` in the currency's smallest unit, as Saleor keeps it."""
    step = {0: Decimal(1), 3: Decimal("0.001")}.get(_places(currency), Decimal("0.01"))
    return amount.quantize(step)


def _places(currency: str) -> int:
    if currency in {"JPY", "KRW", "VND", "CLP"}:
        return 0
    return 3 if currency in {"BHD", "KWD", "OMR", "JOD", "TND"} else 2
