from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest
from tiktok_shop_api.signing import Signer

from saleor_tiktok_stripe.errors import InDoubt, NeedsReauthorization, Parked, RetryLater, VendorBug
from saleor_tiktok_stripe.tiktok.errors import AccessTokenExpired
from saleor_tiktok_stripe.tiktok.types import (
    ExternalReference,
    Product,
    Shop,
    Warehouse,
    WebhookRegistration,
)
from saleor_tiktok_stripe.transport import BreakerPolicy, BreakerState, Transport
from tests.transport.servers import answer, raw, reset, serving

from .wire_samples import envelope, line, order_row, page


def sent(request):
    """(method, path, query, headers, body) of a request as the server got it."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, target, _ = first.split(" ")
    url = urlsplit(target)
    headers = dict(one.lower().split(": ", 1) for one in lines)
    return method, url.path, dict(parse_qsl(url.query, keep_blank_values=True)), headers, body


def check_signature(request):
    _, path, query, headers, body = sent(request)
    theirs = Signer.sign(
        path=path,
        query=list(query.items()),
        content_type=headers.get("content-type"),
        body=body or None,
        app_secret="s3cr3t_demo_0001",
    )
    assert query["sign"] == theirs


def moment(seconds):
    return datetime.fromtimestamp(seconds, UTC)


def test_order_search_is_asked_as_documented_and_signed(client_for):
    with serving(answer(page(order_row(), token="NEXT", total=7))) as server:
        found = client_for(server).search_orders(
            updated_from=moment(1767139200), updated_to=moment(1767225600), page_token="T"
        )

    method, path, query, headers, body = sent(server.requests[0])
    assert (method, path) == ("POST", "/order/202309/orders/search")
    assert {name: query[name] for name in query if name != "sign"} == {
        "app_key": "demoappkey1",
        "timestamp": "1767225600",
        "shop_cipher": "GCP_demoCipherAAAA",
        "page_size": "100",
        "page_token": "T",
        "sort_field": "update_time",
        "sort_order": "ASC",
    }
    assert headers["x-tts-access-token"] == "ttp_accesstoken"
    assert body == b'{"update_time_ge":1767139200,"update_time_lt":1767225600}'
    check_signature(server.requests[0])
    assert [one.id for one in found.orders] == ["576461413000000002"]
    assert (found.next_token, found.total, found.broken) == ("NEXT", 7, ())


@pytest.mark.parametrize("token", ["", None])
def test_last_page_has_no_token_however_it_is_spelled(client_for, token):
    data = {"orders": [], "next_page_token": token}
    with serving(answer(envelope(data)), answer(envelope({}))) as server:
        client = client_for(server)
        assert client.search_orders().next_token == ""
        assert client.search_orders().orders == ()


def test_repeated_page_token_is_an_error_not_a_loop(client_for):
    with serving(answer(page(token="SAME"))) as server, pytest.raises(VendorBug) as failed:
        client_for(server).search_orders(page_token="SAME")

    assert failed.value.code == "TIKTOK_PAGE_REPEATED"


def test_unreadable_order_is_set_aside_with_its_id(client_for):
    rows = [order_row(id="1", payment__total_amount="NaN"), order_row()]
    with serving(answer(page(*rows))) as server:
        found = client_for(server).search_orders()

    assert len(found.orders) == 1
    assert found.broken == (("1", "payment.total_amount: not a decimal amount"),)


def test_an_order_whose_id_is_a_number_is_named_and_one_without_any_is_logged(client_for, caplog):
    rows = [order_row(id=576461413000000003), order_row(id=5.5), order_row(id=True), "row"]
    with serving(answer(page(*rows))) as server:
        found = client_for(server).search_orders()

    assert found.orders == ()
    assert [name for name, _ in found.broken] == ["576461413000000003", "", "", ""]
    assert caplog.messages.count("a row without id cannot be read: id: not an id") == 2


@pytest.mark.parametrize(
    ("half", "shown"),
    [
        (b"a Mug \\ud83d", "a Mug \ufffd"),
        (b"a Mug \xed\xa0\xbd", "a Mug \ufffd"),
        (b"a \\u0000Mug", "a \ufffdMug"),
        (b"a Mug \\ud83d\\ude00 \\\\ud83d", "a Mug \U0001f600 \\ud83d"),
    ],
)
def test_a_text_cut_in_the_middle_of_an_emoji_can_be_kept(client_for, half, shown):
    row = order_row(line_items=[line(1, product_name="a Mug")])
    with serving(answer(page(row, order_row(id="2")).replace(b"a Mug", half))) as server:
        found, other = client_for(server).search_orders().orders

    assert found.units[0].product_name == shown
    assert found.units[0].product_name.encode().decode() == shown
    assert other.id == "2"


def test_a_character_that_cannot_be_kept_makes_no_id_or_amount_readable(client_for):
    rows = [order_row(id="5\x007"), order_row(payment__total_amount="1\x0023")]
    with serving(answer(page(*rows))) as server:
        found = client_for(server).search_orders()

    assert found.orders == ()
    assert [why for _, why in found.broken] == [
        "id: not an id",
        "payment.total_amount: not a decimal amount",
    ]


def test_a_refusal_can_be_kept_whatever_it_says(client_for):
    said = answer(b'{"code":36009010,"message":"\\ud83d\\u0000","request_id":"\\ud83d\\u0000"}')
    with serving(said) as server, pytest.raises(VendorBug) as error:
        client_for(server).search_orders()

    assert (error.value.request_id, error.value.message[-2:]) == ("\ufffd" * 2, "\ufffd" * 2)


def test_orders_by_id(client_for):
    with serving(answer(page(order_row()))) as server:
        client = client_for(server)
        found = client.orders(["576461413000000002", "5"])
        assert client.orders([]).orders == ()
        with pytest.raises(ValueError, match="at most 50"):
            client.orders(["1"] * 51)

    method, path, query, _, body = sent(server.requests[0])
    assert (method, path, query["ids"], body) == (
        "GET",
        "/order/202507/orders",
        "576461413000000002,5",
        b"",
    )
    check_signature(server.requests[0])
    assert len(found.orders) == 1
    assert len(server.requests) == 1


def test_shops_are_asked_without_a_cipher(client_for):
    shop = {"id": "7", "cipher": "ROW_x", "code": "C", "name": "N", "region": "UK",
            "seller_type": "LOCAL"}  # fmt: skip
    with serving(answer(envelope({"shops": [shop]}))) as server:
        found = client_for(server).shops()

    assert found == (Shop("7", "ROW_x", "C", "N", "GB", "LOCAL"),)
    assert "shop_cipher" not in sent(server.requests[0])[2]


def test_warehouses_permissions_and_webhooks(client_for):
    place = {"id": "9", "name": "Main", "is_default": True, "type": "SALES_WAREHOUSE",
             "effect_status": "ENABLED", "address": {"region_code": "US"}}  # fmt: skip
    hook = {"event_type": "ORDER_STATUS_CHANGE", "address": "https://a.example/x"}
    with serving(
        answer(envelope({"warehouses": [place]})),
        answer(envelope({"permissions": ["MANAGE_GLOBAL_PRODUCT"]})),
        answer(envelope({"webhooks": [hook], "total_count": 1})),
        answer(envelope({})),
        answer(envelope({})),
        answer(envelope({})),
    ) as server:
        client = client_for(server)
        assert client.warehouses() == (Warehouse("9", "Main", "US", True, True, True),)
        assert client.permissions() == ("MANAGE_GLOBAL_PRODUCT",)
        assert client.webhooks() == (
            WebhookRegistration("ORDER_STATUS_CHANGE", "https://a.example/x"),
        )
        client.register_webhook("ORDER_STATUS_CHANGE", "https://b.example/ü")
        client.delete_webhook("ORDER_STATUS_CHANGE")
        client.deauthorize()

    put, delete, end = (sent(request) for request in server.requests[3:])
    assert (put[0], put[4]) == (
        "PUT",
        '{"event_type":"ORDER_STATUS_CHANGE","address":"https://b.example/ü"}'.encode(),
    )
    assert (delete[0], delete[4]) == ("DELETE", b'{"event_type":"ORDER_STATUS_CHANGE"}')
    assert end[:2] == ("DELETE", "/authorization/202403/shops")
    for request in server.requests:
        check_signature(request)


def test_external_references_go_out_in_one_batch_and_refusals_come_back(client_for):
    refused = {
        "code": 21008111,
        "message": "order not found",
        "detail": {"order_id": "12", "external_order": {"id": "1002"}},
    }
    with serving(answer(envelope({"errors": [refused]}))) as server:
        found = client_for(server).set_external_references(
            [ExternalReference("11", "1001", {"501": "line-1"}), ExternalReference("12", "1002")]
        )

    assert json.loads(sent(server.requests[0])[4]) == {
        "orders": [
            {
                "id": "11",
                "external_order": {
                    "id": "1001",
                    "platform": "ORDER_MANAGEMENT_SYSTEM",
                    "line_items": [{"id": "line-1", "origin_id": "501"}],
                },
            },
            {
                "id": "12",
                "external_order": {
                    "id": "1002",
                    "platform": "ORDER_MANAGEMENT_SYSTEM",
                    "line_items": [],
                },
            },
        ]
    }
    assert [(one.subject, one.code) for one in found] == [("12", 21008111)]
    assert found[0].problem.code == "TIKTOK_NOT_OF_THIS_SHOP"


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        ("401 Unauthorized", 105002, AccessTokenExpired),
        ("401 Unauthorized", 105005, NeedsReauthorization),
        ("401 Unauthorized", 106001, NeedsReauthorization),
        ("429 Too Many", 36009002, RetryLater),
        ("200 OK", 36009003, RetryLater),
        ("200 OK", 21008111, Parked),
        ("404 Not Found", 36009009, VendorBug),
        ("200 OK", 4711, VendorBug),
    ],
)
def test_refusals_are_raised_by_their_code_and_counted(client_for, door, status, code, kind):
    body = envelope(None, code, "said. For more details visit https://x.example/?token=abc")
    with serving(answer(body, status)) as server, pytest.raises(kind) as error:
        client_for(server).search_orders()

    assert type(error.value) is kind
    assert len(server.requests) == 1
    assert door.counters() == {("orders.search", str(code)): 1}
    if code == 105005:
        assert "seller.order.info" in error.value.message


@pytest.mark.parametrize(
    "behaviour",
    [
        answer(b""),
        answer(b"<html>busy</html>"),
        answer(b"[]"),
        answer(b"null"),
        answer(b'{"message":"no code"}'),
        answer(b'{"code":null}'),
        answer(b'{"code":true,"data":{}}'),
        answer(b'{"code":0.0,"data":{}}'),
        answer(page(order_row())[:-1]),
        answer(b'{"code":0,"data":{"x":NaN}}'),
        answer(b"\xff\xfe\x00"),
        answer(b'{"code":0,"data":' + b"[" * 200_000),
        answer(gzip.compress(page(order_row()))[:-40], Content_Encoding="gzip"),
    ],
)
def test_junk_with_status_200_is_retried_for_reads_never_taken_for_success(client_for, behaviour):
    with serving(behaviour) as server, pytest.raises(RetryLater) as error:
        client_for(server).search_orders()

    assert error.value.code == "TIKTOK_UNREADABLE_ANSWER"


@pytest.mark.parametrize("data", [{"orders": {}}, {"orders": "x"}, {"orders": 5}])
def test_wrong_shape_inside_a_success_is_a_bug(client_for, data):
    with serving(answer(envelope(data))) as server, pytest.raises(VendorBug) as error:
        client_for(server).search_orders()

    assert error.value.code == "TIKTOK_UNREADABLE_ANSWER"


def test_cut_answers_are_repeated_for_reads(client_for):
    half = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{")
    with serving(reset, half, answer(page(order_row()))) as server:
        assert len(client_for(server).search_orders().orders) == 1

    assert len(server.requests) == 3


def test_skew_is_read_off_the_date_header(client_for):
    with serving(answer(page(), Date="Thu, 01 Jan 2026 00:05:00 GMT"), answer(page())) as server:
        client = client_for(server)
        assert client.clock_skew is None
        client.search_orders()
        assert client.clock_skew == 300.0
        client.search_orders()
        assert client.clock_skew == 300.0


@pytest.mark.parametrize(
    "date",
    ["junk", "", "32 Foo 2026", "Thu, 01 Jan 9999999999 00:00:00 GMT"],
)
def test_unreadable_date_header_is_ignored(client_for, date):
    with serving(answer(page(), Date=date)) as server:
        client = client_for(server)
        client.search_orders()

    assert client.clock_skew is None


def test_busy_answers_open_the_breaker_of_this_shop(app, client_for):
    door = Transport([], user_agent="t", allow_loopback=True, breaker=BreakerPolicy(min_failures=3))
    busy = envelope(None, 36009003, "busy")
    with serving(answer(busy)) as server:
        client = client_for(server)
        client._gateway._transport = door
        for _ in range(3):
            with pytest.raises(RetryLater):
                client.search_orders()
        with pytest.raises(RetryLater) as held:
            client.search_orders()

    assert held.value.code == "CIRCUIT_OPEN"
    assert len(server.requests) == 3
    account = client._gateway._account
    assert door.breaker_state(account, "orders") is BreakerState.OPEN


def test_refusals_of_ours_do_not_open_the_breaker(app, client_for):
    door = Transport([], user_agent="t", allow_loopback=True, breaker=BreakerPolicy(min_failures=3))
    with serving(answer(envelope(None, 21001001, "bad"))) as server:
        client = client_for(server)
        client._gateway._transport = door
        for _ in range(5):
            with pytest.raises(VendorBug):
                client.search_orders()

    assert len(server.requests) == 5


def test_vendors_rate_limit_pauses_the_group(client_for):
    body = envelope(None, 36009002, "too many")
    with serving(answer(body, "429 Slow", Retry_After="8")) as server:
        client = client_for(server)
        with pytest.raises(RetryLater) as first:
            client.search_orders()
        with pytest.raises(RetryLater) as second:
            client.search_orders()

    assert first.value.retry_after == 8.0
    assert second.value.code == "VENDOR_PAUSE"
    assert len(server.requests) == 1


def test_product_detail_has_the_barcode(client_for):
    detail = {
        "id": "17",
        "title": "Tee",
        "status": "ACTIVATE",
        "skus": [
            {"id": "18", "seller_sku": "TEE ", "identifier_code": {"code": "4006381333931"}},
            {"id": "19", "seller_sku": "", "identifier_code": None},
        ],
    }
    with serving(answer(envelope(detail))) as server:
        found = client_for(server).product_skus("17")

    assert sent(server.requests[0])[1] == "/product/202309/products/17"
    check_signature(server.requests[0])
    assert found == (
        Product("17", "Tee", "18", "TEE", "4006381333931", "ACTIVATE"),
        Product("17", "Tee", "19", "", "", "ACTIVATE"),
    )


def test_all_skus_are_walked_in_slices_below_the_search_window(client_for):
    # 25 000 products, one a second; the shop shows at most 10 000 of a search.
    first = 1_700_000_000
    asked = []

    def shop(connection, request):
        _, _, query, _, body = sent(request)
        bounds = json.loads(body)
        low = max(bounds["create_time_ge"], first)
        high = min(bounds["create_time_le"], first + 24_999)
        total = max(0, high - low + 1)
        start = int(query.get("page_token", "0"))
        asked.append((total, start))
        assert start + 100 <= 10_000 or total <= 10_000
        rows = [
            {"id": str(second), "skus": [{"id": str(second)}]}
            for second in range(low + start, min(low + start + 100, high + 1))
        ]
        token = str(start + 100) if start + 100 < total else ""
        data = {"products": rows, "total_count": total, "next_page_token": token}
        answer(envelope(data))(connection, request)

    unlimited = Transport([], user_agent="t", allow_loopback=True)
    unlimited._limiter.take = lambda call: None
    with serving(shop) as server:
        client = client_for(server)
        client._gateway._transport = unlimited
        ids = [int(sku.sku_id) for sku in client.iter_skus()]

    assert ids == list(range(first, first + 25_000))
    assert max(start for total, start in asked) < 10_000


def test_pages_that_go_in_circles_end_in_an_error(client_for):
    def circling(connection, request):
        token = sent(request)[2].get("page_token", "")
        following = {"": "A", "A": "B", "B": "A"}[token]
        data = {"products": [], "total_count": 500, "next_page_token": following}
        answer(envelope(data))(connection, request)

    with serving(circling) as server, pytest.raises(VendorBug) as error:
        list(client_for(server).iter_skus())

    assert error.value.code == "TIKTOK_PAGE_REPEATED"
    assert len(server.requests) == 3


def test_cancellation_search_asks_for_certain_orders(client_for):
    row = {"cancel_id": "1", "order_id": "2", "cancel_status": "CANCELLATION_REQUEST_PENDING",
           "update_time": 1767150000}  # fmt: skip
    broken = {"cancel_id": "3", "order_id": "2", "cancel_status": "X", "update_time": 0}
    data = {"cancellations": [row, broken], "next_page_token": "", "total_count": 2}
    with serving(answer(envelope(data))) as server:
        found = client_for(server).search_cancellations(order_ids=["2"])

    assert json.loads(sent(server.requests[0])[4]) == {"order_ids": ["2"]}
    assert [one.id for one in found.cancellations] == ["1"]
    assert found.broken == (("3", "update_time: time missing"),)


def test_client_shows_no_secret(client_for, app):
    with serving(answer(page())) as server:
        shown = repr(client_for(server)) + repr(app)

    for secret in ("s3cr3t", "TTP_", "GCP_"):
        assert secret not in shown


def test_write_refused_as_busy_is_in_doubt(client_for):
    from dataclasses import replace

    from saleor_tiktok_stripe.tiktok import endpoints

    write = replace(endpoints.ORDER_REFERENCES, safe=False)
    with serving(answer(envelope(None, 36009007, "timeout"))) as server, pytest.raises(InDoubt):
        client_for(server)._gateway.call(write, body={"orders": []})
