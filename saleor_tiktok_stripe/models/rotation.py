"""Changing the encryption keys without stopping anything."""

from __future__ import annotations

from django.apps import apps
from django.db import connection as database
from django.db import models, transaction

from .fields import EncryptedTextField, Sealed, decrypt, encrypt, key_id, usable_keys

_BATCH = 500


def rotate_keys() -> int:
    """Encrypt every stored secret with the first configured key; returns how many were changed.

    Put the new key first in ``TIKTOK_STRIPE_ENCRYPTION_KEYS``, restart, run this, then remove the
    old key. Works in short transactions beside running workers, and can be repeated. Raises
    ``UnreadableSecret`` when a value fits no key; what was changed before stays changed.
    """
    return sum(
        _rotate_column(model, column)
        for model in apps.get_app_config("saleor_tiktok_stripe").get_models()
        for column in model._meta.local_fields
        if isinstance(column, EncryptedTextField)
    )


def _rotate_column(model: type[models.Model], column: EncryptedTextField) -> int:
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
            _write(model, column, stale)
        if not page:
            return changed
        changed += len(stale)
        last = page[-1][0]


def _write(
    model: type[models.Model], column: EncryptedTextField, stale: list[tuple[int, Sealed]]
) -> None:
    quote = database.ops.quote_name
    table, name = quote(model._meta.db_table), quote(column.column)
    with database.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {table} SET {name} = %s WHERE id = %s",  # noqa: S608  (our own names)
            [(encrypt(decrypt(sealed.stored)), pk) for pk, sealed in stale],
        )
