"""The channel that is asked about."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ... import accounts
from ...access import Rule, allows
from ...errors import InvalidInput
from ...models import Connection, Vendor
from ...saleor_api.requestors import ANONYMOUS, Requestor
from .asking import asking_of, serves
from .limits import spend


@dataclass
class Shop:
    """A channel with the plugin on, as the root of everything that is asked about it."""

    channel_slug: str
    who: Requestor = ANONYMOUS

    def may(self, rule: Rule) -> bool:
        """Whether whoever asks may do what ``rule`` opens, too."""
        return allows(rule, self.who, self.channel_slug)

    @cached_property
    def connections(self) -> list[Connection]:
        """In any state: TikTok's first, then Stripe's; none before anything was set up."""
        return accounts.channel_connections(self.channel_slug)

    def of_vendor(self, vendor: Vendor | str) -> list[Connection]:
        """One, or none where nothing was set up."""
        return [one for one in self.connections if one.vendor == vendor]

    def connection(self, vendor: Vendor | str = Vendor.TIKTOK) -> Connection:
        """Raises ``InvalidInput`` (``NOT_CONFIGURED``)."""
        return accounts.find_connection(self.channel_slug, vendor)


def shop_of(info: Any, channel: str | None) -> Shop:
    """The channel named, or the address's own. Raises ``InvalidInput``: ``CHANNEL_REQUIRED``, or
    ``CHANNEL_UNKNOWN`` for one where the plugin is off, or that is not the address's."""
    asking = asking_of(info)
    spend(info, asking)
    slug = channel or asking.channel_slug
    if not slug:
        raise InvalidInput("CHANNEL_REQUIRED", "Say which channel it is about.", field="channel")
    if asking.channel_slug not in ("", slug) or not (asking.channel_slug or serves(slug)):
        raise InvalidInput(
            "CHANNEL_UNKNOWN",
            f"The plugin is not on in channel {slug}, or this address is another channel's.",
            field="channel",
        )
    return Shop(slug, asking.who)
