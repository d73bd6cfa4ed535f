"""Products and stock."""

from __future__ import annotations

from typing import Any

from saleor_tiktok_stripe.sandbox.tiktok import money, paging
from saleor_tiktok_stripe.sandbox.tiktok.catalog import CatalogSku
from saleor_tiktok_stripe.sandbox.tiktok.errors import ApiError, invalid
from saleor_tiktok_stripe.sandbox.tiktok.fields import Field
from saleor_tiktok_stripe.sandbox.tiktok.gateway import Call, Endpoint
from saleor_tiktok_stripe.sandbox.tiktok.life import Life
from saleor_tiktok_stripe.sandbox.tiktok.plan import SPREAD
from saleor_tiktok_stripe.sandbox.tiktok.shop import Shop

_READ, _WRITE = "seller.product.basic", "seller.product.write"
_VERSIONS = ("202309", "202312", "202502")
_STATUSES = (
    "ALL", "DRAFT", "PENDING", "FAILED", "ACTIVATE", "SELLER_DEACTIVATED",
    "PLATFORM_DEACTIVATED", "FREEZE", "DELETED",
)  # fmt: skip
_MOST_STOCK = 99_999
_NO_PRODUCT, _NO_SKU, _BAD_WAREHOUSE, _BAD_STOCK = 12052031, 12052533, 12019022, 12052055
_NO_WAREHOUSE, _PROMOTED, _WRONG_STATUS = 12052097, 12052393, 12052901
_CLOSED = frozenset({"FREEZE", "DELETED"})


def _sku(shop: Shop, sku: CatalogSku) -> dict[str, Any]:
    price = money.text(shop.prices[sku.sku_id], sku.exponent)
    return {
        "id": sku.sku_id,
        "seller_sku": sku.seller_sku,
        "price": {"currency": sku.currency, "tax_exclusive_price": price, "sale_price": price},
        "inventory": [
            {"warehouse_id": warehouse, "quantity": quantity}
            for warehouse, quantity in shop.stock.places(sku.sku_id).items()
        ],
        "status_info": {"status": "NORMAL"},
    }


def _product(shop: Shop, product_id: str, skus: list[CatalogSku]) -> dict[str, Any]:
    return {
        "id": product_id,
        "title": skus[0].product_name,
        "status": shop.product_status.get(product_id, "ACTIVATE"),
        "audit": {"status": "APPROVED", "pre_approved_reasons": []},
        "has_draft": False,
        "is_not_for_sale": False,
        "sales_regions": [shop.region.code],
        "skus": [_sku(shop, sku) for sku in skus],
        **_moments(shop, product_id),
    }


def _moments(shop: Shop, product_id: str) -> dict[str, int]:
    made = shop.start - SPREAD
    changed = shop.product_changed.get(product_id, made + int(product_id) % 1000)
    return {"create_time": made, "update_time": changed}


def search(call: Call) -> dict[str, Any]:
    """POST /product/{202309|202312|202502}/products/search."""
    shop, body = call.the_shop, call.body
    wanted = {name: set(body[name]) for name in ("seller_skus", "sku_ids") if body[name]}
    found = [
        product_id
        for product_id, skus in shop.products.items()
        if body["status"] in {"ALL", shop.product_status.get(product_id, "ACTIVATE")}
        and all(wanted[name] & {getattr(s, name[:-1]) for s in skus} for name in wanted)
        and all(
            _between(when, body[f"{name}_ge"], body[f"{name}_le"])
            for name, when in _moments(shop, product_id).items()
        )
    ]
    page, token = paging.of_list(call, found)
    rows = [_product(shop, product_id, shop.products[product_id]) for product_id in page]
    return paging.answer(call, token, total_count=len(found), products=rows)


def _between(when: int, low: int | None, high: int | None) -> bool:
    return (low is None or when >= low) and (high is None or when <= high)


