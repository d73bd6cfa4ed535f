"""Orders move on, webhooks tell of it, and faults strike when they are asked for."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
from tiktok_shop_api.webhooks import UnknownWebhookEvent, Webhooks

SEARCH = "/order/202309/orders/search"
HOOKS = "/event/202309/webhooks"


class Receiver:
    """A webhook endpoint that notes what comes and answers what it is told to."""

    def __init__(self):
        self.calls, self.status = [], 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.calls.append((self.headers["Authorization"], body))
                self.send_response(outer.status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def events(self):
        return [(json.loads(body)["type"], json.loads(body)["data"]) for _, body in self.calls]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def hooked(sandbox, caller, receiver):
    """A sandbox whose order events go to the receiver; its clock stands still."""
    sandbox.set_clock_rate(0)
    for kind in (
        "ORDER_STATUS_CHANGE", "PACKAGE_UPDATE", "CANCELLATION_STATUS_CHANGE",
        "RETURN_STATUS_CHANGE", "RECIPIENT_ADDRESS_UPDATE", "SELLER_DEAUTHORIZATION",
    ):  # fmt: skip
        caller.data("PUT", HOOKS, body={"event_type": kind, "address": receiver.url})
    return sandbox


def status(sandbox, order_id):
    return sandbox.order(order_id)["status"]


def seller_skus(sandbox, count):
    return [[entry["sku_id"], 1] for entry in sandbox.catalog()[:count]]


def test_an_order_from_placing_to_completion(sandbox):
    order_id = sandbox.create_order(seller_skus(sandbox, 2))
    seen = [status(sandbox, order_id)]
    for step in ("pay", "end_hold", "ship", "in_transit", "deliver", "complete"):
        before = sandbox.order(order_id)["update_time"]
        sandbox.advance_time(60)
        getattr(sandbox, step)(order_id)
        assert sandbox.order(order_id)["update_time"] >= before + 60
        seen.append(status(sandbox, order_id))

    assert seen == [
        "UNPAID", "ON_HOLD", "AWAITING_SHIPMENT", "AWAITING_COLLECTION", "IN_TRANSIT",
        "DELIVERED", "COMPLETED",
    ]  # fmt: skip
    order = sandbox.order(order_id)
    times = [order[name] for name in ("create_time", "paid_time", "rts_time", "collection_time",
                                      "delivery_time")]  # fmt: skip
    assert times == sorted(times)
    with pytest.raises(ValueError, match="is COMPLETED"):
        sandbox.pay(order_id)


def test_shipping_in_parts_and_splitting(sandbox, caller):
    order_id = sandbox.create_order(seller_skus(sandbox, 3), status="AWAITING_SHIPMENT")
    lines = [line["id"] for line in sandbox.order(order_id)["line_items"]]

    first = sandbox.ship(order_id, lines[:1], tracking="T1")
    assert status(sandbox, order_id) == "PARTIALLY_SHIPPING"
    parts = sandbox.split(order_id, [lines[1:2], lines[2:]])
    for line in lines[1:]:
        sandbox.ship(order_id, [line])

    order = sandbox.order(order_id)
    assert order["status"] == "AWAITING_COLLECTION"
    assert order["split_or_combine_tag"] == "SPLIT"
    assert [package["id"] for package in order["packages"]] == [first, *parts]
    detail = caller.data("GET", f"/fulfillment/202309/packages/{first}")
    assert (detail["tracking_number"], detail["package_status"]) == ("T1", "PROCESSING")
    assert detail["order_line_item_ids"] == lines[:1]
    sandbox.in_transit(order_id, first)
    assert status(sandbox, order_id) == "AWAITING_COLLECTION"


def test_combined_orders_share_a_package_and_move_together(sandbox, caller):
    both = [
        sandbox.create_order(by_tiktok=False, shipping_type="SELLER", status="AWAITING_SHIPMENT")
        for _ in range(2)
    ]
    package = sandbox.combine(both)
    assert sandbox.ship(both[1]) == package
    sandbox.in_transit(both[0])

    assert [status(sandbox, order_id) for order_id in both] == ["IN_TRANSIT"] * 2
    found = caller.data("POST", "/fulfillment/202309/packages/search", {"page_size": 50}, {})[
        "packages"
    ]
    combined = next(entry for entry in found if entry["id"] == package)
    assert [entry["id"] for entry in combined["orders"]] == both
    assert sandbox.order(both[1])["split_or_combine_tag"] == "COMBINED"


def test_cash_is_collected_for_every_order_of_a_combined_package(sandbox):
    both = [
        sandbox.create_order(by_tiktok=False, shipping_type="SELLER", status="AWAITING_SHIPMENT")
        for _ in range(2)
    ]
    for order_id in both:
        order = sandbox.world.shops[0].find(order_id)
        order.cash_on_delivery, order.paid_time = True, 0
    sandbox.combine(both)
    sandbox.ship(both[0])
    sandbox.in_transit(both[0])
    assert [sandbox.truth(order_id)["paid"] for order_id in both] == ["0"] * 2

    sandbox.deliver(both[0])

    for order_id in both:
        amount = sandbox.order(order_id)["payment"]["total_amount"]
        assert sandbox.truth(order_id)["paid"] == amount != "0"


def test_orders_that_leave_in_different_ways_are_not_combined(sandbox):
    by_seller = sandbox.create_order(shipping_type="SELLER", status="AWAITING_SHIPMENT")
    others = [
        sandbox.create_order(shipping_type="TIKTOK", status="AWAITING_SHIPMENT"),
        sandbox.create_order(by_tiktok=True, shipping_type="SELLER", status="AWAITING_SHIPMENT"),
    ]

    for other in others:
        with pytest.raises(ValueError, match="in different ways"):
            sandbox.combine([by_seller, other])

    assert "split_or_combine_tag" not in sandbox.order(by_seller)


def test_cancelling_a_line_keeps_the_payment_block(sandbox, caller):
    order_id = sandbox.create_order(seller_skus(sandbox, 2), status="AWAITING_SHIPMENT")
    before = sandbox.order(order_id)
    gone = before["line_items"][0]["id"]

    case = sandbox.cancel(order_id, [gone], by="SELLER")

    after = sandbox.order(order_id)
    assert after["payment"] == before["payment"]
    assert [line["display_status"] for line in after["line_items"]] == [
        "CANCELLED",
        "AWAITING_SHIPMENT",
    ]
    found = caller.data(
        "POST", "/return_refund/202309/cancellations/search", {}, {"order_ids": [order_id]}
    )["cancellations"]
    assert [entry["cancel_id"] for entry in found] == [case]
    assert found[0]["cancel_status"] == "CANCELLATION_REQUEST_COMPLETE"
    assert [line["order_line_item_id"] for line in found[0]["cancel_line_items"]] == [gone]
    sandbox.cancel(order_id, by="BUYER")
    assert status(sandbox, order_id) == "CANCELLED"
    with pytest.raises(ValueError, match="shipped line"):
        sandbox.cancel(sandbox.create_order(status="AWAITING_COLLECTION"))


def test_buyer_asks_and_seller_refuses(sandbox, caller):
    order_id = sandbox.create_order(status="AWAITING_SHIPMENT")
    case = sandbox.request_cancel(order_id)
    assert sandbox.order(order_id)["is_buyer_request_cancel"]

    sandbox.resolve_cancel(case, approve=False)

    assert status(sandbox, order_id) == "AWAITING_SHIPMENT"
    for spelling in ("CANCELLATION_REQUEST_CANCEL", "CANCELLATION_REQUEST_CANCELLED"):
        found = caller.data(
            "POST",
            "/return_refund/202602/cancellations/search",
            {},
            {"cancel_status": [spelling]},
        )
        assert [entry["cancel_id"] for entry in found["cancellations"]] == [case]


def test_a_return_from_request_to_refund(sandbox, caller):
    order_id = sandbox.create_order(seller_skus(sandbox, 2), status="DELIVERED")
    line = sandbox.order(order_id)["line_items"][0]
    case = sandbox.request_return(order_id, [line["id"]])
    sandbox.advance_return(case, "BUYER_SHIPPED_ITEM")
    sandbox.complete_return(case)

    query, body = {"page_size": 10}, {"return_ids": [case]}
    found = caller.data("POST", "/return_refund/202309/returns/search", query, body)
    shown = found["return_orders"][0]
    assert shown["return_status"] == "RETURN_OR_REFUND_REQUEST_COMPLETE"
    assert shown["refund_amount"]["refund_subtotal"] == line["sale_price"]
    assert shown["combined_return_id"] == "0"
    assert status(sandbox, order_id) == "DELIVERED"


def test_every_step_is_told_by_a_signed_webhook(hooked, receiver):
    order_id = hooked.create_order(status="AWAITING_SHIPMENT")
    hooked.change_address(order_id)
    case = hooked.cancel(order_id, by="BUYER")
    hooked.deauthorize()

    assert hooked.deliver_due() == len(receiver.calls)

    given = hooked.credentials
    for sign, body in receiver.calls:
        Webhooks.verify_and_parse(
            app_key=given["app_key"], app_secret=given["app_secret"], raw_body=body, signature=sign
        )
    events = receiver.events()
    assert [kind for kind, _ in events] == [1, 1, 1, 3, 11, 1, 11, 11, 6]
    states = [data["order_status"] for kind, data in events if kind == 1]
    assert states == ["UNPAID", "ON_HOLD", "AWAITING_SHIPMENT", "CANCEL"]
    assert [data["cancel_id"] for kind, data in events if kind == 11] == [case] * 3


def test_cancelled_is_spelled_as_configured(hooked, receiver):
    hooked.configure(cancel_spelling="CANCELLED")
    hooked.cancel(hooked.create_order())
    hooked.deliver_due()

    assert [d["order_status"] for k, d in receiver.events() if k == 1] == ["UNPAID", "CANCELLED"]


def test_refused_webhooks_come_again_after_2_min_30_min_3_h_and_12_h(hooked, receiver):
    receiver.status = 500
    hooked.create_order()
    hooked.deliver_due()
    for wait in (120, 30 * 60, 3 * 3600, 12 * 3600):
        assert hooked.pending_webhooks()[0]["due"] == hooked.now() + wait
        hooked.advance_time(wait - 1)
        assert hooked.deliver_due() == 0
        hooked.advance_time(1)
        assert hooked.deliver_due() == 1

    assert hooked.pending_webhooks() == []
    assert len(receiver.calls) == 5
    assert len(set(receiver.calls)) == 1


def test_a_late_receiver_gets_it_in_the_end(hooked, receiver):
    receiver.status = 503
    hooked.create_order()
    hooked.deliver_due()
    receiver.status = 200
    hooked.advance_time(120)
    hooked.deliver_due()

    assert [entry["answer"] for entry in hooked.webhook_log()] == [503, 200]
    assert hooked.pending_webhooks() == []


def test_webhook_faults(hooked, receiver):
    for kind in ("webhook_duplicate", "webhook_wrong_signature", "webhook_unknown_type"):
        hooked.inject_fault(kind)
    hooked.create_order()
    hooked.deliver_due()
    kinds = [kind for kind, _ in receiver.events()]
    assert kinds == [1, 1, 9001]
    assert receiver.calls[0] == receiver.calls[1]
    assert receiver.calls[0][0] == "0" * 64
    assert isinstance(Webhooks.parse(receiver.calls[2][1]), UnknownWebhookEvent)

    receiver.calls.clear()
    hooked.inject_fault("webhook_drop")
    hooked.create_order()
    hooked.inject_fault("webhook_delay", seconds=50)
    late = hooked.create_order()
    assert hooked.deliver_due() == 0
    hooked.advance_time(50)
    hooked.deliver_due()
    assert [data["order_id"] for _, data in receiver.events()] == [late]


def test_reordered_webhooks(hooked, receiver):
    hooked.reorder_webhooks()
    made = [hooked.create_order() for _ in range(8)]
    hooked.deliver_due()

    told = [data["order_id"] for _, data in receiver.events()]
    assert sorted(told) == sorted(made)
    assert told != made


def test_registering_replacing_and_deleting_webhooks(sandbox, caller):
    one = {"event_type": "ORDER_STATUS_CHANGE", "address": "http://127.0.0.1:9/a"}
    caller.data("PUT", HOOKS, body=one)
    caller.data("PUT", HOOKS, body={**one, "address": "https://shop.example/b"})
    rows = caller.data("GET", HOOKS)["webhooks"]
    assert [(row["event_type"], row["address"]) for row in rows] == [
        ("ORDER_STATUS_CHANGE", "https://shop.example/b")
    ]
    for bad in ("http://shop.example/", "https://shop.example:444/", "https://10.0.0.1/"):
        assert caller.code("PUT", HOOKS, body={**one, "address": bad})[1] == 36009004
    for _ in range(2):
        caller.data("DELETE", HOOKS, body={"event_type": "ORDER_STATUS_CHANGE"})
    assert caller.data("GET", HOOKS) == {"total_count": 0, "webhooks": []}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("internal_error", (200, 36009003)),
        ("rate_limit", (429, 36009002)),
        ("token_expired", (401, 105002)),
        ("scope_missing", (401, 105005)),
        ("region_refused", (200, 21008106)),
    ],
)
def test_a_fault_strikes_as_often_as_asked(sandbox, caller, kind, expected):
    sandbox.inject_fault(kind, path="/orders/search", times=2)
    elsewhere = caller.code("GET", HOOKS)

    struck = [caller.code("POST", SEARCH, {"page_size": 1}, {}) for _ in range(3)]

    assert elsewhere == (200, 0)
    assert struck == [expected, expected, (200, 0)]


def test_429_with_and_without_retry_after(sandbox, caller):
    sandbox.inject_fault("rate_limit", retry_after=7)
    sandbox.inject_fault("rate_limit", retry_after=None)

    first, second = (caller.call("POST", SEARCH, {"page_size": 1}, {}) for _ in range(2))

    assert first.headers["Retry-After"] == "7"
    assert "Retry-After" not in second.headers


def test_503_latency_and_reset(sandbox, caller):
    sandbox.inject_fault("unavailable")
    assert caller.call("GET", HOOKS).status_code == 503
    sandbox.inject_fault("latency", seconds=0.2)
    assert caller.call("GET", HOOKS).elapsed.total_seconds() >= 0.2
    sandbox.inject_fault("reset")
    with pytest.raises(requests.ConnectionError):
        caller.call("GET", HOOKS)
    assert caller.code("GET", HOOKS) == (200, 0)


def test_a_write_may_succeed_and_its_answer_be_lost(sandbox, caller):
    sandbox.inject_fault("lost_answer", path=HOOKS)
    body = {"event_type": "ORDER_STATUS_CHANGE", "address": "http://127.0.0.1:9/a"}

    with pytest.raises(requests.ConnectionError):
        caller.call("PUT", HOOKS, body=body)

    assert caller.data("GET", HOOKS)["total_count"] == 1


def test_chances_come_from_the_seed(sandbox, caller):
    sandbox.inject_fault("internal_error", times=None, probability=0.5)
    codes = [caller.code("GET", HOOKS)[1] for _ in range(30)]
    assert set(codes) == {0, 36009003}

    sandbox.clear_faults()
    assert caller.code("GET", HOOKS)[1] == 0
    with pytest.raises(ValueError, match="unknown fault"):
        sandbox.inject_fault("earthquake")


def test_masks_flip_and_last_pages_differ(sandbox, caller):
    order_id = sandbox.create_order(status="AWAITING_SHIPMENT", shipping_type="SELLER")
    path, query = "/order/202309/orders", {"ids": order_id}

    def name():
        return caller.data("GET", path, query)["orders"][0]["recipient_address"]["name"]

    readable = name()
    sandbox.inject_fault("mask_flip", to="MASKED")
    assert "*" in name()
    assert name() == readable
    assert caller.search()["next_page_token"] == ""
    sandbox.inject_fault("page_token_missing")
    assert "next_page_token" not in caller.search()


def test_partial_errors_inside_a_success(sandbox, caller):
    sku = sandbox.catalog()[0]
    place = caller.data("GET", "/logistics/202309/warehouses")["warehouses"][0]["id"]
    path = f"/product/202309/products/{sku['product_id']}/inventory/update"

    def push(quantity, warehouse=place):
        stock = [{"warehouse_id": warehouse, "quantity": quantity}]
        return caller.data("POST", path, {}, {"skus": [{"id": sku["sku_id"], "inventory": stock}]})

    def available():
        body = {"sku_ids": [sku["sku_id"]]}
        found = caller.data("POST", "/product/202309/inventory/search", {}, body)
        return found["inventory"][0]["skus"][0]["total_available_quantity"]

    assert push(5) == {}
    assert available() == 5
    sandbox.inject_fault("partial_errors")
    assert push(6)["errors"][0]["detail"]["sku_id"] == sku["sku_id"]
    assert push(100_000)["errors"][0]["code"] == 12052055
    assert push(6, "123")["errors"][0]["code"] == 12019022
    assert available() == 5


def test_external_references_are_kept_and_found(sandbox, caller):
    order_id = sandbox.order_ids(limit=1)[0]
    reference = {"id": "SALEOR-17", "platform": "ORDER_MANAGEMENT_SYSTEM", "line_items": []}
    entries = [
        {"id": order_id, "external_order": reference},
        {"id": "1", "external_order": reference},
    ]
    path = "/order/202406/orders"

    errors = caller.data("POST", f"{path}/external_orders", {}, {"orders": entries})["errors"]

    assert [error["detail"]["order_id"] for error in errors] == ["1"]
    query = {"platform": "ORDER_MANAGEMENT_SYSTEM"}
    kept = caller.data("GET", f"{path}/{order_id}/external_orders", query)
    assert kept == {"external_orders": [reference]}
    found = caller.data(
        "POST", f"{path}/external_order_search", {**query, "external_order_id": "SALEOR-17"}
    )
    assert [entry["id"] for entry in found["orders"]] == [order_id]
