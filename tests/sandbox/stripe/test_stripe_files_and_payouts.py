"""Files, payouts and balance transactions, and Payment Records, through Stripe's own client."""

from __future__ import annotations

import io
from typing import Any

import pytest
import stripe

from saleor_tiktok_stripe.sandbox.stripe import StripeSandbox
from saleor_tiktok_stripe.sandbox.stripe.control import Control

DAY = 86_400
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 90


def named(content: bytes, name: str = "receipt.pdf") -> io.BytesIO:
    file = io.BytesIO(content)
    file.name = name
    return file


def pdf(pages: int) -> bytes:
    return b"%PDF-1.4\n" + b"<< /Type /Page >>\n" * pages + b"%%EOF"


def test_a_file_is_known_by_its_content_not_by_its_name(api: Any, control: Control) -> None:
    made = api.files.create({"purpose": "dispute_evidence", "file": named(PNG)})

    assert (made.type, made.size, made.filename) == ("png", 98, "receipt.pdf")
    assert made.expires_at == made.created + 274 * DAY
    assert api.files.retrieve(made.id).id == made.id
    assert [one.id for one in api.files.list({"purpose": "dispute_evidence"})] == [made.id]
    assert api.files.list({"purpose": "business_logo"}).data == []
    assert control.file_content(made.id) == PNG


def test_a_file_may_come_with_a_link(api: Any) -> None:
    made = api.files.create(
        {"purpose": "dispute_evidence", "file": named(PNG), "file_link_data": {"create": True}}
    )

    assert [link.file for link in made.links.data] == [made.id]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (pdf(50), "has 50 pages"),
        (b"MZ not a picture", "Invalid file type"),
        (PNG + b"\0" * 5_000_000, "larger than the limit of 5000000 bytes"),
    ],
)
def test_files_stripe_refuses(api: Any, content: bytes, words: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=words) as refused:
        api.files.create({"purpose": "dispute_evidence", "file": named(content)})

    assert (refused.value.http_status, refused.value.param) == (400, "file")
    assert api.files.list().data == []


def test_a_pdf_of_49_pages_is_taken(api: Any) -> None:
    made = api.files.create({"purpose": "dispute_evidence", "file": named(pdf(49))})

    assert made.type == "pdf"


def test_files_belong_to_the_account_that_sent_them(
    api: Any, control: Control, connect: Any
) -> None:
    other = control.new_account()
    made = api.files.create({"purpose": "dispute_evidence", "file": named(PNG)})

    with pytest.raises(stripe.InvalidRequestError) as refused:
        connect(other.secret_key).v1.files.retrieve(made.id)

    assert refused.value.code == "resource_missing"


def test_a_connected_account_has_files_of_its_own(api: Any, control: Control, connect: Any) -> None:
    merchant = control.new_account()
    merchant.connect(control.account_id)
    acting = connect(control.secret_key, stripe_account=merchant.account_id).v1

    made = acting.files.create({"purpose": "dispute_evidence", "file": named(PNG)})

    assert [one["id"] for one in merchant.objects("file")] == [made.id]
    assert api.files.list().data == []


def test_files_are_sent_to_their_own_address(
    stripe_server: StripeSandbox, control: Control
) -> None:
    addresses = {"api": stripe_server.base_url, "files": stripe_server.base_url}
    wrong = stripe.StripeClient(control.secret_key, base_addresses=addresses).v1

    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL"):
        wrong.files.create({"purpose": "dispute_evidence", "file": named(PNG)})


def test_a_payout_is_the_sum_of_what_it_is_made_of(
    api: Any, pay: Any, control: Control, happened: Any
) -> None:
    first = pay(amount=5000)
    api.refunds.create({"payment_intent": first.id, "amount": 1000})
    pay("pm_card_createDispute", 1000)
    control.turn(2 * DAY)
    pay(amount=900)  # not available yet
    events = len(happened())

    (id_,) = control.pay_out()

    payout = api.payouts.retrieve(id_)
    assert (payout.status, payout.automatic) == ("in_transit", True)
    assert payout.reconciliation_status == "in_progress"
    with pytest.raises(stripe.InvalidRequestError, match="not available yet"):
        api.balance_transactions.list({"payout": id_})
    control.turn(2 * DAY)
    payout = api.payouts.retrieve(id_)
    assert (payout.status, payout.reconciliation_status) == ("paid", "completed")
    assert happened(events) == [
        "payout.created",
        "payout.reconciliation_completed",
        "payout.paid",
    ]
    rows = api.balance_transactions.list({"payout": id_, "limit": 100}).data
    members = [row for row in rows if row.type != "payout"]
    assert payout.amount == sum(row.net for row in members)
    assert payout.amount == (5000 - 175) - 1000 + (1000 - 59) - (1000 + 1500)
    assert sorted(row.reporting_category for row in members) == [
        "charge", "charge", "dispute", "refund",
    ]  # fmt: skip
    assert [row.net for row in rows if row.type == "payout"] == [-payout.amount]


