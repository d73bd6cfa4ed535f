"""Who asks something of us, as Saleor knows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal


@dataclass(frozen=True)
class Requestor:
    """A person or an app. ``id`` is Saleor's; ``name`` (staff: e-mail, app: its name) is what
    services and the audit log call the actor. ``permissions`` by Saleor's own names
    (``MANAGE_ORDERS``). ``channels``: slugs that a staff user is restricted to; None: all.
    """

    kind: Literal["anonymous", "customer", "staff", "app"]
    id: str = ""
    name: str = ""
    permissions: frozenset[str] = frozenset()
    channels: frozenset[str] | None = None


ANONYMOUS: Final = Requestor("anonymous")


@dataclass(frozen=True)
class SignedIn:
    """What Saleor gives for an e-mail address and a password. ``access`` lives for minutes,
    ``refresh`` makes new ones."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    requestor: Requestor
