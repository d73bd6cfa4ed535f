"""Stock and prices of listed SKUs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import endpoints
from .calls import Calls, refused_rows
from .endpoints import Endpoint
from .errors import known_code, problem_for
from .gateway import build, rows
from .records import BatchErrorWire
from .stock_types import NewPrice, NewStock, SkuRefused, SkuStock
from .stock_wire import StockWire
from .wire import amount_text

STOCK_LIMIT = 600


class StockCalls(Calls):
    """Both writes set absolute values: repeating one is harmless. All raise the errors of
    ``TikTokClient``."""

    def stock(self, sku_ids: Sequence[str]) -> tuple[SkuStock, ...]:
        """What up to 600 SKUs have at the marketplace. SKUs that it does not know are missing."""
        if len(sku_ids) > STOCK_LIMIT:
            raise ValueError(f"at most {STOCK_LIMIT} SKUs at once, not {len(sku_ids)}")
        if not sku_ids:
            return ()
        endpoint = endpoints.STOCK_SEARCH
        data = self._gateway.call(endpoint, body={"sku_ids": list(sku_ids)})
        found = rows(data, "inventory", endpoint.label)
        read = (build(one, StockWire, StockWire.stock, endpoint.label) for one in found)
        return tuple(sku for product in read for sku in product)

    def set_stock(self, product_id: str, stocks: Sequence[NewStock]) -> tuple[SkuRefused, ...]:
        """Set what SKUs of one product may still sell; returns the refused ones.

        Units of open orders are not among it: TikTok keeps those as committed, besides. Every
        warehouse assigned to a SKU must be named.
        """
        if not stocks:
            return ()
        skus = [{"id": one.sku_id, "inventory": _quantities(one)} for one in stocks]
        return self._set(endpoints.STOCK_UPDATE, product_id, skus)

    def set_prices(self, product_id: str, prices: Sequence[NewPrice]) -> tuple[SkuRefused, ...]:
        """Set the prices of SKUs of one product; returns the refused ones.

        Raises ``Unreadable`` (a ``ValueError``) when a price has more decimals than its currency.
        """
        if not prices:
            return ()
        skus = [{"id": one.sku_id, "price": _price(one)} for one in prices]
        return self._set(endpoints.PRICE_UPDATE, product_id, skus)

    def _set(
        self, endpoint: Endpoint, product_id: str, skus: list[dict[str, Any]]
    ) -> tuple[SkuRefused, ...]:
        data = self._gateway.call(endpoint, path={"id": product_id}, body={"skus": skus})
        asked = tuple(str(sku["id"]) for sku in skus)
        found = refused_rows(endpoint, data, _sku_of)
        return tuple(
            _refused(sku_id, row)
            for named, row in found
            for sku_id in ([named] if named else asked)
        )


def _quantities(stock: NewStock) -> list[Mapping[str, object]]:
    return [
        {"warehouse_id": warehouse_id, "quantity": quantity}
        for warehouse_id, quantity in stock.quantities.items()
    ]


def _price(price: NewPrice) -> dict[str, str]:
    return {"amount": amount_text(price.amount, price.currency), "currency": price.currency}


def _sku_of(row: BatchErrorWire) -> str:
    return row.detail.sku_id if row.detail else ""


def _refused(sku_id: str, row: BatchErrorWire) -> SkuRefused:
    """By the row's own code, or by the first known one of its warehouses."""
    extra = row.detail.extra_errors if row.detail else []
    codes = [row.code or 0, *(one.code or 0 for one in extra)]
    code = next((one for one in codes if known_code(one)), codes[0])
    places = ", ".join(one.warehouse_id for one in extra if one.warehouse_id)
    facts = {"sku_id": sku_id, **({"warehouses": places} if places else {})}
    return SkuRefused(sku_id, code, problem_for(code, facts))
