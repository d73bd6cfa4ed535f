"""SKU links: which Saleor variant a marketplace SKU sells."""

from .jobs import refresh_links
from .links import (
    Resolution,
    keys_of,
    link,
    recheck_missing,
    resolve_all,
    unlink,
    waiting_key,
)
from .types import VariantRef

__all__ = [
    "Resolution",
    "VariantRef",
    "keys_of",
    "link",
    "recheck_missing",
    "refresh_links",
    "resolve_all",
    "unlink",
    "waiting_key",
]
