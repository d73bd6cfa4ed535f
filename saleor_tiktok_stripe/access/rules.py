"""Rules, named after what they open, and the one place where they are checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..errors import ChannelError
from ..saleor_api.requestors import Requestor


@dataclass(frozen=True)
class Rule:
    """Saleor's permissions that something takes: all of ``all_of`` and, where there are some, one
    of ``any_of``; ``public``: none."""

    all_of: frozenset[str] = frozenset()
    any_of: frozenset[str] = frozenset()
    public: bool = False

    @property
    def words(self) -> str:
        """As it is said to people: ``MANAGE_ORDERS and HANDLE_PAYMENTS``."""
        if self.public:
            return "none"
        return " and ".join(sorted(self.all_of)) or " or ".join(sorted(self.any_of))


class Denied(ChannelError):
    """Not for whoever asks: ``SIGN_IN_REQUIRED``, ``PERMISSION_DENIED``, ``CHANNEL_DENIED``."""


PUBLIC: Final = Rule(public=True)
HEALTH: Final = Rule(any_of=frozenset({"MANAGE_PLUGINS", "MANAGE_ORDERS"}))
SETTINGS: Final = Rule(frozenset({"MANAGE_PLUGINS"}))
ORDERS: Final = Rule(frozenset({"MANAGE_ORDERS"}))
CARRIERS: Final = Rule(any_of=frozenset({"MANAGE_PLUGINS", "MANAGE_ORDERS"}))
CARRIER_LINKS: Final = Rule(frozenset({"MANAGE_PLUGINS"}))
"""Which carrier a name means is a setting of the channel, as its default carrier is."""
CATALOG: Final = Rule(frozenset({"MANAGE_PRODUCTS"}))
MONEY: Final = Rule(frozenset({"HANDLE_PAYMENTS"}))
CASES: Final = Rule(frozenset({"MANAGE_ORDERS"}))
CASE_ANSWERS: Final = Rule(frozenset({"MANAGE_ORDERS", "HANDLE_PAYMENTS"}))
INSIGHTS: Final = Rule(frozenset({"MANAGE_ORDERS"}))
PRIVACY: Final = Rule(frozenset({"MANAGE_ORDERS", "MANAGE_USERS"}))


def check(rule: Rule, who: Requestor, channel_slug: str) -> None:
    """Raises ``Denied`` unless ``who`` may do what ``rule`` opens in this channel. Only staff and
    apps ever may; an app serves all channels, as everywhere in Saleor."""
    if rule.public:
        return
    if who.kind == "anonymous":
        raise Denied("SIGN_IN_REQUIRED", "Sign in first, as staff or with an app's token.")
    if not _holds(rule, who):
        raise Denied("PERMISSION_DENIED", f"This takes the permission {rule.words} in Saleor.")
    if who.channels is not None and channel_slug not in who.channels:
        raise Denied("CHANNEL_DENIED", "Your account in Saleor may not work on this channel.")


def allows(rule: Rule, who: Requestor, channel_slug: str) -> bool:
    """``check`` as an answer."""
    try:
        check(rule, who, channel_slug)
    except Denied:
        return False
    return True


def _holds(rule: Rule, who: Requestor) -> bool:
    if who.kind not in ("staff", "app"):
        return False
    some = not rule.any_of or bool(rule.any_of & who.permissions)
    return rule.all_of <= who.permissions and some