def detail(call: Call) -> dict[str, Any]:
    """GET /product/202309/products/{product_id}."""
    shop, product_id = call.the_shop, call.parts["product_id"]
    skus = shop.products.get(product_id)
    if skus is None:
        raise ApiError(_NO_PRODUCT, "the product does not exist")
    shown = _product(shop, product_id, skus)
    del shown["sales_regions"]
    for row, sku in zip(shown["skus"], skus, strict=True):
        row |= {
            "sales_attributes": [
                {"id": "100000", "name": "Variant", "value_id": sku.sku_id[-6:],
                 "value_name": sku.sku_name}
            ],
            "identifier_code": {"code": sku.barcode, "type": "EAN"},
            "combined_skus": [
                {"product_id": part.product_id, "sku_id": part.sku_id, "sku_count": part.count}
                for part in sku.bundle
            ],
            "external_sku_id": "",
        }  # fmt: skip
    image = f"https://example.invalid/img/{product_id}.jpg"
    return shown | {
        "description": f"<p>{skus[0].product_name}</p>",
        "category_chains": [
            {"id": "600001", "parent_id": "0", "local_name": "Home", "is_leaf": True}
        ],
        "main_images": [
            {"uri": product_id, "urls": [image], "thumb_urls": [image], "width": 800, "height": 800}
        ],
        "package_weight": {"value": "1.5", "unit": "POUND"},
        "package_dimensions": {"length": "10", "width": "8", "height": "4", "unit": "INCH"},
        "product_attributes": [],
        "external_product_id": "",
    }


def inventory_search(call: Call) -> dict[str, Any]:
    """POST /product/202309/inventory/search. Committed stock is what open orders still need."""
    shop, body = call.the_shop, call.body
    if not body["product_ids"] and not body["sku_ids"]:
        raise invalid("The parameter ProductIds or SkuIds is required")
    wanted = {sku.sku_id for p in body["product_ids"] or () for sku in shop.products.get(p, ())}
    wanted |= {str(sku_id) for sku_id in body["sku_ids"] or ()}
    rows: dict[str, list[dict[str, Any]]] = {}
    for sku_id in sorted(wanted):
        sku = shop.sku(sku_id)
        if sku is not None:
            rows.setdefault(sku.product_id, []).append(_stock(shop, sku))
    return {
        "inventory": [{"product_id": product, "skus": shown} for product, shown in rows.items()]
    }


def _stock(shop: Shop, sku: CatalogSku) -> dict[str, Any]:
    per_place = shop.stock.places(sku.sku_id)
    committed = shop.stock.committed_of(sku.sku_id, shop.open_orders())
    total = sum(per_place.values())
    return {
        "id": sku.sku_id,
        "seller_sku": sku.seller_sku,
        "total_available_quantity": total,
        "total_committed_quantity": sum(committed.values()),
        "total_available_inventory_distribution": {
            "in_shop_inventory": {"quantity": total},
            "campaign_inventory": [],
            "creator_inventory": [],
        },
        "warehouse_inventory": [
            {
                "warehouse_id": warehouse,
                "available_quantity": quantity,
                "committed_quantity": committed.get(warehouse, 0),
            }
            for warehouse, quantity in per_place.items()
        ],
    }


def _wrong_stock(shop: Shop, entries: Any, assigned: set[str]) -> tuple[int, str, str] | None:
    """Code, message and warehouse id (where one is to blame) of what is wrong with an entry."""
    only = next(iter(assigned)) if len(assigned) == 1 else ""
    if not isinstance(entries, list) or not entries:
        return _NO_WAREHOUSE, "inventory is missing", ""
    named = [str(entry.get("warehouse_id") or only) for entry in entries]
    known = {warehouse.id for warehouse in shop.warehouses if warehouse.kind == "SALES_WAREHOUSE"}
    for warehouse in named:
        if warehouse not in known:
            return _BAD_WAREHOUSE, "warehouse is invalid", warehouse
    missing = sorted(assigned - set(named))
    if missing:
        return _NO_WAREHOUSE, "every warehouse of the SKU must be listed", missing[0]
    for warehouse, entry in zip(named, entries, strict=True):
        quantity = entry.get("quantity")
        if not isinstance(quantity, int) or not 0 <= quantity <= _MOST_STOCK:
            return _BAD_STOCK, "quantity is outside the limits", warehouse
    return None


def _stock_error(sku_id: str, code: int, message: str, warehouse: str) -> dict[str, Any]:
    extra = [{"warehouse_id": warehouse, "code": code, "message": message}] if warehouse else []
    return {
        "code": code,
        "message": message,
        "detail": {"sku_id": sku_id, "extra_errors": extra},
    }


