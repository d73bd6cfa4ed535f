"""Endpoints about the shop itself: authorization, seller, logistics, webhooks."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from saleor_tiktok_stripe.sandbox.tiktok.errors import invalid
from saleor_tiktok_stripe.sandbox.tiktok.fields import Field
from saleor_tiktok_stripe.sandbox.tiktok.gateway import CIPHER_FORBIDDEN, Call, Endpoint
from saleor_tiktok_stripe.sandbox.tiktok.shop import Shop, Warehouse
from saleor_tiktok_stripe.sandbox.tiktok.webhooks import TYPES

_AUTHORIZATION, _SELLER = "seller.authorization.info", "seller.shop.info"
_LOGISTICS = "seller.logistics"
_LONGEST_ADDRESS = 255
DELIVERY_OPTIONS = (
    ("7091146663229650001", "Standard Shipping", "STANDARD"),
    ("7091146663229650002", "Send by seller", "SEND_BY_SELLER"),
)


def authorized_shops(call: Call) -> dict[str, Any]:
    """GET /authorization/202309/shops."""
    granted = call.world.authority.shop_numbers
    shops = [shop for shop in call.world.shops if shop.number in granted]
    return {
        "shops": [
            {
                "id": shop.id,
                "cipher": shop.cipher,
                "code": shop.code,
                "name": shop.name,
                "region": shop.region.code,
                "seller_type": "LOCAL" if len(shops) == 1 else "CROSS_BORDER",
            }
            for shop in shops
        ]
    }


def deauthorize(call: Call) -> dict[str, Any]:
    """DELETE /authorization/202403/shops: the app gives a shop back."""
    authority = call.world.authority
    authority.shop_numbers.remove(call.the_shop.number)
    if not authority.shop_numbers:
        authority.withdraw()
    return {}


def active_shops(call: Call) -> dict[str, Any]:
    """GET /seller/202309/shops."""
    return {"shops": [{"id": s.id, "region": s.region.code} for s in call.world.shops]}


def permissions(call: Call) -> dict[str, Any]:
    """GET /seller/202309/permissions."""
    return {"permissions": ["MANAGE_GLOBAL_PRODUCT"] if len(call.world.shops) > 1 else []}


def _warehouse(shop: Shop, warehouse: Warehouse) -> dict[str, Any]:
    place = shop.region.places[0]
    return {
        "id": warehouse.id,
        "name": warehouse.name,
        "entity_id": str(int(warehouse.id) + 500),
        "is_default": warehouse.is_default,
        "type": warehouse.kind,
        "sub_type": "DOMESTIC_WAREHOUSE",
        "effect_status": "ENABLED",
        "address": {
            "region": shop.region.country,
            "region_code": shop.region.code,
            "state": place.state,
            "city": place.city,
            "distict": place.county,
            "town": "",
            "address_line1": "1 Warehouse Way",
            "address_line2": "",
            "address_line3": "",
            "address_line4": "",
            "full_address": f"{shop.region.country}, {place.state}, {place.city}, 1 Warehouse Way",
            "postal_code": place.postal_code,
            "contact_person": "Pat Depot",
            "phone_number": f"(+{shop.region.dial})2025550100",
            "first_name": "Pat",
            "last_name": "Depot",
            "geolocation": {"latitude": "0", "longitude": "0"},
        },
    }


def warehouses(call: Call) -> dict[str, Any]:
    """GET /logistics/202309/warehouses."""
    shop = call.the_shop
    return {"warehouses": [_warehouse(shop, warehouse) for warehouse in shop.warehouses]}


def delivery_options(call: Call) -> dict[str, Any]:
    """GET /logistics/202309/warehouses/{warehouse_id}/delivery_options."""
    known = {warehouse.id for warehouse in call.the_shop.warehouses}
    if call.parts["warehouse_id"] not in known:
        raise invalid("The parameter WarehouseId is invalid")
    size = {"max_length": 60, "max_width": 60, "max_height": 60, "unit": "INCH"}
    weight = {"min_weight": 0, "max_weight": 70, "unit": "POUND"}
    return {
        "delivery_options": [
            {
                "id": option,
                "name": name,
                "type": kind,
                "description": name,
                "platform": ["TIKTOK_SHOP"],
                "dimension_limit": size,
                "weight_limit": weight,
            }
            for option, name, kind in DELIVERY_OPTIONS
        ]
    }


def shipping_providers(call: Call) -> dict[str, Any]:
    """GET /logistics/202309/delivery_options/{delivery_option_id}/shipping_providers."""
    if call.parts["delivery_option_id"] not in {option[0] for option in DELIVERY_OPTIONS}:
        raise invalid("The parameter DeliveryOptionId is invalid")
    providers = call.the_shop.region.providers
    return {"shipping_providers": [{"id": number, "name": name} for number, name in providers]}


def global_warehouses(call: Call) -> dict[str, Any]:
    """GET /logistics/202309/global_warehouses."""
    first = call.world.shops[0].warehouses[0]
    return {"global_warehouses": [{"id": first.id, "name": first.name, "ownership": "SELLER"}]}


def list_webhooks(call: Call) -> dict[str, Any]:
    """GET /event/202309/webhooks."""
    rows = call.world.outbox.of_shop(call.the_shop.id)
    return {"total_count": len(rows), "webhooks": rows}


def _check_address(call: Call, address: str) -> None:
    parts = urlsplit(address)
    loopback = parts.hostname in {"127.0.0.1", "localhost", "::1"}
    if call.world.settings.strict_webhook_urls or not loopback:
        host = parts.hostname or ""
        bad_host = parts.port is not None or host.replace(".", "").isdigit() or "." not in host
        if parts.scheme != "https" or bad_host:
            raise invalid("The parameter Address must be https with a domain name and no port")


def put_webhook(call: Call) -> dict[str, Any]:
    """PUT /event/202309/webhooks: create or replace."""
    address = call.body["address"]
    _check_address(call, address)
    call.world.outbox.register(call.the_shop.id, call.body["event_type"], address)
    return {}


def delete_webhook(call: Call) -> dict[str, Any]:
    """DELETE /event/202309/webhooks: no error when there was none."""
    call.world.outbox.forget(call.the_shop.id, call.body["event_type"])
    return {}


_EVENT = Field("str", required=True, choices=tuple(TYPES))
_ADDRESS = Field("str", required=True, longest=_LONGEST_ADDRESS)

ENDPOINTS = (
    Endpoint("GET", "/authorization/shops", authorized_shops, _AUTHORIZATION, CIPHER_FORBIDDEN),
    Endpoint(
        "DELETE", "/authorization/shops", deauthorize, _AUTHORIZATION, versions=("202403",),
    ),
    Endpoint("GET", "/seller/shops", active_shops, _SELLER, CIPHER_FORBIDDEN),
    Endpoint("GET", "/seller/permissions", permissions, _SELLER, CIPHER_FORBIDDEN),
    Endpoint("GET", "/logistics/warehouses", warehouses, _LOGISTICS),
    Endpoint(
        "GET", "/logistics/warehouses/{warehouse_id}/delivery_options", delivery_options,
        _LOGISTICS,
        query={"scope": Field("str", choices=("WAREHOUSE", "PRODUCT"))},
    ),
    Endpoint(
        "GET", "/logistics/delivery_options/{delivery_option_id}/shipping_providers",
        shipping_providers, _LOGISTICS,
    ),
    Endpoint(
        "GET", "/logistics/global_warehouses", global_warehouses, _LOGISTICS, CIPHER_FORBIDDEN
    ),
    Endpoint("GET", "/event/webhooks", list_webhooks, _AUTHORIZATION),
    Endpoint(
        "PUT", "/event/webhooks", put_webhook, _AUTHORIZATION,
        body={"event_type": _EVENT, "address": _ADDRESS},
    ),
    Endpoint(
        "DELETE", "/event/webhooks", delete_webhook, _AUTHORIZATION, body={"event_type": _EVENT},
    ),
)  # fmt: skip
