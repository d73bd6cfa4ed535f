"""Consent: which account lets which platform act for it (the Stripe sheet, 1.3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from saleor_tiktok_stripe.sandbox.stripe import hooks
from saleor_tiktok_stripe.sandbox.stripe.errors import StripeError
from saleor_tiktok_stripe.sandbox.stripe.events import emit
from saleor_tiktok_stripe.sandbox.stripe.world import Account, Key, Object, World, letters

CODE_LIFE = 5 * 60
SCOPES = ("read_only", "read_write")


class OAuthError(StripeError):
    """A refusal in the shape of OAuth: `error` is a word and `error_description` a sentence."""

    def __init__(self, word: str, sentence: str) -> None:
        super().__init__(400, message=sentence, stored=False)
        self.word = word

    def body(self) -> dict[str, Any]:
        """The body of the answer."""
        return {"error": self.word, "error_description": self.message}


@dataclass
class Code:
    """A code that may be exchanged once, and what came of it."""

    account: Account
    scope: str
    expires: int
    token: str = ""


@dataclass
class Platform:
    """What an account has as a platform. `signed_in` consents on the page; made when needed.

    `redirect_uris`: those registered; while there is none, any is taken.
    """

    account: Account
    client_id: str
    redirect_uris: list[str] = field(default_factory=list)
    auto_approve: bool = False
    signed_in: Account | None = None
    codes: dict[str, Code] = field(default_factory=dict)
    refresh: dict[str, Code] = field(default_factory=dict)
    tokens: dict[str, list[str]] = field(default_factory=dict)

    def merchant(self) -> Account:
        """The account whose owner looks at the page."""
        if self.signed_in is None:
            own = self.account
            self.signed_in = own.world.add_account(own.country, own.currency, own.livemode)
            hooks.account_made(self.signed_in)
        return self.signed_in

    def issue_code(self, scope: str) -> str:
        """The owner consents: a code, good once and for five minutes."""
        text = self.account.new_id("ac", 32)
        self.codes[text] = Code(self.merchant(), scope, self.account.now() + CODE_LIFE)
        return text

    def exchange(self, text: str) -> Object:
        """Tokens for a code; from here on the platform may name the account in Stripe-Account."""
        code = self.codes.get(text)
        if code is None:
            raise OAuthError("invalid_grant", f"Authorization code does not exist: {text}")
        if code.token:
            self.account.world.keys.pop(code.token, None)
            raise OAuthError(
                "invalid_grant",
                "This authorization code has already been used. All tokens issued with this code "
                "have been revoked.",
            )
        if code.expires <= self.account.now():
            raise OAuthError("invalid_grant", f"Authorization code expired: {text}")
        self.account.world.connected[self.account.id, self.account.livemode].add(code.account.id)
        answer = self._tokens(code)
        code.token = answer["access_token"]
        return answer

    def renew(self, text: str) -> Object:
        """Another access token for a refresh token."""
        code = self.refresh.get(text)
        if code is None:
            raise OAuthError("invalid_grant", f"Refresh token does not exist: {text}")
        return self._tokens(code)

    def _tokens(self, code: Code) -> Object:
        world, account = self.account.world, code.account
        token = world.add_key(account, "secret").text
        self.tokens.setdefault(account.id, []).append(token)
        refresh = self.account.new_id("rt", 32)
        self.refresh[refresh] = code
        return {
            "access_token": token,
            "livemode": account.livemode,
            "refresh_token": refresh,
            "scope": code.scope,
            "stripe_publishable_key": _publishable(world, account).text,
            "stripe_user_id": account.id,
            "token_type": "bearer",
        }

    def end(self, account_id: str) -> None:
        """The end of a consent, from either side: tokens die, the platform is told."""
        world, own = self.account.world, self.account
        if account_id not in world.connected[own.id, own.livemode]:
            raise OAuthError(
                "invalid_client",
                f"This application is not connected to stripe account {account_id}, or that "
                "account does not exist.",
            )
        application = {"id": self.client_id, "object": "application", "name": own.id}
        emit(world.account(account_id, own.livemode), APPLICATION_ENDED, application)
        world.connected[own.id, own.livemode].discard(account_id)
        for token in self.tokens.pop(account_id, []):
            world.keys.pop(token, None)
        self.refresh = {
            text: code for text, code in self.refresh.items() if code.account.id != account_id
        }


APPLICATION_ENDED = "account.application.deauthorized"


def _publishable(world: World, account: Account) -> Key:
    found = (key for key in account.keys if key.kind == "publishable")
    return next(found, None) or world.add_key(account, "publishable")


def platform(account: Account) -> Platform:
    """An account as a platform; each mode has a client id of its own."""
    note = account.note("platform")
    if "it" not in note:
        seed = f"{account.world.options.seed}/{account.id}/{account.livemode}/client"
        note["it"] = Platform(account, f"ca_{letters(seed, 32)}")
    found: Platform = note["it"]
    return found


def by_client_id(world: World, client_id: str) -> Platform | None:
    """The platform with this client id."""
    found = (platform(account) for account in world.accounts.values())
    return next((one for one in found if one.client_id == client_id), None)
