"""Single-use, expiring proofs: the OAuth ``state``, and the signed tickets of our own pages.

A state is a random value whose hash is stored until it is redeemed. A ticket is signed and stored
only when it is redeemed, so that showing a settings form with a link in it writes nothing.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from django.core import signing
from django.db import IntegrityError, transaction
from django.utils import timezone

from ..errors import InvalidInput
from ..models import Connection, OAuthState, Vendor

Purpose = Literal["start", "choose"]

STATE_LIFE: Final = timedelta(minutes=30)
TICKET_LIFE: Final = timedelta(minutes=30)
_CONSENT: Final = "consent"
_SALT: Final = "saleor_tiktok_stripe.ticket"

START_AGAIN = "Open the plugin's settings in the Saleor Dashboard and use the connect link there."


@dataclass(frozen=True)
class Redeemed:
    """``actor`` is who asked for the proof."""

    connection: Connection
    actor: str


def mint_state(connection: Connection, actor: str) -> str:
    """A new state for one consent, valid for ``STATE_LIFE``; only its hash is stored."""
    state = secrets.token_urlsafe(32)
    OAuthState.objects.create(
        state_hash=_hash(state),
        purpose=_CONSENT,
        actor=actor,
        connection=connection,
        expires_at=timezone.now() + STATE_LIFE,
    )
    return state


def redeem_state(state: str, vendor: Vendor, channel_slug: str = "") -> Redeemed:
    """Use up a state made for this vendor, and for this channel where one is given, else whichever
    it belongs to. Of two callers at once one succeeds.

    Raises ``InvalidInput``: ``STATE_MISSING``, ``STATE_UNKNOWN``, ``STATE_USED`` or
    ``STATE_EXPIRED``.
    """
    if not state:
        raise InvalidInput(
            "STATE_MISSING",
            f"This visit was not started from Saleor, so nothing was connected. {START_AGAIN}",
        )
    now = timezone.now()
    hashed = _hash(state)
    made = OAuthState.objects.select_related("connection").filter(
        state_hash=hashed, purpose=_CONSENT, connection__vendor=vendor
    )
    if channel_slug:
        made = made.filter(connection__channel_slug=channel_slug)
    proof = made.first()
    # By its own columns alone: of two at once PostgreSQL looks again at those, not at a join.
    unused = OAuthState.objects.filter(state_hash=hashed, used_at=None, expires_at__gt=now)
    if proof is None or not unused.update(used_at=now):
        raise _state_refusal(proof and OAuthState.objects.get(pk=proof.pk), now)
    return Redeemed(proof.connection, proof.actor)


def _state_refusal(proof: OAuthState | None, now: datetime) -> InvalidInput:
    if proof is None:
        return InvalidInput(
            "STATE_UNKNOWN", f"This link was not made here, so nothing was connected. {START_AGAIN}"
        )
    if proof.used_at is not None:
        return InvalidInput(
            "STATE_USED", f"This link was used already; it works only once. {START_AGAIN}"
        )
    return InvalidInput("STATE_EXPIRED", f"This link has expired. {START_AGAIN}")


def mint_ticket(connection: Connection, purpose: Purpose, actor: str) -> str:
    """A signed ticket for one of our own pages, valid once within ``TICKET_LIFE``."""
    held = {"c": connection.pk, "p": purpose, "a": actor, "n": secrets.token_urlsafe(9)}
    return signing.dumps(held, salt=_SALT, compress=True)


def redeem_ticket(
    ticket: str, purpose: Purpose, channel_slug: str, vendor: Vendor = Vendor.TIKTOK
) -> Redeemed:
    """Use up a ticket of this purpose, channel and vendor.

    Raises ``InvalidInput``: ``TICKET_INVALID``, ``TICKET_EXPIRED``, ``TICKET_USED``.
    """
    held = _opened(ticket)
    connection = Connection.objects.filter(
        pk=int(held.get("c") or 0), channel_slug=channel_slug, vendor=vendor
    ).first()
    if connection is None or held.get("p") != purpose:
        raise InvalidInput("TICKET_INVALID", f"This link is not valid here. {START_AGAIN}")
    now = timezone.now()
    try:
        with transaction.atomic():
            OAuthState.objects.create(
                state_hash=_hash(ticket),
                purpose=purpose,
                actor=held.get("a", ""),
                connection=connection,
                expires_at=now + TICKET_LIFE,
                used_at=now,
            )
    except IntegrityError:
        raise InvalidInput(
            "TICKET_USED", f"This link was used already; it works only once. {START_AGAIN}"
        ) from None
    return Redeemed(connection, held.get("a", ""))


def forget_old() -> int:
    """Delete proofs that ended more than a day ago; how many."""
    limit = timezone.now() - timedelta(days=1)
    return OAuthState.objects.filter(expires_at__lt=limit).delete()[0]


def _opened(ticket: str) -> dict[str, Any]:
    try:
        held = signing.loads(ticket, salt=_SALT, max_age=TICKET_LIFE)
    except signing.SignatureExpired:
        raise InvalidInput("TICKET_EXPIRED", f"This link has expired. {START_AGAIN}") from None
    except signing.BadSignature:
        raise InvalidInput("TICKET_INVALID", f"This link is not valid. {START_AGAIN}") from None
    return held if isinstance(held, dict) else {}


def _hash(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
