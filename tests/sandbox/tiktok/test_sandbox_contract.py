"""The independent PyPI client, unmodified, against the sandbox: its models parse every answer.

Where its models and our reference sheet disagree the sheet is followed, and the difference stands
here as data.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import pytest
from tiktok_shop_api import TikTokShop
from tiktok_shop_api.auth import TikTokShopAuth
from tiktok_shop_api.generated import models
from tiktok_shop_api.generated._meta import OPERATIONS

from saleor_tiktok_stripe.sandbox.tiktok.server import ENDPOINTS

# Fields that the sheet names (or live captures show) and the client's models do not know.
UNKNOWN_TO_THE_CLIENT = {
    "get_order_price_details": {"line_items[].cod_fee_net_amount"},
    "get_package_detail": {
        f"recipient_address.{name}"
        for name in (
            "delivery_preferences",
            "district_info",
            "first_name",
            "first_name_local_script",
            "last_name",
            "last_name_local_script",
            "post_town",
        )
    },
    "get_payments": {"payments[].reserve_amount"},
    "get_transactions_by_statement": {
        "transactions[].fee_tax_breakdown.fee.platform_commission_amount",
    },
    "get_unsettled_transactions": {
        "sum_est_shipping_cost_amount",
        "transactions[].fee_tax_breakdown.fee.platform_commission_amount",
    },
    "search_products": {"total_count"},
}
# Operations of the sheet that this release of the client has only in another version, or not.
ONLY_IN_THE_SHEET = {
    "/order/202309/orders",
    "/return_refund/202309/cancellations/search",
    "/return_refund/202309/returns/search",
    "/finance/202309/payments",
    "/product/202309/products/search",
    "/product/202312/products/search",
    "/authorization/202403/shops",
    "/fulfillment/202309/orders/{order_id}/packages",
    "/fulfillment/202309/packages/{package_id}/shipping_info/update",
    "/fulfillment/202309/packages",
    "/return_refund/202309/cancellations",
    "/return_refund/202309/returns",
    "/return_refund/202309/returns/{return_id}/reject",
    "/return_refund/202309/refunds/calculate",
    "/return_refund/202309/orders/{order_id}/aftersale_eligibility",
    "/return_refund/202512/orders/{order_id}/aftersale_eligibility",
    "/fulfillment/202309/orders/{order_id}/handover_time_slots",
}


def unknown_fields(value: Any, path: str = "") -> Iterator[str]:
    """Dotted paths of what a parsed answer carries beyond its model."""
    if isinstance(value, list):
        for item in value:
            yield from unknown_fields(item, f"{path}[]")
    elif attrs.has(type(value)):
        for name in getattr(value, "additional_properties", {}):
            yield f"{path}.{name}".lstrip(".")
        for field in attrs.fields(type(value)):
            if field.init:
                yield from unknown_fields(getattr(value, field.name), f"{path}.{field.name}")


@pytest.fixture(scope="module", params=["US", "TH"])
def client(request, sandbox_server):
    sandbox = sandbox_server(regions=(request.param,), orders=120, rate_burst=1000)
    given = sandbox.credentials
    auth = TikTokShopAuth(given["app_key"], given["app_secret"], base_url=given["auth_url"])
    tokens = auth.refresh(auth.exchange_code(given["auth_code"]).refresh_token)
    with TikTokShop(
        given["app_key"], given["app_secret"], tokens.access_token, base_url=given["base_url"]
    ) as app:
        shops = app.authorization.get_authorized_shops().data.shops
        shop = app.with_shop(shop_cipher=shops[0].cipher)
        yield sandbox, shop


def calls(sandbox: Any, shop: TikTokShop) -> Iterator[tuple[str, Any]]:
    """Every read, and the writes, that the client has and the sandbox serves."""
    order_id = sandbox.create_order(status="DELIVERED")
    package_id = sandbox.order(order_id)["packages"][0]["id"]
    sandbox.request_return(order_id)
    sandbox.cancel(sandbox.create_order())
    platform = "ORDER_MANAGEMENT_SYSTEM"
    get = models.GetExternalOrderReferencesPlatform(platform)
    find = models.SearchOrdersByExternalOrderReferencePlatform(platform)
    reference = {
        "orders": [
            {"id": order_id, "external_order": {"id": "7", "platform": platform, "line_items": []}}
        ]
    }
    sku = sandbox.catalog()[0]
    warehouse = shop.logistics.get_warehouse_list()
    place = warehouse.data.warehouses[0].id
    stock = {"skus": [{"id": sku["sku_id"], "inventory": [{"warehouse_id": place, "quantity": 3}]}]}
    hook = {"event_type": "ORDER_STATUS_CHANGE", "address": "http://127.0.0.1:9/x"}
    statement = shop.finance.get_statements(sort_field="statement_time", page_size=100)
    statement_id = statement.data.statements[0].id
    by_time = {"sort_field": "order_create_time"}

    yield "get_authorized_shops", shop.authorization.get_authorized_shops()
    yield "get_active_shops", shop.seller.get_active_shops()
    yield "get_global_product_permission", shop.seller.get_global_product_permission()
    yield "get_order_list", shop.orders.get_order_list(page_size=100)
    yield "get_order_detail", shop.orders.get_order_detail(ids=sandbox.order_ids(limit=50))
    yield "get_order_price_details", shop.orders.get_order_price_details(order_id)
    body: Any = models.AddExternalOrderReferencesRequest.from_dict(reference)
    yield "add_external_order_references", shop.orders.add_external_order_references(body=body)
    yield (
        "get_external_order_references",
        shop.orders.get_external_order_references(order_id, platform=get),
    )
    yield (
        "search_orders_by_external_order_reference",
        shop.orders.search_orders_by_external_order_reference(platform=find, external_order_id="7"),
    )
    yield "get_warehouse_list", warehouse
    options = shop.logistics.get_warehouse_delivery_options(place)
    yield "get_warehouse_delivery_options", options
    yield (
        "get_shipping_providers",
        shop.logistics.get_shipping_providers(options.data.delivery_options[0].id),
    )
    yield "get_global_seller_warehouses", shop.logistics.get_global_seller_warehouses()
    yield "search_package", shop.fulfillment.search_package(page_size=50)
    yield "get_package_detail", shop.fulfillment.get_package_detail(package_id)
    yield "search_products", shop.products.search_products(page_size=100)
    yield "get_product", shop.products.get_product(sku["product_id"])
    body = models.InventorySearchRequest(sku_ids=[sku["sku_id"]])
    yield "inventory_search", shop.products.inventory_search(body=body)
    body = models.UpdateInventoryRequest.from_dict(stock)
    yield "update_inventory", shop.products.update_inventory(sku["product_id"], body=body)
    yield "search_cancellations", shop.return_and_refund.search_cancellations(page_size="50")
    yield "search_returns", shop.return_and_refund.search_returns(page_size="50")
    yield "get_statements", statement
    yield (
        "get_transactions_by_statement",
        shop.finance.get_transactions_by_statement(statement_id, **by_time),
    )
    settled = sandbox.order_ids(status="COMPLETED", limit=1)[0]
    yield "get_transactions_by_order", shop.finance.get_transactions_by_order(settled)
    yield "get_unsettled_transactions", shop.finance.get_unsettled_transactions(**by_time)
    kinds = [models.GetSellerFinancialTransactionsTypesItem("SETTLE")]
    yield (
        "get_seller_financial_transactions",
        shop.finance.get_seller_financial_transactions(types=kinds),
    )
    body = models.UpdateShopWebhookRequest.from_dict(hook)
    yield "update_shop_webhook", shop.event.update_shop_webhook(body=body)
    yield "get_shop_webhooks", shop.event.get_shop_webhooks()
    body = models.DeleteWebhookForAnEventRequest.from_dict(hook)
    yield "delete_webhook_for_an_event", shop.event.delete_webhook_for_an_event(body=body)
    if sandbox.credentials["region"] == "US":
        yield "get_payments", shop.finance.get_payments(sort_field="create_time")


def test_every_answer_parses_and_carries_nothing_the_client_does_not_know(client):
    sandbox, shop = client
    strange: dict[str, set[str]] = {}
    seen = set()
    for name, answer in calls(sandbox, shop):
        assert answer.code == 0, name
        seen.add(name)
        if name == "get_order_detail":
            assert len(answer.data.orders) == 50
        found = set(unknown_fields(answer.data)) - UNKNOWN_TO_THE_CLIENT.get(name, set())
        if found:
            strange[name] = found

    assert strange == {}
    assert len(seen) >= 29


def test_the_client_reads_a_whole_shop_page_by_page(client):
    sandbox, shop = client
    seen, token = [], ""
    while True:
        page = shop.orders.get_order_list(page_size=50, page_token=token).data
        seen += [order.id for order in page.orders]
        token = page.next_page_token
        if not token:
            break

    assert sorted(seen) == sorted(sandbox.order_ids())


def test_what_both_know_has_the_same_method_and_cipher_rule():
    theirs = {
        (entry["path"], entry["method"].upper()): entry["requiresShopCipher"]
        for entry in OPERATIONS
    }
    generic = {(_nameless(path), method): needed for (path, method), needed in theirs.items()}
    missing = set()
    for endpoint in ENDPOINTS:
        domain, rest = endpoint.path[1:].split("/", 1)
        for version in endpoint.versions:
            path = f"/{domain}/{version}/{rest}"
            needed = generic.get((_nameless(path), endpoint.method))
            if needed is None:
                missing.add(path)
            else:
                assert needed == (endpoint.cipher == "needed"), path

    assert missing == ONLY_IN_THE_SHEET


def _nameless(path: str) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))
