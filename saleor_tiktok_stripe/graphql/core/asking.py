"""Who asks, through which address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from graphql import GraphQLError

from ...access import ip_of
from ...errors import ChannelError
from ...saleor_api import get_saleor, runs_inside_saleor
from ...saleor_api.requestors import Requestor
from .errors import top_level

_KEPT: Final = "tiktok_stripe_asking"


@dataclass
class Asking:
    """One request. ``channel_slug`` is the address's own ("" at Saleor's); ``ip`` where it came
    from, as far as that is known. ``counted`` is the operation whose cost was taken out of the
    asker's budget last, ``refused`` why it may not be done."""

    who: Requestor
    channel_slug: str = ""
    ip: str = ""
    counted: object = None
    refused: GraphQLError | None = None


class Context:
    """What resolvers get at the plugin's own address; at Saleor's it is Saleor's context."""

    def __init__(self, asking: Asking) -> None:
        setattr(self, _KEPT, asking)


def asking_of(info: Any) -> Asking:
    """The request behind a resolver's ``info``, at either address. Raises ``ApiError`` where Saleor
    does not take its token, which it does not look at before somebody asks for its user."""
    found = getattr(info.context, _KEPT, None)
    if isinstance(found, Asking):
        return found
    if not runs_inside_saleor():
        raise TypeError("a context of nobody's")
    from ...saleor_api.in_process.requestors import requestor_of

    try:
        made = Asking(requestor_of(info.context), ip=ip_of(info.context))
    except ChannelError as error:
        raise top_level(error) from None
    setattr(info.context, _KEPT, made)
    return made


def serves(channel_slug: str) -> bool:
    """Whether the plugin is on in a channel."""
    return get_saleor().plugin_active(channel_slug)
