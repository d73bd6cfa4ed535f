"""Shops, tokens, products, warehouses and webhooks on the wire."""

from __future__ import annotations

from typing import Annotated

from . import types
from .wire import (
    Count,
    Flag,
    Id,
    Nullable,
    OptionalId,
    Text,
    Time,
    Unreadable,
    Wire,
)


class ShopWire(Wire):
    id: Id
    cipher: Text
    code: Text = ""
    name: Text = ""
    region: Text = ""
    seller_type: Text = ""

    def shop(self) -> types.Shop:
        if not self.cipher:
            raise Unreadable("the shop has no cipher")
        region = "GB" if self.region == "UK" else self.region
        return types.Shop(self.id, self.cipher, self.code, self.name, region, self.seller_type)


class TokenWire(Wire):
    """Both expiries are absolute times, whatever their names say."""

    access_token: Text
    access_token_expire_in: Time
    refresh_token: Text
    refresh_token_expire_in: Time
    open_id: Text = ""
    seller_name: Text = ""
    seller_base_region: Text = ""
    user_type: Count = 0
    granted_scopes: Annotated[list[str], Nullable] = []

    def tokens(self) -> types.Tokens:
        if not self.access_token or not self.refresh_token:
            raise Unreadable("a token is missing")
        return types.Tokens(
            access_token=self.access_token,
            refresh_token=self.refresh_token,
            access_expires_at=self.access_token_expire_in,
            refresh_expires_at=self.refresh_token_expire_in,
            open_id=self.open_id,
            seller_name=self.seller_name,
            seller_region=self.seller_base_region,
            scopes=tuple(self.granted_scopes),
        )


class IdentifierWire(Wire):
    code: Text = ""
    type: Text = ""


class SkuWire(Wire):
    id: Id
    seller_sku: Text = ""
    identifier_code: IdentifierWire | None = None


class ProductWire(Wire):
    id: Id
    title: Text = ""
    status: Text = ""
    skus: Annotated[list[SkuWire], Nullable] = []

    def products(self) -> tuple[types.Product, ...]:
        return tuple(
            types.Product(
                product_id=self.id,
                title=self.title,
                sku_id=sku.id,
                seller_sku=sku.seller_sku.strip(),
                barcode=sku.identifier_code.code.strip() if sku.identifier_code else "",
                status=self.status,
            )
            for sku in self.skus
        )


class WarehouseAddressWire(Wire):
    region_code: Text = ""


class WarehouseWire(Wire):
    id: Id
    name: Text = ""
    is_default: Flag = False
    type: Text = ""
    effect_status: Text = ""
    address: WarehouseAddressWire | None = None

    def warehouse(self) -> types.Warehouse:
        return types.Warehouse(
            id=self.id,
            name=self.name,
            region=self.address.region_code if self.address else "",
            is_default=self.is_default,
            sells=self.type == "SALES_WAREHOUSE",
            enabled=self.effect_status == "ENABLED",
        )


class WebhookWire(Wire):
    event_type: Text
    address: Text

    def registration(self) -> types.WebhookRegistration:
        return types.WebhookRegistration(self.event_type, self.address)


class ExtraErrorWire(Wire):
    warehouse_id: OptionalId = ""
    code: Count = None
    message: Text = ""


class BatchErrorDetailWire(Wire):
    """What a refusal is about: one of the ids is set, by endpoint."""

    order_id: OptionalId = ""
    package_id: OptionalId = ""
    sku_id: OptionalId = ""
    order_ids: Annotated[list[Id], Nullable] = []
    extra_errors: Annotated[list[ExtraErrorWire], Nullable] = []


class BatchErrorWire(Wire):
    """One entry of ``data.errors``: a refusal inside an answer whose ``code`` is 0."""

    code: Count = None
    message: Text = ""
    detail: BatchErrorDetailWire | None = None
