"""Encryption at rest for what must not be readable in a database dump."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.core.exceptions import ImproperlyConfigured
from django.db import models

from .. import conf
from ..errors import ChannelError


class UnreadableSecret(ChannelError):
    """A stored secret fits none of the configured keys: never treated as empty or as plain text."""

    def __init__(self) -> None:
        super().__init__(
            "SECRET_UNREADABLE",
            "A stored secret cannot be decrypted with the configured encryption keys. Put the key "
            "that was used before back into TIKTOK_STRIPE_ENCRYPTION_KEYS (after the new one).",
        )


def key_id(key: str) -> str:
    """Eight hex digits that name a key without telling it."""
    return hashlib.sha256(key.encode()).hexdigest()[:8]


@lru_cache(maxsize=8)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError as error:
        raise ImproperlyConfigured(
            "TIKTOK_STRIPE_ENCRYPTION_KEYS holds something that is no Fernet key. Make one with: "
            "saleor-tiktok-stripe new-key"
        ) from error


def _keys() -> tuple[str, ...]:
    keys = tuple(conf.encryption_keys())
    if not keys:
        raise ImproperlyConfigured(
            "TIKTOK_STRIPE_ENCRYPTION_KEYS is not set. Make a key with: "
            "saleor-tiktok-stripe new-key"
        )
    return keys


def encrypt(plain: str) -> str:
    """``<id of the first key>:<Fernet token>``."""
    keys = _keys()
    return f"{key_id(keys[0])}:{_cipher(keys).encrypt(plain.encode()).decode()}"


def decrypt(stored: str) -> str:
    """Raises ``UnreadableSecret`` when no configured key fits."""
    token = stored.partition(":")[2]
    try:
        return _cipher(_keys()).decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise UnreadableSecret from error


class EncryptedTextField(models.TextField):
    """Text that only exists encrypted in the database. Cannot be searched."""

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else encrypt(str(value))

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return None if value is None else decrypt(value)


class EncryptedJSONField(models.TextField):
    """A JSON object that only exists encrypted in the database."""

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else encrypt(json.dumps(value, separators=(",", ":")))

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return None if value is None else json.loads(decrypt(value))
