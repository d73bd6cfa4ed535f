"""Everything but orders on the wire: shops, tokens, cancellations, products, webhooks."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from . import types
from .wire import (
    Amount,
    Count,
    Currency,
    Flag,
    Id,
    Nullable,
    OptionalAmount,
    OptionalId,
    Text,
    Time,
    Unreadable,
    Wire,
    money,
)

CANCELLATION_DONE = "CANCELLATION_REQUEST_COMPLETE"
CANCELLATION_PENDING = "CANCELLATION_REQUEST_PENDING"
CANCELLATION_SPELLINGS = {"CANCELLATION_REQUEST_CANCEL": "CANCELLATION_REQUEST_CANCELLED"}


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


class RefundAmountWire(Wire):
    currency: Currency
    refund_total: Amount
    refund_shipping_fee: OptionalAmount = Decimal(0)
    refund_tax: OptionalAmount = Decimal(0)


class CancelLineWire(Wire):
    order_line_item_id: Id
    refund_amount: RefundAmountWire | None = None


class CancellationWire(Wire):
    cancel_id: Id
    order_id: Id
    cancel_status: Text
    cancel_reason: Text = ""
    update_time: Time
    refund_amount: RefundAmountWire | None = None
    cancel_line_items: Annotated[list[CancelLineWire], Nullable] = []

    def cancellation(self) -> types.Cancellation:
        """An unpaid order's cancellation has no refund block: amounts 0, currency ""."""
        refund = self.refund_amount
        status = CANCELLATION_SPELLINGS.get(self.cancel_status, self.cancel_status)
        currency = refund.currency if refund else ""
        return types.Cancellation(
            id=self.cancel_id,
            order_id=self.order_id,
            status=status,
            complete=status == CANCELLATION_DONE,
            pending=status == CANCELLATION_PENDING,
            reason=self.cancel_reason,
            updated_at=self.update_time,
            currency=currency,
            amount=money(refund.refund_total, currency) if refund else Decimal(0),
            shipping_amount=money(refund.refund_shipping_fee, currency) if refund else Decimal(0),
            tax_amount=money(refund.refund_tax, currency) if refund else Decimal(0),
            units=tuple(self._unit(line, currency) for line in self.cancel_line_items),
        )

    @staticmethod
    def _unit(line: CancelLineWire, currency: str) -> types.CancelledUnit:
        refund = line.refund_amount
        if refund is None:
            return types.CancelledUnit(line.order_line_item_id, Decimal(0))
        if refund.currency != currency:
            raise Unreadable("a line is refunded in another currency")
        return types.CancelledUnit(line.order_line_item_id, money(refund.refund_total, currency))


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
