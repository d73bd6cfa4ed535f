"""Do our row, Stripe's payment and Saleor's transaction agree? Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from ..aftersales.reporting import disputed_amount
from ..models import Charge
from ..payments.ledger.differences import Found, plain_text
from ..payments.reporting import Seen, plan, refunded
from ..saleor_api.transactions import PaymentTransaction
from ..stripe_api.types import PaymentState

_ZERO: Final = Decimal(0)


@dataclass(frozen=True)
class Sides:
    """The newest states of one payment; None: a side does not have it."""

    charge: Charge
    seen: Seen | None
    transaction: PaymentTransaction | None


def judge(sides: Sides) -> list[Found]:
    """The differences of one payment: at most one."""
    charge, seen = sides.charge, sides.seen
    if seen is None:
        ours = {"state": charge.state, "captured": plain_text(charge.captured)}
        return [_difference("PAYMENT_GONE", charge, None, ours, {})]
    theirs = _stripe(seen, charge)
    if sides.transaction is None:
        held = seen.payment.captured + seen.payment.authorized - refunded(seen.refunds)
        if held <= 0:
            return []
        return [_difference("PAYMENT_WITHOUT_TRANSACTION", charge, held, {}, theirs)]
    here, saleor = _here(charge), _saleor(sides.transaction)
    missing = [one for one in plan(seen, sides.transaction, charge).reports if one.type != "INFO"]
    if not missing and here == theirs and saleor == _as_saleor(seen, charge):
        return []
    ours = {f"here: {name}": text for name, text in here.items()}
    ours |= {f"Saleor: {name}": text for name, text in saleor.items()}
    theirs |= {f"untold: {one.type} {one.psp_reference}": plain_text(one.amount) for one in missing}
    by = _net(seen, charge) - sides.transaction.charged
    return [_difference("PAYMENT_OUT_OF_STEP", charge, by, ours, theirs)]


def _difference(
    code: str, charge: Charge, by: Decimal | None, ours: dict[str, str], theirs: dict[str, str]
) -> Found:
    return Found(code, charge.payment_id, charge.currency, by, ours, theirs)


def _here(charge: Charge) -> dict[str, str]:
    return {
        "state": charge.state,
        "captured": plain_text(charge.captured),
        "refunded": plain_text(charge.refunded),
        "disputed": plain_text(charge.disputed),
    }


def _stripe(seen: Seen, charge: Charge) -> dict[str, str]:
    return {
        "state": seen.payment.state.value,
        "captured": plain_text(seen.payment.captured),
        "refunded": plain_text(refunded(seen.refunds)),
        "disputed": plain_text(_disputed(seen, charge)),
    }


def _disputed(seen: Seen, charge: Charge) -> Decimal:
    return disputed_amount(seen.disputes, charge.currency, seen.payment.captured or None)


def _saleor(transaction: PaymentTransaction) -> dict[str, str]:
    return {
        "charged": plain_text(transaction.charged),
        "authorized": plain_text(transaction.authorized),
    }


def _as_saleor(seen: Seen, charge: Charge) -> dict[str, str]:
    """What Saleor's sums should be: what came in, less what went back or is on its way back."""
    authorized = seen.payment.state is PaymentState.AUTHORIZED
    return {
        "charged": plain_text(_net(seen, charge)),
        "authorized": plain_text(seen.payment.authorized if authorized else _ZERO),
    }


def _net(seen: Seen, charge: Charge) -> Decimal:
    return seen.payment.captured - refunded(seen.refunds) - _disputed(seen, charge)
