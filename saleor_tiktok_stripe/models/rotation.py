"""Changing the encryption keys without stopping anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from django.apps import apps
from django.db import connection as database
from django.db import models, transaction

from .fields import (
    EncryptedTextField,
    Sealed,
    UnreadableSecret,
    decrypt,
    encrypt,
    key_id,
    usable_keys,
)

_BATCH = 500


@dataclass(frozen=True)
class Rotation:
    """``changed`` values have the first key now. ``unreadable``: how many fit no configured key and
    were left as they are, by where they are (``connection.credentials``)."""

    changed: int
    unreadable: Mapping[str, int]


def rotate_keys() -> Rotation:
    """Encrypt every stored secret with the first configured key.

    Put the new key first in ``TIKTOK_STRIPE_ENCRYPTION_KEYS``, restart, run this, then remove the
    old key. Works in short transactions beside running workers, and can be repeated. Raises
    ``KeysNotUsable``.
    """
    unreadable: Counter[str] = Counter()
    changed = sum(
        _rotate_column(model, column, unreadable)
        for model in apps.get_app_config("saleor_tiktok_stripe").get_models()
        for column in model._meta.local_fields
        if isinstance(column, EncryptedTextField)
    )
    return Rotation(changed, dict(unreadable))


def _rotate_column(
    model: type[models.Model], column: EncryptedTextField, unreadable: Counter[str]
) -> int:
    current = key_id(usable_keys()[0])
    rows = model._default_manager.exclude(**{f"{column.attname}__isnull": True}).order_by("pk")
    changed = 0
    last = 0
    while True:
        with transaction.atomic():
            page = list(
                rows.filter(pk__gt=last)
                .select_for_update()
                .values_list("pk", column.attname)[:_BATCH]
            )
            stale = [(pk, sealed) for pk, sealed in page if sealed.key_id != current]
            renewed = [(new, pk) for pk, sealed in stale if (new := _renewed(sealed))]
            _write(model, column, renewed)
        if not page:
            return changed
        changed += len(renewed)
        if len(renewed) < len(stale):
            unreadable[f"{model._meta.model_name}.{column.name}"] += len(stale) - len(renewed)
        last = page[-1][0]


def _renewed(sealed: Sealed) -> str:
    """As stored under the first key; "" where no key fits: that keeps the others from nothing."""
    try:
        return encrypt(decrypt(sealed.stored))
    except UnreadableSecret:
        return ""


def _write(
    model: type[models.Model], column: EncryptedTextField, renewed: list[tuple[str, int]]
) -> None:
    quote = database.ops.quote_name
    table, name = quote(model._meta.db_table), quote(column.column)
    with database.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {table} SET {name} = %s WHERE id = %s",  # noqa: S608  (our own names)
            renewed,
        )
