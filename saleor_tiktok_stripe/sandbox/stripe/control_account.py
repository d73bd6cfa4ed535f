"""Controls of the account itself: requirements, restrictions, webhook endpoints and secrets."""

from __future__ import annotations

from collections.abc import Sequence

from saleor_tiktok_stripe.sandbox.stripe.api_account import requirements
from saleor_tiktok_stripe.sandbox.stripe.api_webhooks import KIND, add_endpoint
from saleor_tiktok_stripe.sandbox.stripe.control_base import ControlBase
from saleor_tiktok_stripe.sandbox.stripe.events import emit
from saleor_tiktok_stripe.sandbox.stripe.money import DAY
from saleor_tiktok_stripe.sandbox.stripe.world import API_VERSION, Object

_DOCUMENT = "individual.verification.document"


def _state(due: str, now: int) -> tuple[bool, bool, Object]:
    """Charges enabled, payouts enabled, requirements: what each word means."""
    none = requirements()
    documents = {"currently_due": [_DOCUMENT], "eventually_due": [_DOCUMENT]}
    states: dict[str, tuple[bool, bool, Object]] = {
        "ok": (True, True, none),
        "due": (True, True, {**none, **documents, "current_deadline": now + 14 * DAY}),
        "payouts_off": (
            True,
            False,
            {
                **none,
                **documents,
                "past_due": [_DOCUMENT],
                "disabled_reason": "requirements.past_due",
            },
        ),
        "past_due": (
            False,
            False,
            {
                **none,
                **documents,
                "past_due": [_DOCUMENT],
                "disabled_reason": "requirements.past_due",
            },
        ),
        "under_review": (
            False,
            False,
            {**none, "pending_verification": [_DOCUMENT], "disabled_reason": "under_review"},
        ),
        "rejected": (False, False, {**none, "disabled_reason": "rejected.fraud"}),
    }
    if due not in states:
        raise ValueError(f"no state {due}; there are: {', '.join(states)}")
    return states[due]


class AccountControls(ControlBase):
    """What happens to the account at Stripe."""

    def account_state(self, state: str) -> None:
        """ok, due (until a deadline), payouts_off, past_due, under_review or rejected; tells it
        with `account.updated` and, when charging changes, `capability.updated`."""
        with self.world.lock:
            profile = self.account.profile
            former = profile["charges_enabled"]
            charges, payouts, needs = _state(state, self.account.now())
            word = "active" if charges else "inactive"
            profile.update(
                charges_enabled=charges,
                payouts_enabled=payouts,
                requirements=needs,
                capabilities={"card_payments": word, "transfers": word},
            )
            emit(self.account, "account.updated", profile, {"charges_enabled": former})
            if former != charges:
                emit(self.account, "capability.updated", self._capability(word))

    def _capability(self, status: str) -> Object:
        profile = self.account.profile
        return {
            "id": "card_payments",
            "object": "capability",
            "account": self.account.id,
            "future_requirements": requirements(),
            "requested": True,
            "requested_at": profile["created"],
            "requirements": profile["requirements"],
            "status": status,
        }

    def add_endpoint(
        self, url: str, events: Sequence[str] = ("*",), *, connect: bool = False
    ) -> str:
        """An endpoint made in the dashboard; returns its secret."""
        with self.world.lock:
            _, secret = add_endpoint(
                self.account, url, events, api_version=API_VERSION, connect=connect
            )
            return secret

    def endpoint_id(self, url: str = "") -> str:
        """The id of the newest endpoint (with this URL)."""
        found = [e for e in self.objects(KIND) if url in ("", e["url"])]
        if not found:
            raise KeyError(f"no endpoint {url}")
        return str(found[-1]["id"])

    def roll_secret(self, endpoint_id: str = "", keep: int = DAY) -> str:
        """A new secret; for `keep` seconds both sign. Returns the new one."""
        with self.world.lock:
            account = self.account
            note = account.note(endpoint_id or self.endpoint_id())
            until = account.now() + keep
            secret = account.new_id("whsec", 32)
            note["secrets"] = [(secret, None), (note["secrets"][0][0], until)]
            return secret

    def disable_endpoint(self, endpoint_id: str = "") -> None:
        """Stripe gives up on an endpoint that failed for long."""
        with self.world.lock:
            id_ = endpoint_id or self.endpoint_id()
            self.account.get(KIND, id_)["status"] = "disabled"
