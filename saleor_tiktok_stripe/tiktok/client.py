"""What the feature rooms ask TikTok for, in neutral types."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from .. import __version__
from ..errors import VendorBug
from ..transport import Lane, Transport
from . import endpoints
from .aftersales_calls import AftersalesCalls
from .calls import next_token, page_query, refused, seconds, total
from .endpoints import API_URL, HOSTS, RATES
from .finance_calls import FinanceCalls
from .fulfilment_calls import FulfilmentCalls
from .gateway import AppCredentials, Gateway, build
from .records import (
    BatchErrorWire,
    ProductWire,
    ShopWire,
    WarehouseWire,
    WebhookWire,
)
from .schemas import OrderWire, order
from .stock_calls import StockCalls
from .types import (
    ExternalReference,
    OrderPage,
    Product,
    ProductPage,
    Refused,
    Shop,
    Warehouse,
    WebhookRegistration,
)

DETAIL_LIMIT = 50
REFERENCE_LIMIT = 100
SEARCH_WINDOW = 10_000
PRODUCT_PAGE = 100
FIRST_SECOND = 1_546_300_800
"""2019-01-01: before TikTok Shop existed, so no product is older."""
PLATFORM = "ORDER_MANAGEMENT_SYSTEM"
"""Saleor has no name of its own in TikTok's list of external systems."""


def open_door(*, redis_url: str = "", allow_loopback: bool = False) -> Transport:
    """The transport for TikTok's hosts. Make one per process and share it: it keeps connections."""
    return Transport(
        HOSTS,
        user_agent=f"saleor-tiktok-stripe/{__version__}",
        allow_loopback=allow_loopback,
        redis_url=redis_url,
        rates=RATES,
    )


