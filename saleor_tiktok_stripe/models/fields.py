"""Encryption at rest for what must not be readable in a database dump."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models.query_utils import DeferredAttribute

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


class KeysNotUsable(ChannelError, ImproperlyConfigured):
    """No encryption key is set, or one is malformed: nothing is stored rather than stored plain."""

    def __init__(self, message: str) -> None:
        super().__init__("ENCRYPTION_KEYS_NOT_USABLE", message)


def key_id(key: str) -> str:
    """Eight hex digits that name a key without telling it."""
    return hashlib.sha256(key.encode()).hexdigest()[:8]


@lru_cache(maxsize=8)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError as error:
        raise KeysNotUsable(
            "TIKTOK_STRIPE_ENCRYPTION_KEYS holds something that is no Fernet key. Make one with: "
            "saleor-tiktok-stripe new-key"
        ) from error


def usable_keys() -> tuple[str, ...]:
    """The configured keys, first the one that encrypts. Raises ``KeysNotUsable`` without any."""
    keys = tuple(conf.encryption_keys())
    if not keys:
        raise KeysNotUsable(
            "TIKTOK_STRIPE_ENCRYPTION_KEYS is not set. Make a key with: "
            "saleor-tiktok-stripe new-key"
        )
    return keys


def encrypt(plain: str) -> str:
    """``<id of the first key>:<Fernet token>``."""
    keys = usable_keys()
    return f"{key_id(keys[0])}:{_cipher(keys).encrypt(plain.encode()).decode()}"


def decrypt(stored: str) -> str:
    """Raises ``UnreadableSecret`` when no configured key fits."""
    token = stored.partition(":")[2]
    try:
        return _cipher(usable_keys()).decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise UnreadableSecret from error


if TYPE_CHECKING:
    _TextField = models.TextField[Any, Any]
else:
    _TextField = models.TextField


@dataclass(frozen=True)
class Sealed:
    """A value as stored, not decrypted yet. What ``values()`` and ``values_list()`` give."""

    stored: str = field(repr=False)

    @property
    def key_id(self) -> str:
        """Which key it was encrypted with."""
        return self.stored.partition(":")[0]


class _OpenedOnRead(DeferredAttribute):
    """Decrypts when the attribute is read: rows can be listed, and other fields saved, even where
    one secret cannot be read any more."""

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        value = super().__get__(instance, cls)
        if isinstance(value, Sealed):
            value = self.field.to_python(decrypt(value.stored))
            instance.__dict__[self.field.attname] = value
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        # Without it the instance's own dictionary would hide this descriptor.
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(_TextField):
    """Text that only exists encrypted in the database. Cannot be searched.

    Reading the attribute raises ``UnreadableSecret`` when no configured key fits. Saving a row
    whose secret was not read writes back what was stored.
    """

    descriptor_class = _OpenedOnRead

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        held = model_instance.__dict__.get(self.attname)
        return held if isinstance(held, Sealed) else super().pre_save(model_instance, add)

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, Sealed):
            return value.stored
        return None if value is None else encrypt(self.to_text(value))

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return None if value is None else Sealed(value)

    def to_text(self, value: Any) -> str:
        """The text that is encrypted."""
        return str(value)


class EncryptedJSONField(EncryptedTextField):
    """A JSON object that only exists encrypted in the database."""

    def to_python(self, value: Any) -> Any:
        return json.loads(value) if isinstance(value, str) else value

    def to_text(self, value: Any) -> str:
        return json.dumps(value, separators=(",", ":"))
