"""Controls of disputes: what banks and buyers do."""

from __future__ import annotations

from typing import Any

from saleor_tiktok_stripe.sandbox.stripe import api_disputes, disputes, refunds
from saleor_tiktok_stripe.sandbox.stripe.control_base import ControlBase
from saleor_tiktok_stripe.sandbox.stripe.dispute_rules import Opening
from saleor_tiktok_stripe.sandbox.stripe.events import copied, emit
from saleor_tiktok_stripe.sandbox.stripe.world import Object


class DisputeControls(ControlBase):
    """Disputes and early fraud warnings. A charge is named by its id or its payment intent's."""

    def dispute(
        self,
        charge: str,
        *,
        reason: str = "fraudulent",
        inquiry: bool = False,
        amount: int | None = None,
        code: str = "",
        due_in: int | None = None,
    ) -> str:
        """The buyer disputes what was taken and not refunded, or `amount` of it; returns the id.

        `code`: the network's own (default: that of the reason). `due_in`: seconds to answer
        (default 21 days), 0 for a dispute that takes no answer.
        """
        case = "inquiry" if inquiry else "chargeback"
        opening = Opening(reason, case, code)
        with self.world.lock:
            found = self._charge(charge)
            sum_ = disputes.left_to_dispute(self.account, found) if amount is None else amount
            made = disputes.start(self.account, found, opening, sum_, due_in)
            return str(made["id"])

    def prevented_dispute(self, charge: str, *, reason: str = "fraudulent") -> str:
        """A dispute that the network settled before it began; no money moves. Returns its id."""
        with self.world.lock:
            id_ = self.dispute(charge, reason=reason, inquiry=True)
            self.decide(id_, "prevented")
            return id_

    def decide(self, dispute: str, status: str) -> None:
        """Bring a dispute into another state: `won`, `lost`, `warning_closed`, `prevented`,
        `needs_response` (an inquiry escalates), `under_review`, `appeal_needs_response`. A lost
        one may become `won`. ValueError when the state cannot follow the present one."""
        with self.world.lock:
            disputes.become(self.account, self.account.get("dispute", dispute), status)

    def escalate(self, dispute: str, *, refunds_fail: bool = False) -> None:
        """An inquiry becomes a chargeback. With `refunds_fail` what was refunded meanwhile fails
        (`charge_for_pending_refund_disputed`); without, the merchant has paid twice."""
        with self.world.lock:
            self.decide(dispute, "needs_response")
            charge = self.account.get("dispute", dispute)["charge"]
            made = [one for one in self.account.of("refund") if one["charge"] == charge]
            for refund in made if refunds_fail else ():
                refunds.fail(self.account, refund, "charge_for_pending_refund_disputed")

    def smart_dispute(self, dispute: str) -> None:
        """Let Stripe itself answer at the due date."""
        with self.world.lock:
            found = self.account.get("dispute", dispute)
            previous = {"intended_submission_method": found["intended_submission_method"]}
            found["intended_submission_method"] = "smart_disputes"
            emit(self.account, "charge.dispute.updated", found, previous)

    def fraud_warning(self, charge: str, fraud_type: str = "unauthorized_use_of_card") -> str:
        """The bank warns of a charge; returns the warning's id."""
        with self.world.lock:
            return str(api_disputes.warn(self.account, self._charge(charge), fraud_type)["id"])

    def dispute_now(self, dispute: str) -> dict[str, Any]:
        """A dispute as it is now."""
        with self.world.lock:
            now: dict[str, Any] = copied(self.account.get("dispute", dispute))
            return now

    def file_content(self, file: str) -> bytes:
        """The bytes of an uploaded file; the API never gives them."""
        content: bytes = self.account.note(self.account.get("file", file)["id"])["content"]
        return content

    def _charge(self, id_: str) -> Object:
        intent = self.account.find("payment_intent", id_)
        return self.account.get("charge", intent["latest_charge"] if intent else id_)
