"""Ids of nodes: type and key, as everywhere in Saleor."""

from __future__ import annotations

import base64
import binascii

from ...errors import InvalidInput


def global_id(type_name: str, key: object) -> str:
    """The id that the API shows."""
    return base64.b64encode(f"{type_name}:{key}".encode()).decode()


def key_of(type_name: str, given: str, field: str = "id") -> str:
    """The key in an id. Raises ``InvalidInput`` (``ID_UNKNOWN``) for another type's, and for what
    is no id."""
    try:
        found, _, key = base64.b64decode(given.encode(), validate=True).decode().partition(":")
    except (ValueError, binascii.Error, UnicodeError):
        found, key = "", ""
    if found != type_name or not key:
        raise InvalidInput("ID_UNKNOWN", f"This is no id of a {type_name}.", field=field)
    return key
