"""Evidence: what is wanted, what the order fills in, and what is refused before Stripe sees it."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader, PdfWriter

from saleor_tiktok_stripe.aftersales import evidence
from saleor_tiktok_stripe.aftersales.evidence.facts import OtherCharge, RefundFact
from saleor_tiktok_stripe.errors import InvalidInput
from saleor_tiktok_stripe.saleor_api.transactions import OrderFacts, Shipment, SoldLine
from saleor_tiktok_stripe.saleor_api.types import AddressData

AT = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
REASONS = (
    "bank_cannot_process", "check_returned", "credit_not_processed", "customer_initiated",
    "debit_not_authorized", "duplicate", "fraudulent", "general", "incorrect_account_details",
    "insufficient_funds", "noncompliant", "product_not_received", "product_unacceptable",
    "subscription_canceled", "unrecognized",
)  # fmt: skip


def address(**fields: str) -> AddressData:
    values = {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "company_name": "",
        "street_address_1": "12 St James's Square",
        "street_address_2": "",
        "city": "London",
        "city_area": "",
        "postal_code": "SW1Y 4JH",
        "country": "GB",
        "country_area": "",
        "phone": "",
    }
    return AddressData(**(values | fields))


def order(**fields: object) -> OrderFacts:
    values = {
        "id": "T3JkZXI6MQ==",
        "number": "1021",
        "channel_slug": "tiktok-us",
        "currency": "USD",
        "created_at": AT,
        "status": "FULFILLED",
        "total_gross": Decimal("25.000"),
        "shipping_gross": Decimal("5.000"),
        "tax": Decimal("2.10"),
        "lines": (SoldLine("Pen blue", "PEN-BLU", 2, Decimal("20.000")),),
        "shipments": (Shipment("1Z999", "UPS", AT, "FULFILLED"),),
        "shipping_method": "Standard",
        "email": "ada@example.com",
        "customer_name": "Ada Lovelace",
        "billing_address": address(),
        "shipping_address": address(city="Bath"),
        "shop_name": "Pens & Co",
    }
    return OrderFacts(**(values | fields))  # type: ignore[arg-type]


def facts(**fields: object) -> evidence.EvidenceFacts:
    values = {
        "reason": "fraudulent",
        "amount": Decimal("25.00"),
        "currency": "USD",
        "charge_id": "ch_1",
        "payment_id": "pi_1",
        "paid_at": AT,
        "paid_amount": Decimal("25.000"),
        "paid_currency": "USD",
        "method": "visa ending in 4242",
        "checks": {"cvc_check": "pass", "address_postal_code_check": "fail"},
        "refunds": (),
        "others": (),
        "order": order(),
    }
    return evidence.EvidenceFacts(**(values | fields))  # type: ignore[arg-type]


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def pdf(pages: int = 1, password: str = "") -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(72, 72)
    if password:
        writer.encrypt(password)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, kind)
    return out.getvalue()


# --- what is wanted


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_has_advice_on_fields_that_exist(reason):
    """Automattic/woocommerce-payments#11424: what is wanted depends on the reason."""
    found = evidence.advice(reason)

    named = [wanted.field for wanted in found.wanted]
    assert len(named) == len(set(named))
    assert set(named) <= evidence.TEXT_FIELDS | evidence.FILE_FIELDS
    assert found.decides


def test_advice_depends_on_the_reason():
    def first(reason: str) -> str:
        return evidence.advice(reason).wanted[0].field

    assert first("product_not_received") == "shipping_carrier"
    assert first("duplicate") == "duplicate_charge_id"
    assert first("product_unacceptable") == "refund_policy"
    assert evidence.advice("unrecognized") == evidence.advice("fraudulent")
    assert evidence.advice("a new one") == evidence.advice("general")
    assert evidence.advice("insufficient_funds").answerable is False
    assert "500 USD" in evidence.advice("noncompliant").instead


# --- what the order fills in


def test_order_fills_in_what_it_knows():
    texts = evidence.fill(facts())

    assert texts == {
        "product_description": "Order 1021 of 2026-11-01\n2 x Pen blue (PEN-BLU): 20.00 USD\n"
        "Shipping: 5.00 USD\nTotal: 25.00 USD",
        "customer_name": "Ada Lovelace",
        "customer_email_address": "ada@example.com",
        "billing_address": "Ada Lovelace\n12 St James's Square\nSW1Y 4JH London\nGB",
        "shipping_address": "Ada Lovelace\n12 St James's Square\nSW1Y 4JH Bath\nGB",
        "shipping_carrier": "UPS",
        "shipping_tracking_number": "1Z999",
        "shipping_date": "2026-11-01",
        "uncategorized_text": "Order 1021 was placed on 2026-11-01 for 25.00 USD.\n"
        "It was paid on 2026-11-01 with visa ending in 4242: 25.00 USD (payment ch_1).\n"
        "Card security code (CVC): confirmed by the bank.\n"
        "Shipped on 2026-11-01 with UPS, tracking number 1Z999.",
    }


