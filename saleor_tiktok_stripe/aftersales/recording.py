"""What was seen at Stripe of a charge's refunds and disputes, written into our rows.

No vendor is called and nothing is reported: the caller holds the charge's transaction in Saleor
and reports (``reporting``). Whatever is seen twice, late or in another order ends in the same rows.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..models import Charge, Connection
from ..stripe_api.types import Dispute, Refund


def record(charge: Charge, refunds: Sequence[Refund], disputes: Sequence[Dispute]) -> None:
    """Bring ``RefundRequest``, ``Dispute`` and ``charge.disputed`` up to date; in a transaction.

    All refunds and disputes of the charge as just read. Refunds made elsewhere get a row with
    source ``stripe``. Sets ``charge.disputed`` and ``charge.problem`` (saved here, and on the
    instance); ``captured`` and ``refunded`` are the caller's, and must be up to date on ``charge``.
    """
    raise NotImplementedError


def fraud_warnings(connection: Connection, payment_id: str) -> tuple[str, ...]:
    """Ids of the early fraud warnings that were notified for a payment."""
    raise NotImplementedError