def test_what_was_paid_out_is_not_paid_out_again(api: Any, pay: Any, control: Control) -> None:
    pay()
    assert control.pay_out() == []
    control.turn(2 * DAY)
    assert len(control.pay_out()) == 1

    assert control.pay_out() == []

    assert len(api.payouts.list().data) == 1


def test_a_failed_payout_comes_back_and_goes_out_later(
    api: Any, pay: Any, control: Control, happened: Any
) -> None:
    pay("pm_card_bypassPending")
    (id_,) = control.pay_out()
    control.turn(3 * DAY)

    control.fail_payout(id_)

    failed = api.payouts.retrieve(id_, {"expand": ["failure_balance_transaction"]})
    assert (failed.status, failed.failure_code) == ("failed", "account_closed")
    row = failed.failure_balance_transaction
    assert (row.type, row.net) == ("payout_failure", failed.amount)
    assert happened()[-1] == "payout.failed"
    (again,) = control.pay_out()
    assert api.payouts.retrieve(again).amount == failed.amount


def test_what_a_payout_made_by_hand_is_made_of_is_not_told(
    api: Any, pay: Any, control: Control
) -> None:
    pay("pm_card_bypassPending")
    id_ = control.pay_out_by_hand(500)

    assert api.payouts.retrieve(id_).reconciliation_status == "not_applicable"
    with pytest.raises(stripe.InvalidRequestError, match="only be filtered on automatic payouts"):
        api.balance_transactions.list({"payout": id_})
    (rest,) = control.pay_out()
    assert api.payouts.retrieve(rest).amount == 2000 - 88 - 500


def test_payouts_are_filtered(api: Any, pay: Any, control: Control) -> None:
    pay("pm_card_bypassPending")
    (id_,) = control.pay_out()
    arrives = api.payouts.retrieve(id_).arrival_date

    assert [one.id for one in api.payouts.list({"status": "in_transit"})] == [id_]
    assert api.payouts.list({"status": "paid"}).data == []
    assert api.payouts.list({"arrival_date": {"gt": arrives}}).data == []
    assert len(api.payouts.list({"arrival_date": {"gte": arrives}}).data) == 1
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.payouts.retrieve("po_nowhere")
    assert refused.value.code == "resource_missing"


def test_balance_transactions_are_filtered_and_name_their_source(
    api: Any, pay: Any, control: Control
) -> None:
    paid = pay()
    refund = api.refunds.create({"payment_intent": paid.id, "amount": 300})

    def ids(**filters: Any) -> list[str]:
        return [row.source for row in api.balance_transactions.list(filters)]

    assert ids() == [refund.id, paid.latest_charge]
    assert ids(type="refund") == [refund.id]
    assert ids(source=paid.latest_charge) == [paid.latest_charge]
    assert ids(currency="eur") == []
    assert ids(created={"gt": control.now()}) == []
    (row,) = api.balance_transactions.list({"type": "refund", "expand": ["data.source"]}).data
    assert (row.source.id, row.source.object) == (refund.id, "refund")
    assert api.balance_transactions.retrieve(row.id).net == -300


def reported(api: Any, **more: Any) -> Any:
    return api.payment_records.report_payment(
        {
            "amount_requested": {"value": 2500, "currency": "usd"},
            "initiated_at": 1_760_000_000,
            "payment_method_details": {"type": "custom", "custom": {"display_name": "TikTok Shop"}},
            "outcome": "guaranteed",
            "guaranteed": {"guaranteed_at": 1_760_000_060},
            "processor_details": {"type": "custom", "custom": {"payment_reference": "5764"}},
            **more,
        }
    )


def refunded(api: Any, record: str, reference: str, value: int | None = None) -> Any:
    amount = {} if value is None else {"amount": {"value": value, "currency": "usd"}}
    return api.payment_records.report_refund(
        record,
        {
            "outcome": "refunded",
            "refunded": {"refunded_at": 1_760_100_000},
            "processor_details": {"type": "custom", "custom": {"refund_reference": reference}},
            **amount,
        },
    )


