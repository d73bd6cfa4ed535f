"""What the shop lists: which Saleor variant a marketplace SKU sells, how many of it may be sold,
and what it costs there."""

from .asking import push_prices, push_stock
from .attention import attention
from .explaining import Explanation, PriceExplanation, explain
from .jobs import refresh_links
from .levels import due
from .links import (
    Resolution,
    keys_of,
    link,
    recheck_missing,
    resolve_all,
    unlink,
    waiting_key,
)
from .types import Change, VariantRef
from .waiting import Held, no_longer_waiting, note_waiting

__all__ = [
    "Change",
    "Explanation",
    "Held",
    "PriceExplanation",
    "Resolution",
    "VariantRef",
    "attention",
    "due",
    "explain",
    "keys_of",
    "link",
    "no_longer_waiting",
    "note_waiting",
    "push_prices",
    "push_stock",
    "recheck_missing",
    "refresh_links",
    "resolve_all",
    "unlink",
    "waiting_key",
]
