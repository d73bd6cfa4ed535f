"""Controls of payments and refunds: the buyer's, the bank's, and Stripe's dashboard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from saleor_tiktok_stripe.sandbox.stripe import payments, refunds
from saleor_tiktok_stripe.sandbox.stripe.api_refunds import charge_of_payment
from saleor_tiktok_stripe.sandbox.stripe.control_base import ControlBase
from saleor_tiktok_stripe.sandbox.stripe.errors import StripeError
from saleor_tiktok_stripe.sandbox.stripe.events import copied
from saleor_tiktok_stripe.sandbox.stripe.payment_methods import named
from saleor_tiktok_stripe.sandbox.stripe.world import Object


@dataclass(frozen=True)
class Totals:
    """A payment's money as Stripe has it, in minor units.

    `charged` is what was captured; `refunded` counts refunds that succeeded, `refund_pending`
    those under way; `charged_back` what disputes took and did not give back; `authorized` what is
    still held.
    """

    currency: str
    authorized: int = 0
    charged: int = 0
    refunded: int = 0
    refund_pending: int = 0
    charged_back: int = 0

    @property
    def kept(self) -> int:
        """What is left of the charge for the merchant, fees aside."""
        return self.charged - self.refunded - self.charged_back


class PaymentControls(ControlBase):
    """Everything that happens to payments from outside the API."""

    def payment(self, payment_id: str) -> Object:
        """A payment as it is now (a copy)."""
        with self.world.lock:
            found: Object = copied(self.account.get("payment_intent", payment_id))
            return found

    def pay(self, payment_id: str, method: str = "pm_card_visa", return_url: str = "") -> str:
        """The buyer pays, as with Stripe.js; returns the payment's status. A decline is told by
        the status too (requires_payment_method), not raised."""
        with self.world.lock:
            payment = self.account.get("payment_intent", payment_id)
            payments.only_in(
                payment, payments.CONFIRMABLE, "This PaymentIntent cannot be confirmed", "confirmed"
            )
            chosen = named(self.account, method)
            options = {"return_url": return_url or None}
            try:
                payments.confirm(self.account, payment, chosen, options)
            except StripeError as error:
                if error.status != 402:
                    raise
            return str(payment["status"])

    def authenticate(self, payment_id: str, passed: bool = True) -> str:
        """The buyer completes (or fails) 3-D Secure or the redirect; returns the status."""
        with self.world.lock:
            payment = self.account.get("payment_intent", payment_id)
            payments.authenticated(self.account, payment, passed=passed)
            return str(payment["status"])

    def settle_payment(self, payment_id: str, comes: bool = True) -> str:
        """A delayed method ends now: the money comes or does not; returns the status."""
        with self.world.lock:
            payment = self.account.get("payment_intent", payment_id)
            payments.settle(self.account, payment, outcome=comes)
            return str(payment["status"])

    def expire_authorization(self, payment_id: str) -> str:
        """The bank lets go of the held money now; returns the status."""
        with self.world.lock:
            payment = self.account.get("payment_intent", payment_id)
            payments.expire(self.account, payment)
            return str(payment["status"])

    def dashboard_capture(self, payment_id: str, amount: int | None = None) -> str:
        """Somebody captures in Stripe's dashboard; returns the status."""
        with self.world.lock:
            payment = self.account.get("payment_intent", payment_id)
            payments.capture(self.account, payment, amount)
            return str(payment["status"])

    def dashboard_cancel(self, payment_id: str, reason: str | None = None) -> str:
        """Somebody cancels in Stripe's dashboard; returns the status."""
        with self.world.lock:
            payment = self.account.get("payment_intent", payment_id)
            payments.cancel(self.account, payment, reason)
            return str(payment["status"])

    def dashboard_refund(
        self, payment_id: str, amount: int | None = None, reason: str | None = None
    ) -> str:
        """Somebody refunds in Stripe's dashboard: no metadata; returns the refund's id."""
        with self.world.lock:
            charge = charge_of_payment(self.account, payment_id)
            checked = refunds.check(self.account, charge, amount)
            made = refunds.make(self.account, charge, checked, reason=reason)
            return str(made["id"])

    def next_refunds(self, *outcomes: str) -> None:
        """How the next refunds made over the API end (succeeded, pending, requires_action,
        or failed after having succeeded), in order."""
        self.account.refund_outcomes.extend(outcomes)

    def settle_refund(self, refund_id: str) -> None:
        """A refund under way arrives now."""
        with self.world.lock:
            refunds.succeed(self.account, self.account.get("refund", refund_id))

    def fail_refund(self, refund_id: str, reason: str = "expired_or_canceled_card") -> None:
        """A refund fails now, also one that had succeeded; `reason` is its failure_reason."""
        if reason not in refunds.FAILURE_REASONS:
            raise ValueError(f"no failure_reason {reason}")
        with self.world.lock:
            refunds.fail(self.account, self.account.get("refund", refund_id), reason)

    def late_balance_transactions(self, seconds: int) -> None:
        """Charges get their balance transaction only after a while, as with automatic_async."""
        self.account.balance_delay = seconds

    def totals(self, payment_id: str) -> Totals:
        """What a payment's money came to."""
        with self.world.lock:
            payment = self.account.get("payment_intent", payment_id)
            made = [r for r in self.account.of("refund") if r["payment_intent"] == payment_id]
            return Totals(
                currency=payment["currency"],
                authorized=payment["amount_capturable"],
                charged=payment["amount_received"],
                refunded=_sum(made, "succeeded"),
                refund_pending=_sum(made, "pending") + _sum(made, "requires_action"),
                charged_back=self._charged_back(payment_id),
            )

    def _charged_back(self, payment_id: str) -> int:
        taken = 0
        for dispute in self.account.of("dispute"):
            if dispute["payment_intent"] == payment_id:
                taken -= sum(int(row["amount"]) for row in dispute["balance_transactions"])
        return taken

    def all_totals(self) -> dict[str, Totals]:
        """The totals of every payment of the account."""
        ids: list[Any] = [thing["id"] for thing in self.objects("payment_intent")]
        return {id_: self.totals(id_) for id_ in ids}


def _sum(rows: list[Object], status: str) -> int:
    return sum(int(row["amount"]) for row in rows if row["status"] == status)
