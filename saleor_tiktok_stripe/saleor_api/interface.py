"""The one interface through which feature rooms reach Saleor, on either host.

``in_process`` runs inside Saleor (plugin), ``http`` over Saleor's GraphQL API (sidecar).
``get_saleor()`` in ``saleor_api/__init__.py`` picks the host.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Protocol

from .requestors import Requestor, SignedIn
from .transactions import EventReport, OrderFacts, PaymentTransaction
from .types import (
    AddressData,
    AppStatus,
    ChannelInfo,
    Charge,
    CreatedOrder,
    GoodsReturn,
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

Record = Callable[[Sequence[CreatedOrder]], None]


class Saleor(Protocol):
    """Errors: ``RetryLater`` when Saleor cannot be reached or is busy, ``Parked`` when it refuses
    something a merchant can mend, ``VendorBug`` when it refuses what should have been right.
    """

    def channel(self, slug: str) -> ChannelInfo: ...

    def app_status(self) -> AppStatus: ...

    def plugin_active(self, channel_slug: str) -> bool:
        """Whether the plugin is switched on in a channel; over HTTP always, as there the sidecar is
        its own switch."""

    def requestor(self, token: str) -> Requestor:
        """Whom a token stands for: of staff, a customer or an app; "" for nobody. Raises
        ``InvalidInput``: ``TOKEN_EXPIRED``, or ``TOKEN_INVALID`` for one that is forged, or of
        somebody who is not active any more."""

    def sign_in(self, email: str, password: str, *, ip: str = "") -> SignedIn:
        """``tokenCreate``. ``ip`` is where it is tried from (``access.ip_of``; "": this machine):
        Saleor counts attempts by it. Raises ``InvalidInput`` (``SIGN_IN_FAILED``, whatever was
        wrong), and ``RetryLater`` (``SIGN_IN_DELAYED``, in Saleor's words) when Saleor wants a
        pause between attempts."""

    def renew(self, refresh: str) -> str:
        """``tokenRefresh``: a new access token. Raises ``InvalidInput`` as ``requestor``."""

    def find_variants(
        self,
        channel_slug: str,
        *,
        skus: Sequence[str] = (),
        external_references: Sequence[str] = (),
        barcodes: Sequence[str] = (),
        ids: Sequence[str] = (),
    ) -> list[Variant]:
        """Variants matching any key, each once. Unknown keys are simply missing."""

    def create_orders(self, orders: Sequence[NewOrder], record: Record) -> list[CreatedOrder]:
        """Create up to 50 orders of one channel; idempotent on ``external_reference``.

        ``record`` is called once with the results (created and already there, in the order given)
        to write our own rows: in process inside the same database transaction, so that both are
        committed or neither; over HTTP right after the answer, so that a crash in between is
        healed by the next run, which finds the order by its reference. One refused order never
        stops the others: it comes back with ``error``.
        """

    def orders(self, ids: Sequence[str]) -> dict[str, SaleorOrder]: ...

    def find_orders(self, external_references: Sequence[str]) -> dict[str, str]:
        """External reference -> order id, for those that exist."""

    def exclusive(self, order_id: str) -> AbstractContextManager[None]:
        """Hold the order against other writers of ours: in process a database transaction with an
        advisory lock (changes within commit together), over HTTP nothing (the job's lease).
        """

    def confirm_order(self, order_id: str) -> None: ...

    def update_address(self, order_id: str, address: AddressData) -> None:
        """Replace the shipping and the billing address: a marketplace tells one for both."""

    def fulfill(self, order_id: str, package: Package) -> str:
        """Record a shipment; the fulfillment's id. Existing one with the same key that was not
        cancelled: its id."""

    def update_tracking(self, fulfillment_id: str, tracking_number: str) -> None: ...

    def cancel_order(self, order_id: str) -> None:
        """Cancel a whole order; allocated stock is freed, shipped stock is not put back."""

    def cancel_lines(self, order_id: str, quantities: Mapping[str, int], reason: str) -> None:
        """Take unshipped units out of an order (stock freed). Saleor has no cancelled line, so
        they become a group of returned units, as its ``orderFulfillmentReturnProducts`` makes.
        """

    def grant_refund(
        self,
        order_id: str,
        *,
        key: str,
        amount: Decimal,
        quantities: Mapping[str, int],
        reason: str,
    ) -> None:
        """Grant a refund once per ``key`` (kept in the reason's last line)."""

    def record_refunds(self, order_id: str, refunds: Sequence[Refund]) -> None:
        """Report refunds the marketplace made on its transactions; each reference once."""

    def record_charge(self, order_id: str, charge: Charge) -> None:
        """Turn an authorized amount (cash on delivery) into a charged one; each reference once."""

    def set_metadata(self, object_id: str, metadata: Mapping[str, str]) -> None: ...

    def add_note(self, order_id: str, text: str) -> None: ...

    def transaction(self, transaction_id: str) -> PaymentTransaction | None:
        """The newest state of a transaction; None when it does not exist."""

    def exclusive_transaction(self, transaction_id: str) -> AbstractContextManager[None]:
        """As ``exclusive``, for a transaction that may belong to a checkout still."""

    def report_events(
        self, transaction_id: str, events: Sequence[EventReport], actions: Sequence[str]
    ) -> None:
        """Tell Saleor what happened to a payment, in this order; an event that Saleor has (same
        type and reference) is left out. ``actions``: what staff may ask for from now on.
        """

    def attach_reference(self, event_id: str, psp_reference: str) -> None:
        """Name a request of Saleor's (``ActionRequest.event_id``) by the reference it got at the
        gateway, so that later reports find it. Over HTTP the answer to the request did that.
        """

    def order_facts(self, order_id: str) -> OrderFacts:
        """What the order can prove. ``Parked`` when it does not exist."""

    def orders_changed(self, channel_slug: str, cursor: str, *, limit: int = 100) -> OrderChanges:
        """Imported orders (those with an external reference) of a channel that changed in Saleor
        since ``cursor`` ("": an hour ago), oldest change first. One that changes while it is read
        comes again later.
        """

    def return_goods(self, order_id: str, goods: GoodsReturn) -> str:
        """Record shipped units as returned; the fulfillment's id. Once per ``goods.key``."""

    def stock(self, channel_slug: str, variant_ids: Sequence[str]) -> dict[str, VariantStock]:
        """What there is of these variants now, in one query; unknown ones are missing."""

    def stock_changes(self, channel_slug: str, cursor: str) -> VariantChanges:
        """Variants whose stock may have changed since ``cursor`` ("": from now on, in process;
        from the first one, over HTTP). In process the cost follows the number of changes; over
        HTTP, where Saleor tells no changes of stock, each call is the next part of a tour of all
        variants.
        """

    def prices(self, channel_slug: str, variant_ids: Sequence[str]) -> dict[str, ListedPrice]:
        """What these variants cost in the channel; those not listed there are missing."""

    def price_changes(self, channel_slug: str, cursor: str) -> VariantChanges:
        """As ``stock_changes``, for the channel's prices."""
