"""``Saleor`` over its GraphQL API, with an app token: for the sidecar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from decimal import Decimal
from urllib.parse import urlsplit

from .. import __version__, conf
from ..errors import Parked, Problem, VendorBug
from ..transport import Rate, Transport
from .interface import Record
from .over_http import (
    changing,
    creating,
    facts,
    hooks,
    paying,
    people,
    reading,
    returning,
    selling,
    variants,
    watching,
)
from .over_http.client import Client
from .over_http.inputs import address_input, note_parts
from .requestors import Requestor, SignedIn
from .transactions import EventReport, OrderFacts, PaymentTransaction
from .types import (
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

_RATE = Rate(5000)
"""A merchant's own Saleor sets no limit; this one only stops a loop gone wild."""
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class HttpSaleor:
    """Fills ``saleor_api.interface.Saleor``. What it cannot do is in docs/reference/sidecar.md:
    it allocates no stock, and shipping an order lowers stock also when told not to.
    """

    def __init__(self, url: str, token: str, *, redis_url: str = "") -> None:
        """``url`` is Saleor's GraphQL address; https, or plain http on this machine."""
        host = urlsplit(url).hostname or ""
        transport = Transport(
            {host},
            user_agent=f"saleor-tiktok-stripe/{__version__}",
            allow_loopback=host in _LOOPBACK,
            redis_url=redis_url,
            rates={"saleor": _RATE},
        )
        self._client = Client(url, token, transport)

    @classmethod
    def from_settings(cls) -> HttpSaleor:
        """The Saleor of ``SALEOR_API_URL`` and ``SALEOR_APP_TOKEN``; ``Parked`` if either is
        missing.
        """
        url, token = conf.saleor_api_url(), conf.saleor_app_token()
        if not (url and token):
            missing = "SALEOR_APP_TOKEN" if url else "SALEOR_API_URL"
            raise Parked(
                Problem(
                    "SALEOR_NOT_CONFIGURED",
                    "saleor",
                    f"The sidecar does not know its Saleor: {missing} is empty.",
                    "Set it and restart.",
                )
            )
        return cls(url, token, redis_url=conf.redis_url())

    def channel(self, slug: str) -> ChannelInfo:
        """The channel with its warehouses; ``Parked`` when it does not exist."""
        view = self._client.query("channel", {"slug": slug})["channel"]
        if view is None:
            raise creating.no_channel(slug)
        return reading.channel_info(view)

    def plugin_active(self, channel_slug: str) -> bool:
        """True: the sidecar is its own switch."""
        return True

    def app_status(self) -> AppStatus:
        """The token's app; ``Parked`` when Saleor does not know the token."""
        return reading.app_status(self._client.query("app", {})["app"])

    def requestor(self, token: str) -> Requestor:
        """See ``Saleor.requestor``: asked of Saleor each time."""
        return people.requestor(self._client, token)

    def sign_in(self, email: str, password: str, *, ip: str = "") -> SignedIn:
        """See ``Saleor.sign_in``; ``ip`` goes along as ``X-Forwarded-For``."""
        return people.sign_in(self._client, email, password, ip=ip)

    def renew(self, refresh: str) -> str:
        """See ``Saleor.renew``."""
        return people.renew(self._client, refresh)

    def find_variants(
        self,
        channel_slug: str,
        *,
        skus: Sequence[str] = (),
        external_references: Sequence[str] = (),
        barcodes: Sequence[str] = (),
        ids: Sequence[str] = (),
    ) -> list[Variant]:
        """See ``Saleor.find_variants``. Barcodes are found in variants' metadata only."""
        return variants.find(
            self._client,
            channel_slug,
            skus=skus,
            external_references=external_references,
            barcodes=barcodes,
            ids=ids,
        )

    def create_orders(self, orders: Sequence[NewOrder], record: Record) -> list[CreatedOrder]:
        """See ``Saleor.create_orders``. Every line to be allocated comes back unallocated."""
        return creating.create_orders(self._client, orders, record)

    def orders(self, ids: Sequence[str]) -> dict[str, SaleorOrder]:
        """Newest states by order id; ids that do not exist are left out."""
        return changing.read_orders(self._client, ids)

    def find_orders(self, external_references: Sequence[str]) -> dict[str, str]:
        """External reference -> order id, for those that exist."""
        found = creating.find_orders(self._client, external_references)
        return {reference: row["id"] for reference, row in found.items()}

    def exclusive(self, order_id: str) -> AbstractContextManager[None]:
        """Nothing: over HTTP the job's lease keeps other writers of ours away."""
        return nullcontext()

    def confirm_order(self, order_id: str) -> None:
        """Confirm an unconfirmed order; nothing happens where it is confirmed already."""
        changing.confirm(self._client, order_id)

    def update_address(self, order_id: str, address: AddressData) -> None:
        """See ``Saleor.update_address``: unvalidated as marketplaces give them. Saleor looks at
        the phone number all the same: one that it refuses is left out.
        """
        given = address_input(address)
        data = {"shippingAddress": given, "billingAddress": given}
        try:
            self._client.mutate("orderUpdate", {"id": order_id, "input": data})
        except VendorBug as error:
            if error.code != "SALEOR_INVALID" or not address.phone:
                raise
            self.update_address(order_id, replace(address, phone=""))

    def fulfill(self, order_id: str, package: Package) -> str:
        """See ``Saleor.fulfill``: once per package key."""
        return changing.fulfill(self._client, order_id, package)

    def update_tracking(self, fulfillment_id: str, tracking_number: str) -> None:
        """Set a fulfillment's tracking number; the same one again changes nothing."""
        self._client.mutate(
            "orderFulfillmentUpdateTracking",
            {"id": fulfillment_id, "trackingNumber": tracking_number},
        )

    def cancel_order(self, order_id: str) -> None:
        """See ``Saleor.cancel_order``: once; of a partly shipped order the rest is taken out."""
        changing.cancel(self._client, order_id)

    def cancel_lines(self, order_id: str, quantities: Mapping[str, int], reason: str) -> None:
        """See ``Saleor.cancel_lines``; the reason becomes a note."""
        if changing.cancel_lines(self._client, order_id, quantities) is not None and reason:
            self.add_note(order_id, reason)

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
        grant = Grant(key, amount, quantities, reason)
        changing.grant_refund(self._client, order_id, grant)

    def record_refunds(self, order_id: str, refunds: Sequence[Refund]) -> None:
        """See ``Saleor.record_refunds``: each reference once."""
        changing.report_refunds(self._client, order_id, refunds)

    def record_charge(self, order_id: str, charge: Charge) -> None:
        """See ``Saleor.record_charge``: each reference once."""
        changing.report_charge(self._client, order_id, charge)

    def set_metadata(self, object_id: str, metadata: Mapping[str, str]) -> None:
        """Merge into the public metadata of an order, line, fulfillment or transaction."""
        changing.set_metadata(self._client, object_id, metadata)

    def add_note(self, order_id: str, text: str) -> None:
        """Add a note to the order's history, in parts where it is longer than Saleor takes."""
        for part in note_parts(text):
            self._client.mutate("orderNoteAdd", {"order": order_id, "message": part})

    def transaction(self, transaction_id: str) -> PaymentTransaction | None:
        """See ``Saleor.transaction``."""
        return paying.find(self._client, transaction_id)

    def exclusive_transaction(self, transaction_id: str) -> AbstractContextManager[None]:
        """Nothing: over HTTP the job's lease keeps other writers of ours away."""
        return nullcontext()

    def report_events(
        self, transaction_id: str, events: Sequence[EventReport], actions: Sequence[str]
    ) -> None:
        """See ``Saleor.report_events``; ``RetryLater`` while Saleor waits for our answer to a
        request for a refund."""
        paying.report(self._client, transaction_id, events, actions)

    def attach_reference(self, event_id: str, psp_reference: str) -> None:
        """Nothing: the answer to Saleor's request names the reference."""

    def order_facts(self, order_id: str) -> OrderFacts:
        """See ``Saleor.order_facts``."""
        return facts.order_facts(self._client, order_id)

    def orders_changed(self, channel_slug: str, cursor: str, *, limit: int = 100) -> OrderChanges:
        """See ``Saleor.orders_changed``; each change is told for two minutes."""
        return watching.orders_changed(self._client, channel_slug, cursor, limit=limit)

    def return_goods(self, order_id: str, goods: GoodsReturn) -> str:
        """See ``Saleor.return_goods``: what it is about to do is on the order first."""
        return returning.return_goods(self._client, order_id, goods)

    def stock(self, channel_slug: str, variant_ids: Sequence[str]) -> dict[str, VariantStock]:
        """See ``Saleor.stock``: one query for every 100 variants."""
        return selling.stock(self._client, channel_slug, variant_ids)

    def stock_changes(self, channel_slug: str, cursor: str) -> VariantChanges:
        """See ``Saleor.stock_changes``: the next 1,000 variants of a tour."""
        return selling.changes(self._client, channel_slug, cursor)

    def prices(self, channel_slug: str, variant_ids: Sequence[str]) -> dict[str, ListedPrice]:
        """See ``Saleor.prices``: one query for every 100 variants."""
        return selling.prices(self._client, channel_slug, variant_ids)

    def price_changes(self, channel_slug: str, cursor: str) -> VariantChanges:
        """See ``Saleor.price_changes``: the next 1,000 variants of a tour."""
        return selling.changes(self._client, channel_slug, cursor)

    def register_webhooks(self, target_url: str, secret: str) -> list[str]:
        """Make Saleor ask ``target_url`` as its payment app; returns the events that were new."""
        return hooks.register(self._client, target_url, secret)
