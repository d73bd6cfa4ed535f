"""The model of Saleor's sums that the property tests use, against Saleor's own function."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st
from saleor.payment.transaction_item_calculations import recalculate_transaction_amounts

from saleor_tiktok_stripe.saleor_api.transactions import TransactionEvent
from tests.support.saleor_sums import sums

TYPES = [
    *(f"{kind}_{end}" for kind in ("AUTHORIZATION", "CHARGE", "REFUND", "CANCEL")
      for end in ("REQUEST", "SUCCESS", "FAILURE")),
    *("AUTHORIZATION_ADJUSTMENT", "CHARGE_BACK", "REFUND_REVERSE", "INFO"),
    *("CHARGE_ACTION_REQUIRED", "AUTHORIZATION_ACTION_REQUIRED"),
]  # fmt: skip
ROWS = st.lists(
    st.tuples(st.sampled_from(TYPES), st.sampled_from("abc"), st.integers(1, 9999), st.booleans()),
    max_size=14,
)


class Events(list):
    """As much of a queryset as Saleor's function uses."""

    def order_by(self, name: str) -> Events:
        return Events(sorted(self, key=lambda one: getattr(one, name)))

    def exclude(self, *, include_in_calculations: bool) -> Events:
        return Events(one for one in self if one.include_in_calculations != include_in_calculations)


@settings(max_examples=500)
@given(ROWS)
def test_the_model_adds_up_as_saleor_does(rows: list[tuple[str, str, int, bool]]):
    began = datetime(2026, 1, 1, tzinfo=UTC)
    events = [
        TransactionEvent(kind, name, Decimal(cents) / 100, "", began + timedelta(seconds=n), counts)
        for n, (kind, name, cents, counts) in enumerate(rows)
    ]

    theirs = SimpleNamespace(events=Events(_saleor_row(one) for one in events))
    recalculate_transaction_amounts(theirs, save=False)

    ours = vars(sums(events))
    assert {name: getattr(theirs, f"{name}_value") for name in ours} == ours


def _saleor_row(event: TransactionEvent) -> SimpleNamespace:
    return SimpleNamespace(
        type=event.type.lower(),
        psp_reference=event.psp_reference,
        amount_value=event.amount,
        created_at=event.created_at,
        include_in_calculations=event.counts,
    )
