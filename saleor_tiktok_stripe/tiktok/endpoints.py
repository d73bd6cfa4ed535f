"""The endpoints this package calls, as data: path, scope, and whether a shop must be named.

Sources: the Open API's endpoint references (versions in the paths); limits after the vendor's 2026
guidance (3-10 calls a second for ordinary reads, 5-20 for batch reads, 1-3 for writes). Stock and
shipping go faster, for what waits there is oversold or late: the limit published before was 50 for
each endpoint, and a 429 pauses the group.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..transport import Rate

API_URL = "https://open-api.tiktokglobalshop.com"
AUTH_URL = "https://auth.tiktok-shops.com"
CONSENT_URLS: Mapping[str, str] = {
    "US": "https://services.tiktokshops.us",
    "ROW": "https://services.tiktokshop.com",
}
HOSTS = ("open-api.tiktokglobalshop.com", "auth.tiktok-shops.com")


@dataclass(frozen=True)
class Endpoint:
    """``safe`` says a call may be repeated: reads, and writes that set an absolute value.
    ``cipher`` is False on the few paths where naming a shop is refused.
    """

    label: str
    method: str
    path: str
    scope: str
    group: str
    safe: bool = True
    cipher: bool = True


SHOPS = Endpoint(
    "shops.list", "GET", "/authorization/202309/shops", "seller.authorization.info", "account",
    cipher=False,
)  # fmt: skip
DEAUTHORIZE = Endpoint(
    "shops.deauthorize", "DELETE", "/authorization/202403/shops", "seller.authorization.info",
    "account",
)  # fmt: skip
PERMISSIONS = Endpoint(
    "seller.permissions", "GET", "/seller/202309/permissions", "seller.shop.info", "account",
    cipher=False,
)  # fmt: skip
ORDER_SEARCH = Endpoint(
    "orders.search", "POST", "/order/202309/orders/search", "seller.order.info", "orders"
)
ORDER_DETAIL = Endpoint(
    "orders.detail", "GET", "/order/202507/orders", "seller.order.info", "order_detail"
)
ORDER_REFERENCES = Endpoint(
    "orders.reference", "POST", "/order/202406/orders/external_orders",
    "seller.order.ext_ref.write", "order_writes",
)  # fmt: skip
PACKAGE_DETAIL = Endpoint(
    "packages.detail", "GET", "/fulfillment/202309/packages/{id}",
    "seller.fulfillment.basic", "packages",
)  # fmt: skip
ORDER_SHIPPED = Endpoint(
    "orders.mark_shipped", "POST", "/fulfillment/202309/orders/{id}/packages",
    "seller.fulfillment.package.write", "shipping", safe=False,
)  # fmt: skip
PACKAGE_SHIP = Endpoint(
    "packages.ship", "POST", "/fulfillment/202309/packages/{id}/ship",
    "seller.fulfillment.package.write", "shipping", safe=False,
)  # fmt: skip
ORDER_TRACKING_UPDATE = Endpoint(
    "orders.update_tracking", "POST", "/fulfillment/202309/orders/{id}/shipping_info/update",
    "seller.fulfillment.package.write", "shipping", safe=False,
)  # fmt: skip
PACKAGE_TRACKING_UPDATE = Endpoint(
    "packages.update_tracking", "POST", "/fulfillment/202309/packages/{id}/shipping_info/update",
    "seller.fulfillment.package.write", "shipping", safe=False,
)  # fmt: skip
SPLIT_RULES = Endpoint(
    "orders.split_rules", "GET", "/fulfillment/202309/orders/split_attributes",
    "seller.fulfillment.basic", "packages",
)  # fmt: skip
SPLIT = Endpoint(
    "orders.split", "POST", "/fulfillment/202309/orders/{id}/split",
    "seller.fulfillment.package.write", "shipping", safe=False,
)  # fmt: skip
COMBINABLE = Endpoint(
    "packages.combinable", "GET", "/fulfillment/202309/combinable_packages/search",
    "seller.fulfillment.basic", "packages",
)  # fmt: skip
COMBINE = Endpoint(
    "packages.combine", "POST", "/fulfillment/202309/packages/combine",
    "seller.fulfillment.package.write", "shipping", safe=False,
)  # fmt: skip
UNCOMBINE = Endpoint(
    "packages.uncombine", "POST", "/fulfillment/202309/packages/{id}/uncombine",
    "seller.fulfillment.package.write", "shipping", safe=False,
)  # fmt: skip
DELIVERY_OPTIONS = Endpoint(
    "warehouses.delivery_options", "GET", "/logistics/202309/warehouses/{id}/delivery_options",
    "seller.logistics", "account",
)  # fmt: skip
SHIPPING_PROVIDERS = Endpoint(
    "delivery_options.providers", "GET",
    "/logistics/202309/delivery_options/{id}/shipping_providers", "seller.logistics", "account",
)  # fmt: skip
CANCELLATION_SEARCH = Endpoint(
    "cancellations.search", "POST", "/return_refund/202309/cancellations/search",
    "seller.return_refund.basic", "aftersales",
)  # fmt: skip
CANCEL = Endpoint(
    "orders.cancel", "POST", "/return_refund/202309/cancellations",
    "seller.return_refund.basic", "aftersales_writes", safe=False,
)  # fmt: skip
CANCELLATION_APPROVE = Endpoint(
    "cancellations.approve", "POST", "/return_refund/202309/cancellations/{id}/approve",
    "seller.return_refund.basic", "aftersales_writes", safe=False,
)  # fmt: skip
CANCELLATION_REJECT = Endpoint(
    "cancellations.reject", "POST", "/return_refund/202309/cancellations/{id}/reject",
    "seller.return_refund.basic", "aftersales_writes", safe=False,
)  # fmt: skip
RETURN_SEARCH = Endpoint(
    "returns.search", "POST", "/return_refund/202309/returns/search",
    "seller.return_refund.basic", "aftersales",
)  # fmt: skip
RETURN_OPEN = Endpoint(
    "returns.open", "POST", "/return_refund/202309/returns",
    "seller.return_refund.basic", "aftersales_writes", safe=False,
)  # fmt: skip
RETURN_APPROVE = Endpoint(
    "returns.approve", "POST", "/return_refund/202309/returns/{id}/approve",
    "seller.return_refund.basic", "aftersales_writes", safe=False,
)  # fmt: skip
RETURN_REJECT = Endpoint(
    "returns.reject", "POST", "/return_refund/202309/returns/{id}/reject",
    "seller.return_refund.basic", "aftersales_writes", safe=False,
)  # fmt: skip
REJECT_REASONS = Endpoint(
    "cases.reject_reasons", "GET", "/return_refund/202309/reject_reasons",
    "seller.return_refund.basic", "aftersales",
)  # fmt: skip
ELIGIBILITY = Endpoint(
    "orders.eligibility", "GET", "/return_refund/202309/orders/{id}/aftersale_eligibility",
    "seller.return_refund.basic", "aftersales",
)  # fmt: skip
PRODUCT_SEARCH = Endpoint(
    "products.search", "POST", "/product/202502/products/search", "seller.product.basic", "products"
)
PRODUCT_DETAIL = Endpoint(
    "products.detail", "GET", "/product/202309/products/{id}", "seller.product.basic", "products"
)
STOCK_SEARCH = Endpoint(
    "stock.search", "POST", "/product/202309/inventory/search", "seller.product.basic", "products"
)
STOCK_UPDATE = Endpoint(
    "stock.update", "POST", "/product/202309/products/{id}/inventory/update",
    "seller.product.write", "stock",
)  # fmt: skip
PRICE_UPDATE = Endpoint(
    "prices.update", "POST", "/product/202309/products/{id}/prices/update",
    "seller.product.write", "prices",
)  # fmt: skip
STATEMENTS = Endpoint(
    "statements.list", "GET", "/finance/202309/statements", "seller.finance.info", "finance"
)  # fmt: skip
STATEMENT_ROWS = Endpoint(
    "statements.rows", "GET", "/finance/202501/statements/{id}/statement_transactions",
    "seller.finance.info", "finance",
)  # fmt: skip
UNSETTLED = Endpoint(
    "orders.unsettled", "GET", "/finance/202507/orders/unsettled", "seller.finance.info", "finance"
)  # fmt: skip
PAYMENTS = Endpoint(
    "payments.list", "GET", "/finance/202309/payments", "seller.finance.info", "finance"
)  # fmt: skip
WITHDRAWALS = Endpoint(
    "withdrawals.list", "GET", "/finance/202309/withdrawals", "seller.finance.info", "finance"
)  # fmt: skip
WAREHOUSES = Endpoint(
    "warehouses.list", "GET", "/logistics/202309/warehouses", "seller.logistics", "account"
)
WEBHOOKS = Endpoint(
    "webhooks.list", "GET", "/event/202309/webhooks", "seller.authorization.info", "account"
)
WEBHOOK_PUT = Endpoint(
    "webhooks.register", "PUT", "/event/202309/webhooks", "seller.authorization.info", "account"
)
WEBHOOK_DELETE = Endpoint(
    "webhooks.delete", "DELETE", "/event/202309/webhooks", "seller.authorization.info", "account"
)

RATES: Mapping[str, Rate] = {
    "orders": Rate(20),
    "order_detail": Rate(20),
    "order_writes": Rate(3),
    "packages": Rate(10),
    "shipping": Rate(10),
    "aftersales": Rate(10),
    "aftersales_writes": Rate(5),
    "products": Rate(10),
    "stock": Rate(10),
    "prices": Rate(3),
    "finance": Rate(10),
    "account": Rate(20),
    "tokens": Rate(5),
}
"""Calls per second for one (app, shop) and endpoint group."""
