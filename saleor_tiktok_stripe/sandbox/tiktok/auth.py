"""The seller's consent and the tokens that come of it (reference: OAuth)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from saleor_tiktok_stripe.sandbox.tiktok.clock import SandboxClock
from saleor_tiktok_stripe.sandbox.tiktok.errors import ApiError

ALL_SCOPES = (
    "seller.authorization.info", "seller.shop.info", "seller.order.info",
    "seller.order.ext_ref.read", "seller.order.ext_ref.write", "seller.product.basic",
    "seller.product.write", "seller.product.delete", "seller.fulfillment.basic",
    "seller.fulfillment.package.write", "seller.delivery.status.write", "seller.logistics",
    "seller.return_refund.basic", "seller.finance.info", "seller.customer_service",
    "data.shop_analytics.public.read",
)  # fmt: skip
CODE_LIFE = 30 * 60


@dataclass
class TokenSettings:
    """Lives in seconds, and what the seller grants."""

    access_life: int = 7 * 86_400
    refresh_life: int = 365 * 86_400
    scopes: tuple[str, ...] = ALL_SCOPES


@dataclass
class Grant:
    """One seller's authorization: its present pair of tokens."""

    access_token: str
    access_expires: int
    refresh_token: str
    refresh_expires: int
    scopes: tuple[str, ...]


class Authority:
    """Issues codes and tokens for one app; the newest pair is the only one that works."""

    def __init__(
        self, seed: int, region: str, clock: SandboxClock, shop_numbers: list[int]
    ) -> None:
        self.app_key = f"sbx{hashlib.sha256(f'key-{seed}'.encode()).hexdigest()[:10]}"
        self.app_secret = hashlib.sha256(f"secret-{seed}".encode()).hexdigest()[:40]
        self.service_id = str(7_300_000_000_000_000_000 + seed % 10**9)
        self.open_id = str(7_010_736_000_000_000_000 + seed % 10**9)
        self.region = region
        self.settings = TokenSettings()
        self.shop_numbers = shop_numbers
        self.grant: Grant | None = None
        self._seed = seed
        self._clock = clock
        self._issued = 0
        self._codes: dict[str, int] = {}

    @property
    def _prefix(self) -> str:
        return "TTP_" if self.region == "US" else "ROW_"

    def _secret_text(self, kind: str) -> str:
        self._issued += 1
        text = f"{kind}-{self._seed}-{self._issued}"
        return self._prefix + hashlib.sha256(text.encode()).hexdigest()

    def issue_code(self) -> str:
        """An auth code: works once, within 30 minutes."""
        code = self._secret_text("code")
        self._codes[code] = self._clock.now() + CODE_LIFE
        return code

    def exchange(self, app_key: str, app_secret: str, code: str, grant_type: str) -> dict[str, Any]:
        """Tokens for an auth code; ApiError 36004004 when it is used, old or unknown."""
        self._check_app(app_key, app_secret)
        if grant_type != "authorized_code":
            raise ApiError(98001004, "grant_type is invalid")
        expires = self._codes.pop(code, 0)
        if expires <= self._clock.now():
            raise ApiError(36004004, "auth_code is invalid, used or expired")
        now = self._clock.now()
        return self._answer(self._new_grant(now + self.settings.refresh_life))

    def refresh(self, app_key: str, app_secret: str, token: str, grant_type: str) -> dict[str, Any]:
        """A new pair for the present refresh token; the former pair stops working."""
        self._check_app(app_key, app_secret)
        if grant_type not in {"refresh_token", "authorized_code"}:
            raise ApiError(98001004, "grant_type is invalid")
        grant = self.grant
        if grant is None or token != grant.refresh_token:
            raise ApiError(36004005, "no authorization record for this refresh_token")
        if grant.refresh_expires <= self._clock.now():
            raise ApiError(36004001, "refresh_token is expired")
        return self._answer(self._new_grant(grant.refresh_expires, grant.scopes))

    def _check_app(self, app_key: str, app_secret: str) -> None:
        if app_key != self.app_key or app_secret != self.app_secret:
            raise ApiError(98001004, "app_key or app_secret is invalid")

    def _new_grant(self, refresh_expires: int, scopes: tuple[str, ...] | None = None) -> Grant:
        self.grant = Grant(
            access_token=self._secret_text("access"),
            access_expires=min(self._clock.now() + self.settings.access_life, refresh_expires),
            refresh_token=self._secret_text("refresh"),
            refresh_expires=refresh_expires,
            scopes=self.settings.scopes if scopes is None else scopes,
        )
        return self.grant

    def _answer(self, grant: Grant) -> dict[str, Any]:
        return {
            "access_token": grant.access_token,
            "access_token_expire_in": grant.access_expires,
            "refresh_token": grant.refresh_token,
            "refresh_token_expire_in": grant.refresh_expires,
            "open_id": self.open_id,
            "seller_name": "Sandbox seller",
            "seller_base_region": self.region,
            "user_type": 0,
            "granted_scopes": list(grant.scopes),
        }

    def check(self, token: str, scope: str) -> None:
        """Let a call pass; ApiError for an unknown or expired token or a missing scope."""
        grant = self.grant
        if grant is None or token != grant.access_token:
            raise ApiError(36009004, "The x-tts-access-token header is invalid")
        if grant.access_expires <= self._clock.now():
            raise ApiError(105002, "The access token is expired", 401)
        if scope and scope not in grant.scopes:
            raise ApiError(105005, f"The access token lacks the scope {scope}", 401)

    def withdraw(self) -> None:
        """End the authorization, from either side."""
        self.grant = None
        self._codes.clear()