def test_a_payment_taken_elsewhere_is_recorded_and_moves_no_money(api: Any, happened: Any) -> None:
    made = reported(api, metadata={"order": "7"}, description="TikTok order 5764")

    assert made.id.startswith("pr_")
    assert (made.amount.value, made.amount_guaranteed.value) == (2500, 2500)
    assert (made.amount_refunded.value, made.amount_failed.value) == (0, 0)
    assert made.processor_details.custom.payment_reference == "5764"
    assert made.payment_method_details.custom.display_name == "TikTok Shop"
    assert (made.reported_by, made.metadata["order"]) == ("self", "7")
    assert api.payment_records.retrieve(made.id).id == made.id
    attempt = api.payment_attempt_records.retrieve(made.latest_payment_attempt_record)
    assert attempt.payment_record == made.id
    assert api.balance_transactions.list().data == []
    assert happened() == []


def test_refunds_of_a_record_never_exceed_it_and_have_references_of_their_own(api: Any) -> None:
    made = reported(api)
    assert refunded(api, made.id, "r1", 1000).amount_refunded.value == 1000

    with pytest.raises(stripe.InvalidRequestError, match="greater than what is left") as over:
        refunded(api, made.id, "r2", 1501)
    with pytest.raises(stripe.InvalidRequestError, match="reported already") as twice:
        refunded(api, made.id, "r1", 1)
    with pytest.raises(stripe.InvalidRequestError, match="reported already"):
        refunded(api, reported(api).id, "r1", 1)

    assert over.value.param == "amount"
    assert twice.value.param == "processor_details[custom][refund_reference]"
    assert refunded(api, made.id, "r2").amount_refunded.value == 2500
    with pytest.raises(stripe.InvalidRequestError, match="greater than what is left"):
        refunded(api, made.id, "r3")


def test_the_outcome_of_an_attempt_may_come_later(api: Any) -> None:
    open_ = {"outcome": None, "guaranteed": None}
    made = reported(api, **open_)
    assert made.amount_guaranteed.value == 0

    failed = api.payment_records.report_payment_attempt_failed(made.id, {"failed_at": 1})
    assert (failed.amount_failed.value, failed.amount_guaranteed.value) == (2500, 0)
    with pytest.raises(stripe.InvalidRequestError, match="known already"):
        api.payment_records.report_payment_attempt_guaranteed(made.id, {"guaranteed_at": 1})
    again = api.payment_records.report_payment_attempt(made.id, {"initiated_at": 2})
    assert again.latest_payment_attempt_record != made.latest_payment_attempt_record
    sure = api.payment_records.report_payment_attempt_guaranteed(made.id, {"guaranteed_at": 3})

    assert (sure.amount_failed.value, sure.amount_guaranteed.value) == (0, 2500)
    with pytest.raises(stripe.InvalidRequestError, match="has not failed"):
        api.payment_records.report_payment_attempt(made.id, {"initiated_at": 4})


def test_more_may_be_told_of_a_record(api: Any) -> None:
    made = reported(api)

    told = api.payment_records.report_payment_attempt_informational(
        made.id, {"description": "Order 7", "customer_details": {"email": "a@example.com"}}
    )

    assert (told.description, told.customer_details.email) == ("Order 7", "a@example.com")


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"guaranteed": None}, "guaranteed"),
        ({"failed": {"failed_at": 1}}, "failed"),
        ({"amount_requested": {"value": 0, "currency": "usd"}}, "amount_requested[value]"),
        ({"payment_method_details": {"type": "custom"}}, "payment_method_details[custom]"),
        ({"outcome": "lucky"}, "outcome"),
    ],
)
def test_records_stripe_refuses(api: Any, wrong: dict[str, Any], param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        reported(api, **wrong)

    assert (refused.value.http_status, refused.value.param) == (400, param)


def test_an_account_may_lack_payment_records(api: Any, control: Control) -> None:
    control.payment_records(on=False)

    with pytest.raises(stripe.InvalidRequestError, match="not set up to use Payment Records") as no:
        reported(api)

    assert (no.value.http_status, no.value.code) == (400, None)
    control.payment_records(on=True)
    assert reported(api).amount.value == 2500


def test_a_record_reported_again_with_its_key_is_one_record(api: Any, control: Control) -> None:
    given: dict[str, Any] = {
        "amount_requested": {"value": 2500, "currency": "usd"},
        "initiated_at": 1_760_000_000,
        "payment_method_details": {"type": "custom", "custom": {"display_name": "TikTok Shop"}},
    }
    ids = {
        api.payment_records.report_payment(given, {"idempotency_key": "tiktok:1:2"}).id
        for _ in range(2)
    }

    assert len(ids) == len(control.objects("payment_record")) == 1