class TikTokClient(FulfilmentCalls, AftersalesCalls, StockCalls, FinanceCalls):
    """One shop's client. Every method raises the errors of ``tiktok.errors``: ``RetryLater``,
    ``AccessTokenExpired`` (refresh once and repeat), ``NeedsReauthorization``, ``Parked``,
    ``InDoubt`` (writes), ``VendorBug``.

    ``shop_cipher`` may be empty for ``shops`` and ``permissions``. Times are aware datetimes.
    """

    def __init__(
        self,
        app: AppCredentials,
        access_token: str,
        shop_cipher: str,
        transport: Transport,
        *,
        base_url: str = API_URL,
        clock: Callable[[], float] = time.time,
        lane: Lane = Lane.BACKGROUND,
    ) -> None:
        self._clock = clock
        self._gateway = Gateway(
            app,
            transport,
            base_url,
            access_token=access_token,
            shop_cipher=shop_cipher,
            lane=lane,
            clock=clock,
        )

    def __repr__(self) -> str:
        return f"TikTokClient({self._gateway!r})"

    @property
    def clock_skew(self) -> float | None:
        """TikTok's clock minus ours in seconds, off the last answer; None before the first."""
        return self._gateway.skew

    def shops(self) -> tuple[Shop, ...]:
        """All shops that the authorization covers; a cross-border seller has one per region."""
        found = self._rows(endpoints.SHOPS, "shops")
        return tuple(build(one, ShopWire, ShopWire.shop, "shops.list") for one in found)

    def permissions(self) -> tuple[str, ...]:
        """What the seller may do, such as ``MANAGE_GLOBAL_PRODUCT``."""
        found = self._rows(endpoints.PERMISSIONS, "permissions")
        return tuple(one for one in found if isinstance(one, str))

    def deauthorize(self) -> None:
        """End the app's access to this shop.

        When only the answer was lost, the repetition is refused with ``NeedsReauthorization``:
        the access has ended then as well.
        """
        self._gateway.call(endpoints.DEAUTHORIZE)

    def search_orders(
        self,
        *,
        updated_from: datetime | None = None,
        updated_to: datetime | None = None,
        created_from: datetime | None = None,
        created_to: datetime | None = None,
        status: str = "",
        page_token: str = "",
        page_size: int = 100,
        sort: str = "update_time",
        descending: bool = False,
    ) -> OrderPage:
        """One page of whole orders; ``*_from`` is inclusive, ``*_to`` exclusive.

        Keep filters and sort the same between pages. An order may move out of the window while
        paging: upsert by id. Rows that cannot be read land in ``broken``.
        """
        body = {
            "order_status": status,
            "update_time_ge": seconds(updated_from),
            "update_time_lt": seconds(updated_to),
            "create_time_ge": seconds(created_from),
            "create_time_lt": seconds(created_to),
        }
        query = page_query(page_token, page_size, sort, descending)
        data = self._search(endpoints.ORDER_SEARCH, query, body, page_token)
        built, broken = self._each(data, "orders", OrderWire, order, "id")
        return OrderPage(built, broken, next_token(data), total(data))

    def orders(self, ids: Sequence[str]) -> OrderPage:
        """Up to 50 orders by id, each once. Ids that TikTok does not know are missing."""
        if len(ids) > DETAIL_LIMIT:
            raise ValueError(f"at most {DETAIL_LIMIT} orders at once, not {len(ids)}")
        if not ids:
            return OrderPage((), (), "", 0)
        data = self._gateway.call(endpoints.ORDER_DETAIL, query={"ids": ",".join(ids)})
        built, broken = self._each(data, "orders", OrderWire, order, "id")
        return OrderPage(built, broken, "", None)

    def search_products(
        self,
        *,
        created_from: int | None = None,
        created_to: int | None = None,
        seller_skus: Sequence[str] = (),
        page_token: str = "",
        page_size: int = PRODUCT_PAGE,
    ) -> ProductPage:
        """One page of listed SKUs, without barcodes. Bounds are Unix seconds, both inclusive.

        TikTok shows no result beyond the 10 000th: ``iter_skus`` slices by time.
        """
        body = {
            "status": "ALL",
            "seller_skus": list(seller_skus),
            "create_time_ge": created_from,
            "create_time_le": created_to,
        }
        query = {"page_size": str(page_size), **({"page_token": page_token} if page_token else {})}
        data = self._search(endpoints.PRODUCT_SEARCH, query, body, page_token)
        built, broken = self._each(data, "products", ProductWire, ProductWire.products, "id")
        skus = tuple(sku for one in built for sku in one)
        return ProductPage(skus, broken, next_token(data), total(data))

    def product_skus(self, product_id: str) -> tuple[Product, ...]:
        """The SKUs of one product with their barcodes (not for frozen or deleted products)."""
        data = self._gateway.call(endpoints.PRODUCT_DETAIL, path={"id": product_id})
        return build(data, ProductWire, ProductWire.products, "products.detail")

    def iter_skus(self) -> Iterator[Product]:
        """All listed SKUs of the shop, each product once, by slices of creation time that stay
        under the 10 000 results a search can reach. Broken products are left out.
        """
        yield from self._sku_slice(FIRST_SECOND, int(self._clock()) + 60)

    def warehouses(self) -> tuple[Warehouse, ...]:
        """The shop's warehouses, returns warehouses included."""
        found = self._rows(endpoints.WAREHOUSES, "warehouses")
        make = WarehouseWire.warehouse
        return tuple(build(one, WarehouseWire, make, "warehouses.list") for one in found)

    def webhooks(self) -> tuple[WebhookRegistration, ...]:
        """Where this shop's notifications go; overrides the app's default address."""
        found = self._rows(endpoints.WEBHOOKS, "webhooks")
        make = WebhookWire.registration
        return tuple(build(one, WebhookWire, make, "webhooks.list") for one in found)

    def register_webhook(self, event_type: str, address: str) -> None:
        """Create or replace the address of one event type (https, at most 255 characters)."""
        body = {"event_type": event_type, "address": address}
        self._gateway.call(endpoints.WEBHOOK_PUT, body=body)

    def delete_webhook(self, event_type: str) -> None:
        """Remove it; no error when there was none."""
        self._gateway.call(endpoints.WEBHOOK_DELETE, body={"event_type": event_type})

    def set_external_references(
        self, references: Sequence[ExternalReference]
    ) -> tuple[Refused, ...]:
        """Tell TikTok our numbers for up to 100 orders; returns the refused rows.

        An absolute set: repeating it is harmless.
        """
        if len(references) > REFERENCE_LIMIT:
            raise ValueError(f"at most {REFERENCE_LIMIT} references, not {len(references)}")
        if not references:
            return ()
        body = {"orders": [_reference(one) for one in references]}
        data = self._gateway.call(endpoints.ORDER_REFERENCES, body=body)
        return refused(endpoints.ORDER_REFERENCES, data, "order_id", _order_of)

    def _sku_slice(self, first: int, last: int) -> Iterator[Product]:
        page = self.search_products(created_from=first, created_to=last)
        if (page.total or 0) > SEARCH_WINDOW and first < last:
            middle = (first + last) // 2
            yield from self._sku_slice(first, middle)
            yield from self._sku_slice(middle + 1, last)
            return
        seen: set[str] = set()
        for _ in range(SEARCH_WINDOW // PRODUCT_PAGE + 1):
            yield from page.products
            if not page.next_token:
                return
            if page.next_token in seen:
                raise VendorBug("TIKTOK_PAGE_REPEATED", "products.search: a page came twice.")
            seen.add(page.next_token)
            page = self.search_products(
                created_from=first, created_to=last, page_token=page.next_token
            )
        raise VendorBug("TIKTOK_PAGES_ENDLESS", "products.search: the pages do not end.")


def _reference(one: ExternalReference) -> dict[str, object]:
    lines = [{"id": ours, "origin_id": theirs} for theirs, ours in one.units.items()]
    external = {"id": one.reference, "platform": PLATFORM, "line_items": lines[:REFERENCE_LIMIT]}
    return {"id": one.order_id, "external_order": external}


def _order_of(row: BatchErrorWire) -> str:
    return row.detail.order_id if row.detail else ""
