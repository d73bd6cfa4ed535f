"""The sandbox Saleor shows what Saleor was observed to do, defects included."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from decimal import Decimal as D

import pytest
import requests

from saleor_tiktok_stripe.saleor_api.documents import document
from saleor_tiktok_stripe.sandbox.saleor import Product, SaleorSandbox
from saleor_tiktok_stripe.sandbox.saleor.queries import Context
from saleor_tiktok_stripe.sandbox.saleor.server import run

CREATE = """
mutation Create($orders: [OrderBulkCreateInput!]!, $policy: ErrorPolicyEnum, $stock: StockUpdatePolicyEnum) {
  orderBulkCreate(orders: $orders, errorPolicy: $policy, stockUpdatePolicy: $stock) {
    count
    results { order { id status chargeStatus transactions { events { type message pspReference } } }
              errors { path code message } }
  }
}
"""  # noqa: E501


@pytest.fixture(scope="module")
def running() -> Iterator[SaleorSandbox]:
    with SaleorSandbox() as sandbox:
        yield sandbox


@pytest.fixture
def shop() -> SaleorSandbox:
    """Not served: ``ask`` executes in process."""
    sandbox = SaleorSandbox()
    sandbox.add_channel(
        "us", "USD", "US", [Product("PEN", "", "Pen", D(5), external_reference="erp-pen")]
    )
    return sandbox


def ask(shop: SaleorSandbox, text: str, **variables):
    return run(shop.state, shop.token, text, variables)


def row(shop: SaleorSandbox, reference: str, **changes):
    state = shop.state
    address = {"country": "US", "streetAddress1": "1 Main St", "city": "LA"}
    price = {"gross": "5.00", "net": "5.00"}
    line = {
        "variantId": state.by_sku["PEN"].id,
        "productName": "Pen",
        "createdAt": "2026-11-01T12:00:00+00:00",
        "isShippingRequired": False,
        "isGiftCard": False,
        "quantity": 1,
        "totalPrice": price,
        "undiscountedTotalPrice": price,
        "warehouse": state.warehouse("default").id,
        "taxClassId": "VGF4Q2xhc3M6MQ==",
    }
    item = {
        "externalReference": reference,
        "channel": "us",
        "createdAt": "2026-11-01T12:00:00+00:00",
        "status": "UNFULFILLED",
        "user": {"email": "a@b.example"},
        "billingAddress": address,
        "currency": "USD",
        "languageCode": "EN",
        "lines": [line],
    }
    for name, value in changes.items():
        target = line if name in line or name.startswith("variant") else item
        target[name] = value
    return {name: value for name, value in item.items() if value is not None}


def create(shop: SaleorSandbox, *rows, policy="REJECT_FAILED_ROWS", stock="SKIP"):
    status, answer = ask(shop, CREATE, orders=list(rows), policy=policy, stock=stock)
    assert status == 200
    return answer


def codes(answer) -> list[list[str]]:
    results = answer["data"]["orderBulkCreate"]["results"]
    return [[error["code"] for error in result["errors"]] for result in results]


def test_bulk_create_allocates_nothing_and_leaves_transactions_without_owner(shop):
    paid = {"name": "T", "pspReference": "p", "amountCharged": {"amount": "5", "currency": "USD"}}

    answer = create(shop, row(shop, "r1", transactions=[paid]), stock="UPDATE")

    [result] = answer["data"]["orderBulkCreate"]["results"]
    assert result["order"]["chargeStatus"] == "FULL"
    assert result["order"]["transactions"][0]["events"] == [
        {
            "type": "CHARGE_SUCCESS",
            "message": "Manual adjustment of the transaction.",
            "pspReference": "",
        }
    ]
    assert shop.order("r1").transactions[0].app == 0
    stock = shop.state.stock("default", "PEN")
    assert (stock.quantity, stock.allocated) == (1000, 0)


@pytest.mark.parametrize(
    ("policy", "made"), [("REJECT_EVERYTHING", 0), ("REJECT_FAILED_ROWS", 1), ("IGNORE_FAILED", 1)]
)
def test_known_reference_is_unique_under_every_policy(shop, policy, made):
    create(shop, row(shop, "r1"))

    answer = create(shop, row(shop, "r1"), row(shop, "r2"), policy=policy)

    assert answer["data"]["orderBulkCreate"]["count"] == made
    assert codes(answer)[0] == ["UNIQUE"]


def test_one_reference_twice_in_a_call_undoes_the_whole_call(shop):
    answer = create(shop, row(shop, "r1"), row(shop, "r2"), row(shop, "r1"))

    assert answer["data"]["orderBulkCreate"] is None
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "IntegrityError"
    assert shop.state.orders == {}


def test_fifty_one_orders_and_a_missing_status_crash(shop):
    many = create(shop, *[row(shop, f"r{number}") for number in range(51)])
    bare = create(shop, row(shop, "r1", status=None))

    assert many["errors"][0]["extensions"]["exception"]["code"] == "TypeError"
    assert bare["errors"][0]["extensions"]["exception"]["code"] == "KeyError"
    assert shop.state.orders == {}


def test_sku_never_resolves_and_external_reference_does(shop):
    by_sku = create(shop, row(shop, "r1", variantId=None, variantSku="PEN"))
    by_reference = create(shop, row(shop, "r2", variantId=None, variantExternalReference="erp-pen"))

    assert codes(by_sku) == [["NOT_FOUND"]]
    assert codes(by_reference) == [[]]


def test_missing_tax_class_is_an_error_that_may_be_ignored(shop):
    strict = create(shop, row(shop, "r1", taxClassId=None))
    ignored = create(shop, row(shop, "r1", taxClassId=None), policy="IGNORE_FAILED")

    assert codes(strict) == [["NOT_FOUND"]]
    assert strict["data"]["orderBulkCreate"]["count"] == 0
    assert (codes(ignored), ignored["data"]["orderBulkCreate"]["count"]) == ([["NOT_FOUND"]], 1)


def test_stock_policies(shop):
    shop.state.stock("default", "PEN").quantity = 0

    assert codes(create(shop, row(shop, "r1"), stock="UPDATE")) == [["INSUFFICIENT_STOCK"]]
    assert codes(create(shop, row(shop, "r1"), stock="FORCE")) == [[]]
    assert codes(create(shop, row(shop, "r2"), stock="SKIP")) == [[]]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"currency": "EUR"}, "INCORRECT_CURRENCY"),
        ({"status": "FULFILLED"}, "INVALID"),
        ({"isShippingRequired": True}, "REQUIRED"),
        ({"createdAt": "2999-01-01T00:00:00+00:00"}, "FUTURE_DATE"),
        ({"quantity": 0}, "INVALID_QUANTITY"),
        ({"totalPrice": {"gross": "1", "net": "2"}}, "PRICE_ERROR"),
        ({"notes": [{"message": "x" * 256}]}, "NOTE_LENGTH"),
        ({"transactions": [{"externalUrl": "no url"}]}, "INVALID"),
    ],
)
def test_bad_rows_are_refused(shop, changes, code):
    answer = create(shop, row(shop, "r1", **changes))

    assert codes(answer) == [[code]]
    assert shop.state.orders == {}


def test_permissions_are_those_of_the_tokens_app(shop):
    shop.add_app("weak", ["MANAGE_ORDERS"])

    for token in ("weak", "unknown"):
        status, answer = run(shop.state, token, CREATE, {"orders": [row(shop, "r1")]})
        assert status == 200
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
        assert "MANAGE_ORDERS_IMPORT" in answer["errors"][0]["message"]
    assert shop.state.orders == {}


def test_transaction_create_is_not_idempotent_and_reports_are(shop):
    create(shop, row(shop, "r1"))
    order = shop.order("r1")
    text = """mutation Pay($id: ID!, $transaction: TransactionCreateInput!) {
      transactionCreate(id: $id, transaction: $transaction) { transaction { token } }
    }"""
    paid = {"pspReference": "p", "amountCharged": {"amount": "5.00", "currency": "USD"}}
    for _ in range(2):
        _, answer = ask(shop, text, id=order.id, transaction=paid)
    token = answer["data"]["transactionCreate"]["transaction"]["token"]
    report = {"token": token, "type": "REFUND_SUCCESS", "pspReference": "r", "amount": "2.00"}

    first = ask(shop, document("transactionEventReport"), **report)[1]
    again = ask(shop, document("transactionEventReport"), **report)[1]
    other = ask(shop, document("transactionEventReport"), **{**report, "amount": "3.00"})[1]

    assert len(order.transactions) == 2
    assert first["data"]["transactionEventReport"]["alreadyProcessed"] is False
    assert again["data"]["transactionEventReport"]["alreadyProcessed"] is True
    assert other["data"]["transactionEventReport"]["errors"][0]["code"] == "INCORRECT_DETAILS"
    assert (order.transactions[1].charged, order.transactions[1].refunded) == (D(3), D(2))


def test_invalid_query_is_status_400_and_pages_have_a_limit(shop):
    assert ask(shop, "{ nonsense }")[0] == 400
    assert ask(shop, "not graphql {")[0] == 400
    _, answer = ask(shop, "{ orders(first: 101) { totalCount } }")
    assert "limit of 100" in answer["errors"][0]["message"]


def test_it_is_served_on_loopback_only(running):
    answer = requests.post(
        running.url,
        json={"query": "{ app { name } }"},
        headers={"Authorization": f"Bearer {running.token}"},
        timeout=60,
    )

    assert running.url.startswith("http://127.0.0.1:")
    assert answer.json() == {"data": {"app": {"name": "TikTok Shop"}}}
    assert requests.post(running.url, data=b"{", timeout=60).status_code == 400


def test_command_prints_one_line_and_ends_on_a_signal(tmp_path):
    catalog = tmp_path / "catalog.json"
    catalog.write_text(json.dumps([["PEN", "4006381333931", "Pen", "9.99"]]))
    command = [sys.executable, "-m", "saleor_tiktok_stripe.cli", "sandbox", "saleor"]
    process = subprocess.Popen(
        [*command, "--catalog", str(catalog), "--channel", "eu", "--currency", "EUR"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        ready = json.loads(process.stdout.readline())
        answer = requests.post(
            ready["api_url"],
            json={"query": '{ productVariant(sku: "PEN") { product { name } } }'},
            headers={"Authorization": f"Bearer {ready['token']}"},
            timeout=60,
        )
        assert answer.json()["data"]["productVariant"] == {"product": {"name": "Pen"}}
        assert ready["channel"] == "eu"
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        process.stdout.close()


def test_an_order_takes_little_memory(shop):
    app = Context(shop.state, shop.state.apps[shop.token])
    assert app.app is not None
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for batch in range(10):
        create(shop, *[row(shop, f"{batch}-{number}") for number in range(50)])
    each = (tracemalloc.get_traced_memory()[0] - before) / 500
    tracemalloc.stop()

    assert len(shop.state.orders) == 500
    assert each < 6_000  # 100,000 orders: under 600 MB
