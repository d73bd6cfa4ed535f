"""Saleor's own bookkeeping of a transaction, as a small model: what is recorded and its sums.

Written from what Saleor 3.20-3.24 does (`recalculate_transaction_amounts`, `transactionProcess`,
`transactionEventReport`, `transactionRequestAction`), so that histories can be tried by the
thousand. `tests/saleor/test_sums.py` holds the same against Saleor itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from saleor_tiktok_stripe.saleor_api.transactions import (
    EventReport,
    PaymentTransaction,
    SessionAnswer,
    TransactionEvent,
)

ZERO = Decimal(0)
_FINAL = {
    f"{kind}_{end}"
    for kind in ("CHARGE", "AUTHORIZATION")
    for end in ("FAILURE", "SUCCESS", "REQUEST")
}
_NEVER_THE_SAME = {"CHARGE_ACTION_REQUIRED", "AUTHORIZATION_ACTION_REQUIRED", "INFO"}
_KINDS = ("AUTHORIZATION", "CHARGE", "REFUND", "CANCEL")


class SaleorRefusesError(AssertionError):
    """Saleor answers with an error and records a failure."""


@dataclass(frozen=True)
class Sums:
    authorized: Decimal = ZERO
    charged: Decimal = ZERO
    refunded: Decimal = ZERO
    canceled: Decimal = ZERO
    authorize_pending: Decimal = ZERO
    charge_pending: Decimal = ZERO
    refund_pending: Decimal = ZERO
    cancel_pending: Decimal = ZERO


def sums(events: Iterable[TransactionEvent]) -> Sums:
    """What Saleor makes of a transaction's events.

    Only events that count, with a reference, by their time: the newest of each type of a reference
    stands for it. Money moves on: authorized -> charged -> refunded, authorized -> canceled.
    """
    rows = sorted((one for one in events if one.counts), key=lambda one: one.created_at or _START)
    groups: dict[tuple[str, str], dict[str, TransactionEvent]] = {}
    for one in _since_adjustment(rows):
        kind, _, end = _kind(one.type)
        if kind:
            groups.setdefault((kind, one.psp_reference), {})[end] = one
    found = dict.fromkeys(Sums.__dataclass_fields__, ZERO)
    for (kind, _), group in sorted(groups.items(), key=lambda item: _KINDS.index(item[0][0])):
        _add(found, kind, group)
    found["authorized"] = max(found["authorized"], ZERO)
    found["authorize_pending"] = max(found["authorize_pending"], ZERO)
    return Sums(**found)


_START = datetime(2026, 1, 1, tzinfo=UTC)
_FIELDS = {
    "AUTHORIZATION": ("authorized", "authorize_pending", None),
    "CHARGE": ("charged", "charge_pending", "authorized"),
    "REFUND": ("refunded", "refund_pending", "charged"),
    "CANCEL": ("canceled", "cancel_pending", "authorized"),
}


def _kind(event_type: str) -> tuple[str, str, str]:
    if event_type in {"INFO", "CHARGE_ACTION_REQUIRED", "AUTHORIZATION_ACTION_REQUIRED"}:
        return "", "", ""
    return event_type.partition("_")


def _since_adjustment(rows: Sequence[TransactionEvent]) -> list[TransactionEvent]:
    """An adjustment replaces all authorizations before it."""
    at = [n for n, one in enumerate(rows) if one.type == "AUTHORIZATION_ADJUSTMENT"]
    return [
        one
        for n, one in enumerate(rows)
        if not at or n >= at[-1] or not one.type.startswith("AUTHORIZATION")
    ]


def _add(found: dict[str, Decimal], kind: str, group: dict[str, TransactionEvent]) -> None:
    to, pending, source = _FIELDS[kind]
    if "ADJUSTMENT" in group:
        found["authorized"] = group["ADJUSTMENT"].amount
    if "BACK" in group:
        found["charged"] -= group["BACK"].amount
    if "REVERSE" in group:
        found["charged"] += group["REVERSE"].amount
        found["refunded"] -= group["REVERSE"].amount
    success, failure = group.get("SUCCESS"), group.get("FAILURE")
    if success and (not failure or success.created_at > failure.created_at):
        _move(found, to, source, success.amount)
    if "REQUEST" in group and not success and not failure:
        _move(found, pending, source, group["REQUEST"].amount)


def _move(found: dict[str, Decimal], to: str, source: str | None, amount: Decimal) -> None:
    found[to] += amount
    if source:
        found[source] -= amount


@dataclass
class SaleorModel:
    """One transaction in Saleor. Each thing recorded happens a moment after the last."""

    id: str = "VHJhbnNhY3Rpb25JdGVtOjE="
    channel_slug: str = "tiktok-us"
    currency: str = "USD"
    events: list[TransactionEvent] = field(default_factory=list)
    actions: tuple[str, ...] = ()
    checkout_id: str = "Q2hlY2tvdXQ6MQ=="
    order_id: str = ""
    order_number: str = ""
    _ticks: int = 0

    @property
    def sums(self) -> Sums:
        return sums(self.events)

    def transaction(self) -> PaymentTransaction:
        """As our own interface gives it."""
        return PaymentTransaction(
            id=self.id,
            channel_slug=self.channel_slug,
            currency=self.currency,
            psp_reference=next((one.psp_reference for one in self.events if one.psp_reference), ""),
            order_id=self.order_id,
            order_number=self.order_number,
            checkout_id=self.checkout_id,
            app_identifier="saleor.tiktok_stripe",
            actions=self.actions,
            events=tuple(self.events),
            **vars(self.sums),
        )

    def types(self, *, counted: bool = True) -> list[tuple[str, str, Decimal]]:
        return [
            (one.type, one.psp_reference, one.amount)
            for one in self.events
            if one.counts or not counted
        ]

    def report(self, reports: Sequence[EventReport], actions: Sequence[str] = ()) -> None:
        """`transactionEventReport` for each. Raises what Saleor would answer with an error."""
        for new in reports:
            same = [
                one
                for one in self.events
                if (one.type, one.psp_reference) == (new.type, new.psp_reference)
                and new.type not in _NEVER_THE_SAME
            ]
            if same and same[0].amount != new.amount:
                raise SaleorRefusesError(f"INCORRECT_DETAILS {new}")
            if same:
                continue
            if new.type == "AUTHORIZATION_SUCCESS" and self._knows("AUTHORIZATION_SUCCESS"):
                raise SaleorRefusesError(f"ALREADY_EXISTS {new}")
            self._record(new.type, new.psp_reference, new.amount, new.message)
        self.actions = tuple(actions)

    def begin(self, flow: str, amount: Decimal) -> None:
        """`transactionInitialize`, before the gateway answers."""
        self._record(f"{flow}_REQUEST", "", amount, counts=False)

    def answered(self, answer: SessionAnswer) -> None:
        """What a session's answer is recorded as."""
        place = self._session_request()
        if answer.result.endswith("_REQUEST"):
            self.events[place] = replace(
                self.events[place],
                type=answer.result,
                amount=answer.amount,
                psp_reference=answer.psp_reference,
                counts=True,
            )
            self.actions = answer.actions
            return
        self.report([EventReport(answer.result, answer.psp_reference, answer.amount)])
        self.events[place] = replace(self.events[place], psp_reference=answer.psp_reference)
        self.actions = answer.actions

    @property
    def asks_gateway(self) -> bool:
        """`transactionProcess` asks only until something final was recorded."""
        return not any(one.type in _FINAL and one.counts for one in self.events)

    def ask(self, kind: str, amount: Decimal) -> int:
        """`transactionRequestAction`: recorded; the request counts once it has a reference."""
        self._record(f"{kind}_REQUEST", "", amount, counts=False)
        return len(self.events) - 1

    def attach(self, place: int, psp_reference: str) -> None:
        """A payment app's asynchronous answer to a request."""
        self.events[place] = replace(self.events[place], psp_reference=psp_reference, counts=True)

    def _session_request(self) -> int:
        return next(
            n
            for n, one in enumerate(self.events)
            if one.type in {"CHARGE_REQUEST", "AUTHORIZATION_REQUEST"} and not one.counts
        )

    def _knows(self, kind: str) -> bool:
        return any(one.type == kind for one in self.events)

    def _record(
        self, kind: str, reference: str, amount: Decimal, message: str = "", *, counts: bool = True
    ) -> None:
        self._ticks += 1
        at = _START + timedelta(seconds=self._ticks)
        self.events.append(TransactionEvent(kind, reference, amount, message, at, counts))
