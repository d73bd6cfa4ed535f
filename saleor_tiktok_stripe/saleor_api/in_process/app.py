"""The plugin's own App record in Saleor: the requestor of everything we do in process.

Orders' events, transactions and fulfillments name it in the Dashboard, and its identifier is the
payment gateway id that storefronts pass.
"""

from __future__ import annotations

from typing import Final

import graphene
from django.db import transaction
from saleor.app.models import App
from saleor.app.types import AppType
from saleor.permission.enums import OrderPermissions, PaymentPermissions
from saleor.permission.models import Permission

from ... import conf
from ..types import AppStatus
from .locks import lock_keys

APP_NAME: Final = "TikTok Shop with Stripe"

PERMISSIONS: Final[tuple[str, ...]] = (
    OrderPermissions.MANAGE_ORDERS.value,
    PaymentPermissions.HANDLE_PAYMENTS.value,
)
"""Least permissions: to fulfill, cancel and annotate orders and to grant their refunds; to report
charges, refunds and disputes. Orders are created without a mutation, so
``order.manage_orders_import`` is not among them; payment sessions need none at all."""


def find_app() -> App | None:
    """The App as it is, or None before the first use. Never changes anything."""
    return App.objects.filter(identifier=conf.PLUGIN_ID, removed_at=None).order_by("pk").first()


def ensure_app() -> App:
    """The plugin's App, created where it is missing and given back permissions it lost.

    Whether it is active stays the admin's decision: an App that was switched off stays off.
    """
    app = find_app()
    if app is not None and not _missing(app):
        return app
    with transaction.atomic():
        lock_keys([conf.PLUGIN_ID])
        app = find_app() or App.objects.create(
            name=APP_NAME, identifier=conf.PLUGIN_ID, type=AppType.LOCAL, is_active=True
        )
        missing = _missing(app)
        if missing:
            app.permissions.add(*_permission_rows(missing))
    return App.objects.get(pk=app.pk)  # read again: an App remembers its permissions


def app_status() -> AppStatus:
    """The App's state, made at the first look; what an admin changed is told, not repaired."""
    app = find_app() or ensure_app()
    granted = _granted(app)
    return AppStatus(
        id=graphene.Node.to_global_id("App", app.pk),
        name=app.name,
        is_active=app.is_active,
        permissions=tuple(sorted(granted)),
        missing_permissions=tuple(name for name in PERMISSIONS if name not in granted),
    )


def _granted(app: App) -> set[str]:
    rows = app.permissions.values_list("content_type__app_label", "codename").order_by()
    return {f"{label}.{codename}" for label, codename in rows}


def _missing(app: App) -> list[str]:
    granted = _granted(app)
    return [name for name in PERMISSIONS if name not in granted]


def _permission_rows(names: list[str]) -> list[Permission]:
    codenames = {name.split(".", 1)[1] for name in names}
    rows = Permission.objects.filter(codename__in=codenames).select_related("content_type")
    return [row for row in rows if f"{row.content_type.app_label}.{row.codename}" in names]
