"""The client over real HTTP against the sandbox: every endpoint, every market, the faults."""

from __future__ import annotations

import pytest

from saleor_tiktok_stripe.errors import ChannelError, NeedsReauthorization, RetryLater
from saleor_tiktok_stripe.orders.money import settle
from saleor_tiktok_stripe.sandbox.tiktok import TikTokSandbox
from saleor_tiktok_stripe.tiktok.auth import exchange_code, refresh
from saleor_tiktok_stripe.tiktok.client import TikTokClient, open_door
from saleor_tiktok_stripe.tiktok.errors import AccessTokenExpired, TokensInDoubt
from saleor_tiktok_stripe.tiktok.gateway import AppCredentials
from saleor_tiktok_stripe.tiktok.types import ExternalReference, WebhookRegistration
from saleor_tiktok_stripe.transport import Lane


class Connected:
    """A sandbox with one shop, an authorization for it and a client."""

    def __init__(self, sandbox):
        given = sandbox.credentials
        self.sandbox, self.auth_url = sandbox, given["auth_url"]
        self.app = AppCredentials(given["app_key"], given["app_secret"], "7")
        self.door = open_door(allow_loopback=True)
        self.tokens = exchange_code(self.app, given["auth_code"], self.door, auth_url=self.auth_url)
        (self.shop,) = self.client("").shops()
        self.api = self.client(self.shop.cipher)

    def client(self, cipher):
        return TikTokClient(
            self.app,
            self.tokens.access_token,
            cipher,
            self.door,
            base_url=self.sandbox.base_url,
            lane=Lane.INTERACTIVE,
        )

    def all_orders(self):
        found, token = [], ""
        while True:
            page = self.api.search_orders(page_token=token)
            assert page.broken == ()
            found += page.orders
            token = page.next_token
            if not token:
                return found


@pytest.fixture
def connected():
    with TikTokSandbox(orders=30, seed=7) as sandbox:
        yield Connected(sandbox)


@pytest.mark.parametrize("region", ["US", "GB", "DE", "JP", "ID", "TH", "MX", "BR"])
def test_every_order_of_every_market_is_read_and_its_money_closes(region):
    with TikTokSandbox(orders=150, seed=11, regions=(region,)) as sandbox:
        here = Connected(sandbox)
        orders = here.all_orders()
        again = here.api.orders([order.id for order in orders[:50]])

    assert here.shop.region == region
    assert len({order.id for order in orders}) == 150
    assert {order.raw_state for order in orders} >= {"ON_HOLD", "CANCELLED", "IN_TRANSIT"}
    for order in orders:
        settle(order, region)
    assert {order.id: order for order in again.orders} == {order.id: order for order in orders[:50]}


def test_the_other_endpoints(connected):
    api, sandbox = connected.api, connected.sandbox
    address = "https://shop.example/hook"

    api.register_webhook("ORDER_STATUS_CHANGE", address)
    assert api.webhooks() == (WebhookRegistration("ORDER_STATUS_CHANGE", address),)
    api.delete_webhook("ORDER_STATUS_CHANGE")
    api.delete_webhook("ORDER_STATUS_CHANGE")
    assert api.webhooks() == ()

    assert any(place.sells and place.enabled for place in api.warehouses())
    listed = {sku.sku_id: sku for sku in api.iter_skus()}
    assert set(listed) == {row["sku_id"] for row in sandbox.catalog()}
    some = next(iter(listed.values()))
    detailed = {sku.sku_id: sku for sku in api.product_skus(some.product_id)}
    assert detailed[some.sku_id].barcode
    assert detailed[some.sku_id].seller_sku == some.seller_sku
    assert connected.client("").permissions() == ()
    assert abs(api.clock_skew) < 5


def test_references_reach_tiktok_and_the_unknown_order_comes_back(connected):
    order = connected.api.search_orders(page_size=1).orders[0]
    lines = {unit.id: f"line-{number}" for number, unit in enumerate(order.units)}

    refused = connected.api.set_external_references(
        [ExternalReference(order.id, "1001", lines), ExternalReference("123", "1002")]
    )

    assert [(one.subject, one.code) for one in refused] == [("123", 21008111)]
    (kept,) = connected.sandbox.world.shops[0].external[order.id]
    assert (kept["id"], kept["platform"]) == ("1001", "ORDER_MANAGEMENT_SYSTEM")
    assert {row["origin_id"] for row in kept["line_items"]} == set(lines)


def test_cancellations_of_one_order(connected):
    for cancelled in connected.api.search_cancellations().cancellations:
        found = connected.api.search_cancellations(order_ids=[cancelled.order_id])
        assert cancelled.id in {one.id for one in found.cancellations}
        assert {one.order_id for one in found.cancellations} == {cancelled.order_id}
        assert found.broken == ()


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        ("rate_limit", RetryLater, "TIKTOK_RATE_LIMITED"),
        ("internal_error", RetryLater, "TIKTOK_BUSY"),
        ("unavailable", RetryLater, "TIKTOK_BUSY"),
        ("token_expired", AccessTokenExpired, "ACCESS_TOKEN_EXPIRED"),
        ("scope_missing", NeedsReauthorization, "TIKTOK_SCOPE_MISSING"),
    ],
)
def test_faults_become_their_errors(connected, fault, kind, code):
    connected.sandbox.inject_fault(fault, path="/orders/search")

    with pytest.raises(ChannelError) as error:
        connected.api.search_orders()

    assert (type(error.value), error.value.code) == (kind, code)


@pytest.mark.parametrize("fault", ["reset", "lost_answer"])
def test_cut_reads_are_repeated_until_they_succeed(connected, fault):
    connected.sandbox.inject_fault(fault, path="/orders/search", times=2)

    assert connected.api.search_orders().orders
    assert connected.sandbox.armed_faults() == []


def test_page_token_may_be_missing_on_the_last_page(connected):
    connected.sandbox.inject_fault("page_token_missing", path="/orders/search")

    assert connected.api.search_orders().next_token == ""


def test_refresh_rotates_both_tokens(connected):
    fresh = refresh(
        connected.app, connected.tokens.refresh_token, connected.door, auth_url=connected.auth_url
    )

    assert fresh.access_token != connected.tokens.access_token
    assert fresh.refresh_token != connected.tokens.refresh_token


def test_a_used_code_is_refused(connected):
    code = connected.sandbox.new_auth_code()
    exchange_code(connected.app, code, connected.door, auth_url=connected.auth_url)

    with pytest.raises(NeedsReauthorization) as error:
        exchange_code(connected.app, code, connected.door, auth_url=connected.auth_url)

    assert not isinstance(error.value, TokensInDoubt)
    assert error.value.code == "TIKTOK_AUTH_CODE_INVALID"


def test_after_deauthorizing_nothing_goes(connected):
    connected.api.deauthorize()

    with pytest.raises(NeedsReauthorization):
        connected.api.search_orders()