def inventory_update(call: Call) -> dict[str, Any]:
    """POST /product/202309/products/{product_id}/inventory/update: absolute quantities."""
    shop, product_id = call.the_shop, call.parts["product_id"]
    own = {sku.sku_id for sku in shop.products.get(product_id, [])}
    if not own:
        raise ApiError(_NO_PRODUCT, "the product does not exist")
    if shop.product_status.get(product_id) in _CLOSED:
        raise ApiError(_WRONG_STATUS, "the product's status does not allow it")
    errors, done = [], set()
    for entry in call.body["skus"]:
        sku_id = str(entry.get("id", ""))
        assigned = set(shop.stock.places(sku_id))
        wrong = _wrong_stock(shop, entry.get("inventory"), assigned)
        if sku_id not in own:
            wrong = (_NO_SKU, "the SKU is not one of this product", "")
        elif call.fault("partial_errors") is not None:
            wrong = (_PROMOTED, "the SKU is locked by a promotion", "")
        if wrong is not None:
            errors.append(_stock_error(sku_id, *wrong))
            continue
        for place in entry["inventory"]:
            warehouse = str(place.get("warehouse_id") or next(iter(assigned)))
            shop.stock.set(sku_id, warehouse, place["quantity"])
        done.add(sku_id)
    Life(call.world).tell_pushed_stock(shop, done)
    return {"errors": errors} if errors else {}


def _new_price(shop: Shop, entry: dict[str, Any], own: set[str]) -> tuple[str, int]:
    sku_id, price = str(entry.get("id", "")), entry.get("price") or {}
    if sku_id not in own:
        raise ApiError(_NO_SKU, "the SKU is not one of this product")
    if sku_id in shop.promoted:
        raise ApiError(_PROMOTED, "the SKU is locked by a promotion")
    if price.get("currency") != shop.region.currency:
        raise invalid("The parameter Currency is not the shop's")
    try:
        amount = money.minor(str(price.get("amount")), shop.region.exponent)
    except (ValueError, ArithmeticError) as error:
        raise invalid("The parameter Amount is invalid") from error
    if amount <= 0:
        raise invalid("The parameter Amount must be more than nothing")
    return sku_id, amount


def prices_update(call: Call) -> dict[str, Any]:
    """POST /product/202309/products/{product_id}/prices/update: all of them, or none."""
    shop, product_id = call.the_shop, call.parts["product_id"]
    own = {sku.sku_id for sku in shop.products.get(product_id, [])}
    if not own:
        raise ApiError(_NO_PRODUCT, "the product does not exist")
    if shop.product_status.get(product_id, "ACTIVATE") != "ACTIVATE":
        raise ApiError(_WRONG_STATUS, "the product's status does not allow it")
    shop.prices.update([_new_price(shop, entry, own) for entry in call.body["skus"]])
    shop.product_changed[product_id] = call.world.clock.now()
    return {}


_TIMES = {
    f"{name}_{bound}": Field("int", low=0)
    for name in ("create_time", "update_time")
    for bound in ("ge", "le")
}

ENDPOINTS = (
    Endpoint(
        "POST",
        "/product/products/search",
        search,
        _READ,
        versions=_VERSIONS,
        query={
            **paging.query_fields(1, 100, 20),
            "page_size": Field("int", required=True, low=1, high=100, code=12019109),
        },
        body={
            **_TIMES,
            "status": Field("str", default="ALL", choices=_STATUSES),
            "seller_skus": Field("list", longest=10, code=12052109),
            "sku_ids": Field("list", longest=10, code=12052109),
        },
    ),
    Endpoint("GET", "/product/products/{product_id}", detail, _READ),
    Endpoint(
        "POST",
        "/product/inventory/search",
        inventory_search,
        _READ,
        body={
            "product_ids": Field("list", longest=100, code=12052109),
            "sku_ids": Field("list", longest=600, code=12052109),
        },
    ),
    Endpoint(
        "POST",
        "/product/products/{product_id}/inventory/update",
        inventory_update,
        _WRITE,
        write=True,
        body={"skus": Field("list", required=True)},
    ),
    Endpoint(
        "POST",
        "/product/products/{product_id}/prices/update",
        prices_update,
        _WRITE,
        write=True,
        body={"skus": Field("list", required=True)},
    ),
)
