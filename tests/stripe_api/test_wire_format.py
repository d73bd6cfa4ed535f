"""What goes over the wire, to the byte, whichever version of the package encoded it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import unquote

import pytest

from saleor_tiktok_stripe.errors import InvalidInput, RetryLater, VendorBug
from saleor_tiktok_stripe.stripe_api import (
    Address,
    Capability,
    NewPayment,
    NewRecord,
    StripeAccess,
    StripeClient,
)
from tests.stripe_api import samples
from tests.stripe_api.stub import SECRET, listing, refuses, says, seen
from tests.transport.servers import closed_port, serving

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NOON_SECONDS = 1767268800

WRITES = [
    (
        lambda client: client.create_payment(
            NewPayment(
                Decimal("10.99"),
                "USD",
                capture_later=True,
                metadata={"saleor_payment": "k", "saleor_channel": "t t&k"},
                description="Order 7",
                receipt_email="ada@example.com",
                shipping=Address(name="Ada", line1="Weg 1", city="Köln", country="DE"),
                statement_descriptor_suffix="SHOP",
                allow_redirects=False,
            ),
            key="k1",
        ),
        "/v1/payment_intents",
        "amount=1099&currency=usd&automatic_payment_methods[enabled]=true"
        "&automatic_payment_methods[allow_redirects]=never&capture_method=manual"
        "&metadata[saleor_payment]=k&metadata[saleor_channel]=t+t%26k&description=Order+7"
        "&receipt_email=ada%40example.com&shipping[name]=Ada&shipping[address][line1]=Weg+1"
        "&shipping[address][city]=K%C3%B6ln&shipping[address][country]=DE"
        "&statement_descriptor_suffix=SHOP&expand[0]=latest_charge",
        samples.payment(),
    ),
    (
        lambda client: client.create_payment(
            NewPayment(
                Decimal(500),
                "JPY",
                payment_method="pm_card_visa",
                return_url="https://shop.example/back?a=1",
                confirm=True,
            ),
            key="k1",
        ),
        "/v1/payment_intents",
        "amount=500&currency=jpy&automatic_payment_methods[enabled]=true"
        "&automatic_payment_methods[allow_redirects]=always&capture_method=automatic"
        "&payment_method=pm_card_visa&return_url=https%3A%2F%2Fshop.example%2Fback%3Fa%3D1"
        "&confirm=true&expand[0]=latest_charge",
        samples.payment(),
    ),
    (
        lambda client: client.update_payment(
            "pi_1", metadata={"saleor_order": "T3JkZXI6MQ=="}, key="k1"
        ),
        "/v1/payment_intents/pi_1",
        "metadata[saleor_order]=T3JkZXI6MQ%3D%3D&expand[0]=latest_charge",
        samples.payment(),
    ),
    (
        lambda client: client.update_payment("pi_1", amount=Decimal(5), currency="UGX", key="k1"),
        "/v1/payment_intents/pi_1",
        "amount=500&currency=ugx&expand[0]=latest_charge",
        samples.payment(),
    ),
    (
        lambda client: client.capture("pi_1", Decimal("6.50"), "USD", key="k1"),
        "/v1/payment_intents/pi_1/capture",
        "amount_to_capture=650&expand[0]=latest_charge",
        samples.payment(),
    ),
    (
        lambda client: client.capture("pi_1", None, "USD", key="k1"),
        "/v1/payment_intents/pi_1/capture",
        "expand[0]=latest_charge",
        samples.payment(),
    ),
    (
        lambda client: client.cancel("pi_1", reason="abandoned", key="k1"),
        "/v1/payment_intents/pi_1/cancel",
        "cancellation_reason=abandoned&expand[0]=latest_charge",
        samples.payment(),
    ),
    (
        lambda client: client.confirm("pi_1", payment_method="pm_card_visa", key="k1"),
        "/v1/payment_intents/pi_1/confirm",
        "payment_method=pm_card_visa&expand[0]=latest_charge",
        samples.payment(),
    ),
    (
        lambda client: client.create_refund(
            "pi_1",
            Decimal(5),
            "USD",
            reason="requested_by_customer",
            metadata={"saleor_refund": "r"},
            key="k1",
        ),
        "/v1/refunds",
        "payment_intent=pi_1&amount=500&reason=requested_by_customer&metadata[saleor_refund]=r",
        samples.refund(),
    ),
    (
        lambda client: client.stage_evidence(
            "du_1",
            {
                "customer_name": "",
                "enhanced_evidence": {
                    "visa_compelling_evidence_3": {
                        "prior_undisputed_transactions": [{"charge": "ch_1"}, {"charge": "ch_2"}]
                    },
                    "visa_compliance": {"fee_acknowledged": True},
                },
            },
            key="k1",
        ),
        "/v1/disputes/du_1",
        "evidence[customer_name]="
        "&evidence[enhanced_evidence][visa_compelling_evidence_3]"
        "[prior_undisputed_transactions][0][charge]=ch_1"
        "&evidence[enhanced_evidence][visa_compelling_evidence_3]"
        "[prior_undisputed_transactions][1][charge]=ch_2"
        "&evidence[enhanced_evidence][visa_compliance][fee_acknowledged]=true"
        "&submit=false",
        samples.dispute(),
    ),
    (
        lambda client: client.submit_evidence("du_1", {"uncategorized_text": "ü"}, key="k1"),
        "/v1/disputes/du_1",
        "evidence[uncategorized_text]=%C3%BC&submit=true",
        samples.dispute(),
    ),
    (
        lambda client: client.submit_evidence("du_1", {}, key="k1"),
        "/v1/disputes/du_1",
        "submit=true",
        samples.dispute(),
    ),
    (
        lambda client: client.close_dispute("du_1", key="k1"),
        "/v1/disputes/du_1/close",
        "",
        samples.dispute(),
    ),
    (
        lambda client: client.create_webhook_endpoint(
            "https://shop.example/hook/",
            ["refund.created", "refund.failed"],
            metadata={"plugin": "p"},
            connect=True,
            key="k1",
        ),
        "/v1/webhook_endpoints",
        "url=https%3A%2F%2Fshop.example%2Fhook%2F&enabled_events[0]=refund.created"
        "&enabled_events[1]=refund.failed&api_version=2025-10-29.clover&metadata[plugin]=p"
        "&connect=true",
        {"id": "we_1", "url": "https://shop.example/hook/", "livemode": False},
    ),
    (
        lambda client: client.update_webhook_endpoint("we_1", enabled=True, key="k1"),
        "/v1/webhook_endpoints/we_1",
        "disabled=false",
        {"id": "we_1", "url": "https://shop.example/hook/", "livemode": False},
    ),
    (
        lambda client: client.report_payment(
            NewRecord(Decimal("12.50"), "USD", "576", NOON, NOON, metadata={"a": "b"}), key="k1"
        ),
        "/v1/payment_records/report_payment",
        f"amount_requested[value]=1250&amount_requested[currency]=usd&initiated_at={NOON_SECONDS}"
        "&customer_presence=on_session&outcome=guaranteed"
        f"&guaranteed[guaranteed_at]={NOON_SECONDS}&payment_method_details[type]=custom"
        "&payment_method_details[custom][display_name]=TikTok+Shop&processor_details[type]=custom"
        "&processor_details[custom][payment_reference]=576&metadata[a]=b",
        {"id": "pr_1", "amount_requested": {"value": 1250, "currency": "usd"}, "livemode": False},
    ),
    (
        lambda client: client.report_refund(
            "pr_1", Decimal(2), "USD", reference="576:1", happened_at=NOON, key="k1"
        ),
        "/v1/payment_records/pr_1/report_refund",
        "outcome=refunded&amount[value]=200&amount[currency]=usd"
        f"&initiated_at={NOON_SECONDS}&refunded[refunded_at]={NOON_SECONDS}"
        "&processor_details[type]=custom&processor_details[custom][refund_reference]=576%3A1",
        {"id": "pr_1", "amount_requested": {"value": 1250, "currency": "usd"}, "livemode": False},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("write", "path", "body", "found"), WRITES)
def test_a_write_is_encoded_to_the_byte(client_for, write, path, body, found):
    with serving(says(found)) as server:
        write(client_for(server))

    asked = seen(server)
    assert (asked.method, asked.target) == ("POST", path)
    assert asked.body.decode() == body
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.headers["idempotency-key"] == "k1"
    assert len(server.requests) == 1


READS = [
    (
        lambda client: client.payment("pi_1"),
        "/v1/payment_intents/pi_1",
        "expand[0]=latest_charge.balance_transaction",
        says(samples.payment()),
    ),
    (
        lambda client: list(client.payments(since=NOON)),
        "/v1/payment_intents",
        f"created[gte]={NOON_SECONDS}&limit=100&expand[0]=data.latest_charge",
        listing(),
    ),
    (lambda client: client.refund("re_1"), "/v1/refunds/re_1", "", says(samples.refund())),
    (
        lambda client: client.refunds("pi_1"),
        "/v1/refunds",
        "payment_intent=pi_1&limit=100",
        listing(),
    ),
    (lambda client: client.dispute("du_1"), "/v1/disputes/du_1", "", says(samples.dispute())),
    (
        lambda client: list(client.disputes_since(NOON)),
        "/v1/disputes",
        f"created[gte]={NOON_SECONDS}&limit=100",
        listing(),
    ),
    (
        lambda client: list(client.events(since=NOON, kinds=["charge.*", "refund.failed"])),
        "/v1/events",
        f"created[gte]={NOON_SECONDS}&limit=100&types[0]=charge.*&types[1]=refund.failed",
        listing(),
    ),
    (lambda client: client.livemode(), "/v1/balance", "", says({"livemode": True})),
    (lambda client: client.account(), "/v1/account", "", says({"id": "acct_1"})),
    (lambda client: client.probe(Capability.REFUNDS), "/v1/refunds", "limit=1", listing()),
    (
        lambda client: client.probe(Capability.PAYMENT_RECORDS),
        "/v1/payment_records/pr_probe",
        "",
        refuses(404, code="resource_missing", type="invalid_request_error", message="No such"),
    ),
]


@pytest.mark.parametrize(("read", "path", "query", "reply"), READS)
def test_a_read_is_encoded_and_carries_no_idempotency_key(client_for, read, path, query, reply):
    with serving(reply) as server:
        read(client_for(server))

    asked = seen(server)
    assert (asked.method, asked.path, unquote(asked.query)) == ("GET", path, query)
    assert asked.body == b""
    assert "idempotency-key" not in asked.headers
    assert "content-type" not in asked.headers


def test_the_headers_are_ours_and_tell_nothing_of_the_machine(client_for):
    with serving(says(samples.payment())) as server:
        client_for(server).payment("pi_1")

    headers = seen(server).headers
    assert headers["authorization"] == f"Bearer {SECRET}"
    assert headers["stripe-version"] == "2025-10-29.clover"
    assert headers["user-agent"].startswith("saleor-tiktok-stripe/")
    assert "stripe-account" not in headers
    assert [name for name in headers if name.startswith("x-stripe")] == []


def test_a_connected_account_is_named_but_not_where_the_platform_acts(client_for):
    webhook = {"id": "we_1", "url": "https://x.example/", "livemode": False}
    with serving(says(samples.payment()), says({"id": "acct_9"}), says(webhook)) as server:
        client = client_for(server, account="acct_9")
        client.payment("pi_1")
        client.account()
        client.webhook_endpoint("we_1")

    payment, account, endpoint = (seen(server, number) for number in range(3))
    assert payment.headers["stripe-account"] == "acct_9"
    assert account.target == "/v1/accounts/acct_9"
    assert "stripe-account" not in account.headers
    assert "stripe-account" not in endpoint.headers


def test_a_file_goes_up_as_a_form_with_a_tame_name(client_for):
    content = b"%PDF-1.4\r\n--boundary\x00\xff"
    with serving(
        says({"id": "file_1", "size": len(content), "type": "pdf", "filename": "r.pdf"})
    ) as server:
        found = client_for(server).upload_evidence_file(
            'my "receipt"\r\nX: y/ü.pdf', "application/pdf", content, key="k1"
        )

    asked = seen(server)
    kind, _, boundary = asked.headers["content-type"].partition("; boundary=")
    assert (asked.target, kind) == ("/v1/files", "multipart/form-data")
    parts = asked.body.split(b"--" + boundary.encode())
    assert len(parts) == 4
    purpose, file = parts[1], parts[2]
    assert purpose == (
        b'\r\nContent-Disposition: form-data; name="purpose"\r\n\r\ndispute_evidence\r\n'
    )
    head, _, rest = file.partition(b"\r\n\r\n")
    assert head == (
        b'\r\nContent-Disposition: form-data; name="file"; filename="my__receipt___X__y__.pdf"'
        b"\r\nContent-Type: application/octet-stream"
    )
    assert rest == content + b"\r\n"
    assert asked.headers["idempotency-key"] == "k1"
    assert (found.id, found.size, found.kind, found.filename) == ("file_1", 22, "pdf", "r.pdf")


@pytest.mark.parametrize(
    ("content_type", "content", "code"),
    [
        ("text/html", b"x", "FILE_TYPE_UNFIT"),
        ("image/png", b"", "FILE_SIZE_UNFIT"),
        ("image/png", b"x" * (5 * 1024 * 1024 + 1), "FILE_SIZE_UNFIT"),
    ],
)
def test_an_unfit_file_is_never_sent(client_for, content_type, content, code):
    with serving(says({})) as server, pytest.raises(InvalidInput) as refused:
        client_for(server).upload_evidence_file("f", content_type, content, key="k1")

    assert refused.value.code == code
    assert server.requests == []


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda c: c.payment("pi_1/../../v1/refunds"), "STRIPE_ID_INVALID"),
        (lambda c: c.payment(""), "STRIPE_ID_INVALID"),
        (lambda c: c.refund("re_1?x=1"), "STRIPE_ID_INVALID"),
        (lambda c: c.cancel("pi_1", reason="changed his mind", key="k"), "REASON_UNKNOWN"),
        (
            lambda c: c.create_refund("pi_1", Decimal(1), "USD", reason="x", key="k"),
            "REASON_UNKNOWN",
        ),
        (lambda c: c.create_refund("pi_1", Decimal("1.001"), "USD", key="k"), "AMOUNT_TOO_FINE"),
        (
            lambda c: c.update_payment("pi_1", metadata={"k" * 41: "v"}, key="k"),
            "METADATA_INVALID",
        ),
        (
            lambda c: c.update_payment("pi_1", metadata={"k": "v" * 501}, key="k"),
            "METADATA_INVALID",
        ),
        (
            lambda c: c.update_payment("pi_1", metadata={f"k{i}": "v" for i in range(51)}, key="k"),
            "METADATA_INVALID",
        ),
        (lambda c: c.update_payment("pi_1", metadata={"a[b]": "v"}, key="k"), "METADATA_INVALID"),
    ],
)
def test_what_stripe_would_misread_is_never_sent(client_for, call, code):
    with serving(says({})) as server, pytest.raises(InvalidInput) as refused:
        call(client_for(server))

    assert refused.value.code == code
    assert server.requests == []


@pytest.mark.parametrize("key", ["", "k" * 256, "k\nx: y", "schlüssel"])
def test_no_write_goes_without_a_key_that_fits(client_for, key):
    with serving(says({})) as server, pytest.raises(VendorBug) as refused:
        client_for(server).cancel("pi_1", key=key)

    assert refused.value.code == "STRIPE_WRITE_WITHOUT_KEY"
    assert server.requests == []


@pytest.mark.parametrize("key", ["", "sk_live_x\r\nEvil: 1", "sk live", "sk_live_ü"])
def test_a_key_that_cannot_be_sent_is_refused_at_once(door, key):
    with pytest.raises(InvalidInput) as refused:
        StripeClient(StripeAccess(key), door, api_url="http://127.0.0.1:1", files_url="")

    assert refused.value.code == "STRIPE_KEY_INVALID"
    assert refused.value.field == "secret_key"


def test_a_write_that_never_left_may_be_tried_again(door):
    url = f"http://127.0.0.1:{closed_port()}"
    client = StripeClient(StripeAccess(SECRET), door, api_url=url, files_url=url)

    with pytest.raises(RetryLater) as failed:
        client.cancel("pi_1", key="k1")

    assert type(failed.value) is RetryLater
    assert failed.value.code == "UNREACHABLE"
