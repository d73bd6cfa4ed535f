"""What an API key says about itself by its prefix."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_KEY = re.compile(r"(sk|rk|pk)_(test|live)_[A-Za-z0-9_]{8,}")


class KeyKind(StrEnum):
    SECRET = "secret"  # noqa: S105 (a kind of key)
    RESTRICTED = "restricted"
    PUBLISHABLE = "publishable"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class KeyInfo:
    """``livemode`` is None where the key does not tell. Sandbox keys are test keys."""

    kind: KeyKind
    livemode: bool | None


_KINDS = {"sk": KeyKind.SECRET, "rk": KeyKind.RESTRICTED, "pk": KeyKind.PUBLISHABLE}


def key_kind(text: str) -> KeyInfo:
    """Kind and mode of an API key. A form that is not known is ``UNKNOWN``: a reason to warn, not
    to refuse, since Stripe has added forms before."""
    found = _KEY.fullmatch(text)
    if found is None:
        return KeyInfo(KeyKind.UNKNOWN, None)
    return KeyInfo(_KINDS[found.group(1)], found.group(2) == "live")


def well_formed(text: str) -> bool:
    """Whether ``text`` can be sent as a key at all: printable ASCII without spaces."""
    return bool(text) and text.isascii() and text.isprintable() and " " not in text