def test_payment_without_an_order_tells_what_our_rows_know():
    assert evidence.fill(facts(order=None)) == {
        "uncategorized_text": "It was paid on 2026-11-01 with visa ending in 4242: 25.00 USD "
        "(payment ch_1).\nCard security code (CVC): confirmed by the bank."
    }


def test_several_parcels_are_all_named():
    parcels = (Shipment("1Z1", "UPS", AT, ""), Shipment("JJ2", "DHL", AT, ""))

    texts = evidence.fill(facts(order=order(shipments=parcels)))

    assert (texts["shipping_carrier"], texts["shipping_tracking_number"]) == (
        "UPS, DHL",
        "1Z1, JJ2",
    )


def test_refunds_answer_a_credit_that_was_not_processed():
    refund = RefundFact("re_1", Decimal("5.000"), "USD", AT, "74500")

    texts = evidence.fill(facts(reason="credit_not_processed", refunds=(refund,)))

    assert texts["refund_refusal_explanation"] == (
        "Refunded 5.00 USD on 2026-11-01 (refund re_1, reference 74500)."
    )


def test_separate_orders_explain_a_duplicate_and_name_the_other_charge():
    """Automattic/woocommerce-payments#5141: the other charge's id must be shown."""
    other = OtherCharge("ch_2", Decimal("9.00"), "USD", AT, "1022")

    texts = evidence.fill(facts(reason="duplicate", others=(other,)))

    assert texts["duplicate_charge_id"] == "ch_2"
    assert texts["duplicate_charge_explanation"] == (
        "Payment ch_1 is for order 1021.\n"
        "Payment ch_2 is for order 1022: 9.00 USD, paid on 2026-11-01.\n"
        "They are separate purchases."
    )


def test_two_payments_of_one_order_are_not_called_separate():
    other = OtherCharge("ch_2", Decimal("25.00"), "USD", AT, "1021")

    texts = evidence.fill(facts(reason="duplicate", others=(other,)))

    assert texts["duplicate_charge_id"] == "ch_2"
    assert "duplicate_charge_explanation" not in texts


# --- the receipt


def test_receipt_shows_the_order_and_its_payment():
    made = evidence.receipt_pdf(facts())

    assert made is not None
    said = text_of(made)
    for part in (
        "Pens & Co",
        "Receipt of order 1021",
        "Pen blue",
        "25.00 USD",
        "visa ending in 4242",
        "UPS, tracking number 1Z999",
        "ch_1",
    ):
        assert part in said
    assert "Latin letters" not in said
    assert evidence.check_file("receipt.pdf", made).pages == 1


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("王小明", "WangXiaoMing"),
        ("สมชาย ใจดี", "smchay aichdi"),
        ("محمد علي", "mhmd `ly"),
        ("Nguyễn Văn Ánh", "Nguyen Van Ánh"),
        ("José Müller €", "José Müller €"),
        ("Ada <b>& Co</b>", "Ada <b>& Co</b>"),
        ("👩‍🔧 Ada", "Ada"),
    ],
)
def test_names_in_any_script_are_readable_in_the_receipt(name, shown):
    buyer = address(first_name=name, last_name="")
    known = order(customer_name=name, shipping_address=buyer)

    made = evidence.receipt_pdf(facts(order=known))

    assert made is not None
    said = " ".join(text_of(made).lower().split())
    assert " ".join(shown.lower().split()) in said
    assert evidence.fill(facts(order=known))["customer_name"] == name


def test_receipt_of_another_script_says_so():
    made = evidence.receipt_pdf(facts(order=order(customer_name="王小明")))

    assert made is not None
    assert "Names in other scripts are written in Latin letters here" in text_of(made)


def test_payment_without_an_order_has_no_receipt():
    assert evidence.receipt_pdf(facts(order=None)) is None


def test_receipt_of_a_huge_order_stays_short():
    lines = tuple(SoldLine("x" * 5000, "S" * 300, 1, Decimal(1)) for _ in range(2000))

    made = evidence.receipt_pdf(facts(order=order(lines=lines)))

    assert made is not None
    assert "1880 more items" in text_of(made)
    assert evidence.check_file("receipt.pdf", made).pages <= 19


@settings(max_examples=40)
@given(st.text(max_size=80), st.text(max_size=200))
def test_no_text_breaks_the_receipt(name, line):
    known = order(customer_name=name, lines=(SoldLine(line, line, 1, Decimal(1)),))

    made = evidence.receipt_pdf(facts(order=known))

    assert made is not None
    assert evidence.check_file("receipt.pdf", made).pages >= 1


