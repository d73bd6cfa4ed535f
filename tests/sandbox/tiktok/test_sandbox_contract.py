"""The independent PyPI client, unmodified, against the sandbox: its models parse every answer.

Where its models and our reference sheet disagree the sheet is followed, and the difference stands
here as data.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
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


def fulfilment_calls(sandbox: Any, shop: TikTokShop) -> Iterator[tuple[str, Any]]:
    """Every write about packages that the client has for this market."""
    own, api = {"shipping_type": "SELLER", "by_tiktok": False}, shop.fulfillment
    us = sandbox.credentials["region"] == "US"
    sku = sandbox.catalog()[0]["sku_id"]
    other = sandbox.catalog()[1]["sku_id"]
    carrier = shop.logistics.get_shipping_providers("7091146663229650001")
    provider = carrier.data.shipping_providers[0].id

    def order(*lines: tuple[str, int], **options: Any) -> str:
        return sandbox.create_order(lines or ((sku, 1),), status="AWAITING_SHIPMENT", **options)

    def info(number: str) -> dict[str, str]:
        return {"tracking_number": number, "shipping_provider_id": provider}

    parts = order((sku, 1), (other, 1), **own)
    yield "get_order_split_attributes", api.get_order_split_attributes(order_ids=[parts])
    lines = [line["id"] for line in sandbox.order(parts)["line_items"]]
    groups = [{"id": str(n), "order_line_item_ids": [one]} for n, one in enumerate(lines)]
    body: Any = models.ConfirmOrderSplitRequest.from_dict({"splittable_groups": groups})
    split = api.confirm_order_split(parts, body=body)
    yield "confirm_order_split", split
    package = split.data.packages[0].id
    yield "get_package_handover_time_slots", api.get_package_handover_time_slots(package)
    body = models.ShipPackageRequest.from_dict({"self_shipment": info("CONTRACT-1")})
    yield "ship_package", api.ship_package(package, body=body)
    body = models.UpdatePackageShippingInfoRequest.from_dict(
        {"shipping_info_list": [info("CONTRACT-2")]}
    )
    yield "update_package_shipping_info", api.update_package_shipping_info(package, body=body)
    yield "get_order_tracking", api.get_order_tracking(parts)
    whole = order(**own)
    if us:
        body = models.MarkPackageAsShippedRequest.from_dict({"shipping_info_list": [info("C-3")]})
        yield "mark_package_as_shipped", api.mark_package_as_shipped(whole, body=body)
    else:
        sandbox.ship(whole)
    body = models.UpdateOrderShippingInfoRequest.from_dict(info("CONTRACT-4"))
    yield "update_order_shipping_info", api.update_order_shipping_info(whole, body=body)
    first = order(**own)
    second = order(buyer_of=first)
    found = api.search_combinable_packages(page_size=50)
    yield "search_combinable_packages", found
    wanted = {"id": found.data.combinable_packages[0].id, "order_ids": [first, second]}
    body = models.CombinePackageRequest.from_dict({"combinable_packages": [wanted]})
    combined = api.combine_package(body=body)
    yield "combine_package", combined
    body = models.UncombinePackagesRequest(order_ids=[second])
    yield "uncombine_packages", api.uncombine_packages(combined.data.packages[0].id, body=body)
    body = models.BatchShipPackagesRequest.from_dict({"packages": [{"id": "1"}]})
    refused = api.batch_ship_packages(body=body)
    assert refused.data.errors[0].code == 21011028
    yield "batch_ship_packages", refused
    if us:
        label = order(shipping_type="TIKTOK", by_tiktok=False)
        body = models.GetEligibleShippingServicesRequest.from_dict({})
        yield (
            "get_eligible_shipping_services",
            api.get_eligible_shipping_services(label, body=body),
        )
        body = models.CreatePackagesRequest.from_dict({"ship_type": "1", "order_id": label})
        yield "create_packages", api.create_packages(body=body)


def decision_calls(sandbox: Any, shop: TikTokShop) -> Iterator[tuple[str, Any]]:
    """Every write about cancellations, returns and prices that the client has."""
    api, sku = shop.return_and_refund, sandbox.catalog()[0]
    key = {"idempotency_key": "contract"}

    def order(status: str) -> str:
        return sandbox.create_order([(sku["sku_id"], 1)], status=status, by_tiktok=False)

    body: Any = models.CancelOrderRequest(
        order_id=order("AWAITING_SHIPMENT"), cancel_reason="seller_cancel_reason_out_of_stock"
    )
    yield "cancel_order", api.cancel_order(body=body)
    asked = sandbox.request_cancel(order("AWAITING_SHIPMENT"))
    reasons = api.get_reject_reasons(return_or_cancel_id=asked)
    yield "get_reject_reasons", reasons
    body = models.RejectCancellationRequest(reject_reason=reasons.data.reasons[0].name)
    yield "reject_cancellation", api.reject_cancellation(asked, body=body, **key)
    asked = sandbox.request_cancel(order("AWAITING_SHIPMENT"))
    yield "approve_cancellation", api.approve_cancellation(asked, **key)
    delivered = order("DELIVERED")
    yield "get_aftersale_eligibility", api.get_aftersale_eligibility(delivered)
    reason = "ecom_order_delivered_refund_reason_damaged"
    body = models.CalculateRefundRequest(
        order_id=delivered, request_type="REFUND", reason_name=reason
    )
    yield "calculate_refund", api.calculate_refund(body=body)
    body = models.CreateReturnRequest(
        order_id=delivered, return_type="REFUND", return_reason=reason,
        refund_total="1", currency=sku["currency"],
    )  # fmt: skip
    yield "create_return", api.create_return(body=body, **key)
    offered = sandbox.request_return(order("DELIVERED"), kind="REFUND")
    body = models.ApproveReturnRequest.from_dict(
        {
            "decision": "OFFER_PARTIAL_REFUND",
            "partial_refund": {"amount": "1", "currency": sku["currency"]},
        }
    )
    yield "approve_return", api.approve_return(offered, body=body, **key)
    refused = sandbox.request_return(order("DELIVERED"))
    body = models.RejectReturnRequest.from_dict(
        {"decision": "REJECT_RETURN", "reject_reason": "reverse_reject_request_reason_1"}
    )
    yield "reject_return", api.reject_return(refused, body=body, **key)
    yield "get_return_records", api.get_return_records(refused)
    yield "search_returns", api.search_returns(page_size="50")
    price = {"id": sku["sku_id"], "price": {"amount": "99", "currency": sku["currency"]}}
    body = models.UpdatePriceRequest.from_dict({"skus": [price]})
    yield "update_price", shop.products.update_price(sku["product_id"], body=body)
    wrong = {"id": sku["sku_id"], "inventory": [{"warehouse_id": "1", "quantity": 3}]}
    body = models.UpdateInventoryRequest.from_dict({"skus": [wrong]})
    refusal = shop.products.update_inventory(sku["product_id"], body=body)
    assert refusal.data.errors[0].detail.extra_errors[0].warehouse_id == "1"
    yield "update_inventory", refusal


def test_every_answer_parses_and_carries_nothing_the_client_does_not_know(client):
    sandbox, shop = client
    strange: dict[str, set[str]] = {}
    seen = set()
    every = (calls(sandbox, shop), fulfilment_calls(sandbox, shop), decision_calls(sandbox, shop))
    for name, answer in chain.from_iterable(every):
        assert answer.code == 0, name
        seen.add(name)
        if name == "get_order_detail":
            assert len(answer.data.orders) == 50
        found = set(unknown_fields(answer.data)) - UNKNOWN_TO_THE_CLIENT.get(name, set())
        if found:
            strange[name] = found

    assert strange == {}
    assert len(seen) >= 51


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
