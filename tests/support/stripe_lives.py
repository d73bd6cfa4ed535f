"""Random lives of payments at Stripe, as what a look would have shown at each moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from saleor_tiktok_stripe.models import Charge
from saleor_tiktok_stripe.payments.reporting import Seen
from saleor_tiktok_stripe.stripe_api.types import (
    BalanceEntry,
    ChargeFacts,
    Decline,
    Dispute,
    DisputeState,
    Payment,
    PaymentState,
    Refund,
    RefundState,
)

BEGAN = datetime(2026, 11, 1, 12, tzinfo=UTC)
ZERO = Decimal(0)


def payment(**fields: object) -> Payment:
    """An open payment of 100.00 USD."""
    values: dict[str, object] = {
        "id": "pi_1",
        "state": PaymentState.OPEN,
        "raw_state": "requires_payment_method",
        "currency": "USD",
        "amount": Decimal("100.00"),
        "authorized": ZERO,
        "captured": ZERO,
        "capture_later": False,
        "created_at": BEGAN,
        "livemode": False,
    }
    return Payment(**(values | fields))  # type: ignore[arg-type]


def charge_facts(**fields: object) -> ChargeFacts:
    values: dict[str, object] = {
        "id": "ch_1",
        "captured": ZERO,
        "refunded": ZERO,
        "disputed": False,
        "created_at": BEGAN,
    }
    return ChargeFacts(**(values | fields))  # type: ignore[arg-type]


def refund(number: int = 1, **fields: object) -> Refund:
    """One of 10.00 USD that succeeded."""
    values: dict[str, object] = {
        "id": f"re_{number}",
        "payment_id": "pi_1",
        "charge_id": "ch_1",
        "state": RefundState.SUCCEEDED,
        "raw_state": "succeeded",
        "amount": Decimal("10.00"),
        "currency": "USD",
        "reason": "",
        "created_at": BEGAN + timedelta(minutes=number),
    }
    return Refund(**(values | fields))  # type: ignore[arg-type]


def dispute(number: int = 1, **fields: object) -> Dispute:
    """A chargeback of 10.00 USD that waits for an answer and has withdrawn nothing yet."""
    values: dict[str, object] = {
        "id": f"du_{number}",
        "payment_id": "pi_1",
        "charge_id": "ch_1",
        "state": DisputeState.NEEDS_RESPONSE,
        "raw_state": "needs_response",
        "reason": "fraudulent",
        "amount": Decimal("10.00"),
        "currency": "USD",
        "created_at": BEGAN + timedelta(hours=number),
        "livemode": False,
        "due_by": BEGAN + timedelta(days=10),
        "has_evidence": False,
        "past_due": False,
        "submission_count": 0,
        "refundable": False,
    }
    return Dispute(**(values | fields))  # type: ignore[arg-type]


def balance(dispute_id: str, number: int, amount: Decimal) -> BalanceEntry:
    fee = Decimal(15) if amount < 0 else ZERO
    at = BEGAN + timedelta(days=number)
    name = f"txn_{dispute_id}_{number}"
    return BalanceEntry(name, "dispute", amount, fee, amount - fee, "USD", dispute_id, at)


@dataclass
class Life:
    """What happened to one payment; ``looks`` holds what a look showed after each step."""

    flow: str
    rng: Random
    looks: list[Seen] = field(default_factory=list)

    def __post_init__(self) -> None:
        whole = Decimal(self.rng.randint(50, 50_000)) / 100
        self._seen = Seen(payment(amount=whole, capture_later=self.flow == "AUTHORIZATION"))
        self.looks.append(self._seen)

    @property
    def last(self) -> Seen:
        return self._seen

    @property
    def charge(self) -> Charge:
        return Charge(flow=self.flow.lower(), currency="USD", amount=self.last.payment.amount)

    def expected(self) -> dict[str, Decimal]:
        """Stripe's own totals, in Saleor's words."""
        seen = self.last
        by = {
            state: sum((one.amount for one in seen.refunds if one.state is state), ZERO)
            for state in RefundState
        }
        held = -sum((entry.amount for one in seen.disputes for entry in one.balance), ZERO)
        done, waiting = by[RefundState.SUCCEEDED], by[RefundState.PENDING]
        return {
            "authorized": seen.payment.authorized,
            "charged": seen.payment.captured - done - waiting - held,
            "refunded": done,
            "refund_pending": waiting,
        }

    def run(self) -> Life:
        """From the first try to the end, or to somewhere on the way."""
        for number in range(self.rng.randint(0, 2)):
            self._decline(number)
        if self.rng.random() < 0.3:
            self._process()
        end = self.rng.random()
        if end < 0.1:
            self._cancel("abandoned")
        elif end < 0.95:
            self._authorize() if self.flow == "AUTHORIZATION" else self._capture(self._whole)
        if self.last.payment.state is PaymentState.AUTHORIZED:
            self._leave_authorized()
        if self.last.payment.state is PaymentState.SUCCEEDED:
            for _ in range(self.rng.randint(0, 8)):
                self.rng.choice(self._aftermath)()
        return self

    # --- paying

    @property
    def _whole(self) -> Decimal:
        return self.last.payment.amount

    def _pay(self, state: PaymentState, **fields: object) -> None:
        self._show(payment=replace(self.last.payment, state=state, raw_state=state.value, **fields))  # type: ignore[arg-type]

    def _decline(self, number: int) -> None:
        reason = Decline(
            "card_declined", "generic_decline", "Your card was declined.", f"ch_{number}d"
        )
        self._pay(PaymentState.OPEN, decline=reason)

    def _process(self) -> None:
        self._pay(PaymentState.PROCESSING, decline=None)
        if self.rng.random() < 0.5:
            self._decline(9)

    def _authorize(self) -> None:
        facts = charge_facts()
        self._pay(PaymentState.AUTHORIZED, decline=None, authorized=self._whole, charge=facts)

    def _leave_authorized(self) -> None:
        way = self.rng.random()
        if way < 0.3:
            self._cancel(self.rng.choice(["automatic", "requested_by_customer"]))
        elif way < 0.6:
            self._capture(self._whole)
        elif way < 0.9:
            self._capture(self._part(self._whole))

    def _capture(self, amount: Decimal) -> None:
        facts = charge_facts(captured=amount)
        self._pay(
            PaymentState.SUCCEEDED, decline=None, authorized=ZERO, captured=amount, charge=facts
        )

    def _cancel(self, reason: str) -> None:
        self._pay(PaymentState.CANCELED, authorized=ZERO, cancellation_reason=reason)

    # --- what comes later

    @property
    def _aftermath(self) -> list[Callable[[], None]]:
        return [self._refund, self._refund, self._end_refund, self._dispute, self._end_dispute]

    @property
    def _left(self) -> Decimal:
        found = self.expected()
        return found["charged"]

    def _part(self, amount: Decimal) -> Decimal:
        return Decimal(self.rng.randint(1, int(amount * 100))) / 100

    def _refund(self) -> None:
        if self._left <= 0 or self._disputed:
            return
        state = self.rng.choice([RefundState.PENDING, RefundState.SUCCEEDED, RefundState.FAILED])
        one = refund(len(self.last.refunds) + 1, amount=self._part(self._left), state=state)
        self._show(refunds=(*self.last.refunds, one))

    def _end_refund(self) -> None:
        self._change(
            "refunds",
            lambda one: {
                RefundState.PENDING: [
                    RefundState.SUCCEEDED,
                    RefundState.FAILED,
                    RefundState.CANCELED,
                ],
                RefundState.SUCCEEDED: [RefundState.FAILED],
            }.get(one.state, []),
        )

    def _change(self, name: str, ways: Callable[[Refund], list[RefundState]]) -> None:
        rows = list(getattr(self.last, name))
        movable = [n for n, one in enumerate(rows) if ways(one)]
        if movable:
            n = self.rng.choice(movable)
            rows[n] = replace(rows[n], state=self.rng.choice(ways(rows[n])))
            self._show(refunds=tuple(rows))

    @property
    def _disputed(self) -> bool:
        return any(one.state is DisputeState.NEEDS_RESPONSE for one in self.last.disputes)

    def _dispute(self) -> None:
        if self._left <= 0:
            return
        one = dispute(len(self.last.disputes) + 1, amount=self._part(self._left))
        if self.rng.random() < 0.3:
            state = DisputeState.INQUIRY_NEEDS_RESPONSE
            one = replace(one, state=state, raw_state="warning_needs_response", refundable=True)
        else:
            one = replace(one, balance=(balance(one.id, 1, -one.amount),))
        self._show(disputes=(*self.last.disputes, one))

    def _end_dispute(self) -> None:
        rows = list(self.last.disputes)
        open_ones = [n for n, one in enumerate(rows) if one.needs_response]
        if not open_ones:
            return
        n = self.rng.choice(open_ones)
        one = rows[n]
        if one.is_inquiry:
            rows[n] = replace(one, state=DisputeState.INQUIRY_CLOSED, raw_state="warning_closed")
        elif self.rng.random() < 0.5:
            back = (*one.balance, balance(one.id, 2, one.amount))
            rows[n] = replace(one, state=DisputeState.WON, raw_state="won", balance=back)
        else:
            rows[n] = replace(one, state=DisputeState.LOST, raw_state="lost")
        self._show(disputes=tuple(rows))

    def _show(self, **fields: object) -> None:
        self._seen = replace(self._seen, **fields)  # type: ignore[arg-type]
        self.looks.append(self._seen)