@pytest.mark.parametrize(
    "street",
    ["\n".join("x" * 128), "\ufdfd" * 256, "W" * 256, "<br/>" * 50, "\n" * 256],
    ids=["a letter a line", "letters that are phrases in Latin", "one word", "markup", "nothing"],
)
def test_no_address_that_a_buyer_can_enter_stops_the_receipt(street):
    # A receipt that cannot be made would leave the merchant without a draft.
    written = address(first_name=street, company_name=street, street_address_1=street)
    shipments = tuple(Shipment(f"1Z{n}", "UPS", AT, "FULFILLED") for n in range(3000))
    line = SoldLine(street, street, 1, Decimal(1))
    known = order(
        billing_address=written, shipping_address=written, lines=(line,), shipments=shipments
    )

    made = evidence.receipt_pdf(facts(order=known))

    assert made is not None
    assert "Total" in text_of(made)
    assert evidence.check_file("receipt.pdf", made).pages <= 19


# --- files


@pytest.mark.parametrize(
    ("content", "named", "kind", "pages"),
    [
        (pdf(3), "proof.pdf", "application/pdf", 3),
        (picture("JPEG"), "proof.jpg", "image/jpeg", 1),
        (picture("PNG"), "proof.png", "image/png", 1),
    ],
)
def test_file_is_what_its_content_says(content, named, kind, pages):
    checked = evidence.check_file("../some/proof.exe", content)

    assert checked == evidence.CheckedFile(named, kind, len(content), pages)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: b"", "EVIDENCE_FILE_EMPTY"),
        (lambda: b"MZ an executable", "EVIDENCE_FILE_TYPE"),
        (lambda: b"GIF89a" + b"\0" * 50, "EVIDENCE_FILE_TYPE"),
        (lambda: b"<html>%PDF</html>", "EVIDENCE_FILE_TYPE"),
        (lambda: pdf()[:-200], "EVIDENCE_FILE_CORRUPT"),
        (lambda: b"%PDF-1.7\n" + b"\xff" * 400, "EVIDENCE_FILE_CORRUPT"),
        (lambda: picture("PNG")[:40], "EVIDENCE_FILE_CORRUPT"),
        (lambda: picture("JPEG")[:100], "EVIDENCE_FILE_CORRUPT"),
        (lambda: pdf(password="secret"), "EVIDENCE_FILE_ENCRYPTED"),
        (lambda: pdf(50), "EVIDENCE_TOO_MANY_PAGES"),
        (lambda: b"%PDF-" + b"0" * 5_000_000, "EVIDENCE_FILE_TOO_LARGE"),
    ],
)
def test_unfit_file_is_refused_in_words(make: Callable[[], bytes], code):
    with pytest.raises(InvalidInput, match=f"^{code}: ") as caught:
        evidence.check_file("proof.pdf", make())

    assert caught.value.field == "file"


def test_picture_of_a_few_kilobytes_that_claims_a_giant_is_not_unpacked():
    out = io.BytesIO()
    Image.new("1", (7000, 7000)).save(out, "PNG")
    bomb = out.getvalue()

    with pytest.raises(InvalidInput, match="^EVIDENCE_FILE_TOO_LARGE: The picture"):
        evidence.check_file("proof.png", bomb)

    assert len(bomb) < 20_000


def test_largest_pdf_stripe_takes_is_taken():
    assert evidence.check_file("proof.pdf", pdf(49)).pages == 49


@dataclass
class Sized:
    field: str
    size: int
    pages: int = 1


def test_same_file_in_two_fields_counts_twice():
    one = [Sized("receipt", 2_250_000), Sized("refund_policy", 2_250_000)]

    evidence.check_files(one)
    with pytest.raises(InvalidInput, match="^EVIDENCE_FILES_TOO_LARGE: .*4.5 MB"):
        evidence.check_files([*one, Sized("uncategorized_file", 1)])


def test_mastercards_readers_stop_after_19_pages():
    files = [Sized("receipt", 10, 10), Sized("refund_policy", 10, 10)]

    evidence.check_files(files, "visa")
    with pytest.raises(InvalidInput, match="^EVIDENCE_TOO_MANY_PAGES: "):
        evidence.check_files(files, "mastercard")


def test_texts_keep_stripes_limits():
    evidence.check_texts({"uncategorized_text": "x" * 20_000})
    with pytest.raises(InvalidInput, match="^EVIDENCE_TEXT_TOO_LONG: ") as caught:
        evidence.check_texts({"uncategorized_text": "x" * 20_001})
    assert caught.value.field == "uncategorized_text"
    names = sorted(evidence.TEXT_FIELDS)[:8]
    with pytest.raises(InvalidInput, match="^EVIDENCE_TEXT_TOO_LONG: All texts together"):
        evidence.check_texts(dict.fromkeys(names, "x" * 19_000))


def test_what_is_filled_in_never_passes_the_limits():
    huge = order(lines=tuple(SoldLine("y" * 900, "S", 1, Decimal(1)) for _ in range(100)))

    evidence.check_texts(evidence.fill(replace(facts(), order=huge)))
