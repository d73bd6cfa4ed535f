"""Controls of payouts, of features an account may lack, and of the consent page."""

from __future__ import annotations

from typing import Any

from saleor_tiktok_stripe.sandbox.stripe import oauth, payouts
from saleor_tiktok_stripe.sandbox.stripe.api_payment_records import FEATURES
from saleor_tiktok_stripe.sandbox.stripe.control_base import ControlBase


class PayoutControls(ControlBase):
    """Money on its way to the merchant's bank."""

    def pay_out(self, arrives_after: int = payouts.ARRIVES_AFTER) -> list[str]:
        """The automatic payouts of now: ids, one per currency in which something is available."""
        with self.world.lock:
            return [one["id"] for one in payouts.pay_out(self.account, arrives_after)]

    def pay_out_by_hand(self, amount: int, currency: str = "") -> str:
        """A payout that the merchant asked for; returns its id."""
        with self.world.lock:
            made = payouts.pay_out_by_hand(self.account, amount, currency or self.account.currency)
            return str(made["id"])

    def fail_payout(
        self,
        payout: str,
        code: str = "account_closed",
        message: str = "The bank account has been closed.",
    ) -> None:
        """The bank sends a payout back."""
        with self.world.lock:
            payouts.fail(self.account, self.account.get("payout", payout), code, message)


class ConnectControls(ControlBase):
    """This account as a platform, and as one that lets platforms act for it."""

    @property
    def client_id(self) -> str:
        """`ca_…` of this account as a platform."""
        with self.world.lock:
            return oauth.platform(self.account).client_id

    def platform(
        self,
        *,
        redirect_uris: list[str] | None = None,
        auto_approve: bool | None = None,
        signed_in: str = "",
    ) -> dict[str, Any]:
        """Set and show what the consent page knows: addresses registered (none: any is taken),
        whether it approves by itself, and which account's owner looks at it."""
        with self.world.lock:
            known = oauth.platform(self.account)
            if redirect_uris is not None:
                known.redirect_uris = list(redirect_uris)
            if auto_approve is not None:
                known.auto_approve = auto_approve
            if signed_in:
                known.signed_in = self.world.account(signed_in, self.account.livemode)
            return {
                "client_id": known.client_id,
                "redirect_uris": list(known.redirect_uris),
                "auto_approve": known.auto_approve,
                "signed_in": known.merchant().id,
            }

    def oauth_code(self, scope: str = "read_write") -> str:
        """A code as the consent page gives it."""
        with self.world.lock:
            return oauth.platform(self.account).issue_code(scope)

    def end_consent(self, platform: str) -> None:
        """The owner of this account ends a platform's access in Stripe's dashboard."""
        with self.world.lock:
            owner = self.world.account(platform, self.account.livemode)
            oauth.platform(owner).end(self.account.id)

    def payment_records(self, on: bool) -> None:  # noqa: FBT001
        """Let the account have Payment Records, or not."""
        self.account.note(FEATURES)["payment_records"] = on
