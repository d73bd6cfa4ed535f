"""Whether the stored secrets of a connection can be read here at all."""

from __future__ import annotations

from ..models import Connection
from ..models.fields import KeysNotUsable, UnreadableSecret


def unreadable(connection: Connection) -> UnreadableSecret | KeysNotUsable | None:
    """Why the stored secrets cannot be read with the keys of this deployment; None: they can."""
    try:
        _ = connection.credentials
    except (UnreadableSecret, KeysNotUsable) as error:
        return error
    return None
