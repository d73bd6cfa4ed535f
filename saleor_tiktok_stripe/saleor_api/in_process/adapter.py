"""``Saleor`` from inside Saleor: the one object feature rooms get on the plugin host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from decimal import Decimal

from ..interface import Record
from ..requestors import Requestor, SignedIn
from ..transactions import EventReport, OrderFacts, PaymentTransaction
from ..types import (
    AddressData,
    AppStatus,
    ChannelInfo,
    Charge,
    CreatedOrder,
    GoodsReturn,
    Grant,
    ListedPrice,
    NewOrder,
    OrderChanges,
    Package,
    Refund,
    SaleorOrder,
    Variant,
    VariantChanges,
    VariantStock,
)
from . import (
    app,
    bulk_orders,
    catalog,
    changes,
    facts,
    money,
    prices,
    reads,
    requestors,
    returning,
    shipments,
    stock,
    transactions,
    watching,
)


class InProcessSaleor:
    """Fills ``saleor_api.interface.Saleor``; each method is one call into this room.

    Reads and order creation use Saleor's models, everything else its GraphQL mutations, executed
    as the plugin's own App.
    """

    def channel(self, slug: str) -> ChannelInfo:
        """The channel with its warehouses; ``Parked`` when it does not exist."""
        return reads.channel(slug)

    def plugin_active(self, channel_slug: str) -> bool:
        """Whether the plugin is switched on in a channel."""
        return reads.plugin_active(channel_slug)

    def app_status(self) -> AppStatus:
        """State of the plugin's own App record, as it is."""
        return app.app_status()

    def requestor(self, token: str) -> Requestor:
        """See ``Saleor.requestor``: by Saleor's own authentication."""
        return requestors.requestor(token)

    def sign_in(self, email: str, password: str, *, ip: str = "") -> SignedIn:
        """See ``Saleor.sign_in``."""
        return requestors.sign_in(email, password, ip=ip)

    def renew(self, refresh: str) -> str:
        """See ``Saleor.renew``."""
        return requestors.renew(refresh)

    def find_variants(
        self,
        channel_slug: str,
        *,
        skus: Sequence[str] = (),
        external_references: Sequence[str] = (),
        barcodes: Sequence[str] = (),
        ids: Sequence[str] = (),
    ) -> list[Variant]:
        """See ``Saleor.find_variants``."""
        return catalog.find_variants(
            channel_slug,
            catalog.Keys(tuple(skus), tuple(external_references), tuple(barcodes), tuple(ids)),
        )

    def create_orders(self, orders: Sequence[NewOrder], record: Record) -> list[CreatedOrder]:
        """See ``Saleor.create_orders``: one transaction with what ``record`` writes."""
        return bulk_orders.create_orders(orders, record)

    def orders(self, ids: Sequence[str]) -> dict[str, SaleorOrder]:
        """Newest states by order id; ids that do not exist are left out."""
        return reads.orders(ids)

    def find_orders(self, external_references: Sequence[str]) -> dict[str, str]:
        """External reference -> order id, for those that exist."""
        return reads.find_orders(external_references)

    def exclusive(self, order_id: str) -> AbstractContextManager[None]:
        """A transaction that holds the order: changes inside commit together or not at all."""
        return changes.exclusive(order_id)

    def confirm_order(self, order_id: str) -> None:
        """Confirm an unconfirmed order; nothing happens where it is confirmed already."""
        changes.confirm_order(order_id)

    def update_address(self, order_id: str, address: AddressData) -> None:
        """See ``Saleor.update_address``: unvalidated as marketplaces give them."""
        changes.update_address(order_id, address)

    def fulfill(self, order_id: str, package: Package) -> str:
        """See ``Saleor.fulfill``: once per package key."""
        return shipments.fulfill(order_id, package)

    def update_tracking(self, fulfillment_id: str, tracking_number: str) -> None:
        """Set a fulfillment's tracking number where it differs."""
        shipments.update_tracking(fulfillment_id, tracking_number)

    def cancel_order(self, order_id: str) -> None:
        """See ``Saleor.cancel_order``: frees stock exactly once, also when partly shipped."""
        shipments.cancel_order(order_id)

    def cancel_lines(self, order_id: str, quantities: Mapping[str, int], reason: str) -> None:
        """See ``Saleor.cancel_lines``."""
        shipments.cancel_lines(order_id, quantities, reason)

    def grant_refund(
        self,
        order_id: str,
        *,
        key: str,
        amount: Decimal,
        quantities: Mapping[str, int],
        reason: str,
    ) -> None:
        """See ``Saleor.grant_refund``: once per key."""
        money.grant_refund(order_id, Grant(key, amount, dict(quantities), reason))

    def record_refunds(self, order_id: str, refunds: Sequence[Refund]) -> None:
        """See ``Saleor.record_refunds``: each reference once."""
        money.record_refunds(order_id, refunds)

    def record_charge(self, order_id: str, charge: Charge) -> None:
        """See ``Saleor.record_charge``: each reference once."""
        money.record_charge(order_id, charge)

    def set_metadata(self, object_id: str, metadata: Mapping[str, str]) -> None:
        """Merge into the public metadata of an order, line, fulfillment or transaction."""
        changes.set_metadata(object_id, metadata)

    def add_note(self, order_id: str, text: str) -> None:
        """Add a note to the order's history."""
        changes.add_note(order_id, text)

    def transaction(self, transaction_id: str) -> PaymentTransaction | None:
        """See ``Saleor.transaction``."""
        return transactions.find(transaction_id)

    def exclusive_transaction(self, transaction_id: str) -> AbstractContextManager[None]:
        """See ``Saleor.exclusive_transaction``: a database transaction that holds Saleor's rows."""
        return transactions.exclusive(transaction_id)

    def report_events(
        self, transaction_id: str, events: Sequence[EventReport], actions: Sequence[str]
    ) -> None:
        """See ``Saleor.report_events``: all of them, or none."""
        transactions.report(transaction_id, events, actions)

    def attach_reference(self, event_id: str, psp_reference: str) -> None:
        """See ``Saleor.attach_reference``: once, in whichever order reports come."""
        transactions.attach_reference(event_id, psp_reference)

    def order_facts(self, order_id: str) -> OrderFacts:
        """See ``Saleor.order_facts``."""
        return facts.order_facts(order_id)

    def orders_changed(self, channel_slug: str, cursor: str, *, limit: int = 100) -> OrderChanges:
        """See ``Saleor.orders_changed``: by an index, at the cost of the changes."""
        return watching.orders_changed(channel_slug, cursor, limit=limit)

    def return_goods(self, order_id: str, goods: GoodsReturn) -> str:
        """See ``Saleor.return_goods``: with the stock, in one transaction."""
        return returning.return_goods(order_id, goods)

    def stock(self, channel_slug: str, variant_ids: Sequence[str]) -> dict[str, VariantStock]:
        """See ``Saleor.stock``: one query, one moment."""
        return stock.stock(channel_slug, variant_ids)

    def stock_changes(self, channel_slug: str, cursor: str) -> VariantChanges:
        """See ``Saleor.stock_changes``: by PostgreSQL's row versions."""
        return stock.stock_changes(channel_slug, cursor)

    def prices(self, channel_slug: str, variant_ids: Sequence[str]) -> dict[str, ListedPrice]:
        """See ``Saleor.prices``."""
        return prices.prices(channel_slug, variant_ids)

    def price_changes(self, channel_slug: str, cursor: str) -> VariantChanges:
        """See ``Saleor.price_changes``: by PostgreSQL's row versions."""
        return prices.price_changes(channel_slug, cursor)
