from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_tiktok_stripe.tiktok.aftersales_wire import CancellationWire
from saleor_tiktok_stripe.tiktok.gateway import build_each
from saleor_tiktok_stripe.tiktok.schemas import OrderWire, order
from saleor_tiktok_stripe.tiktok.types import (
    Component,
    FulfilledBy,
    OrderKind,
    OrderState,
    Recipient,
    Tax,
)

from .wire_samples import SAMPLES, line, order_row

HAVE_SAMPLES = SAMPLES.is_dir()


def read(row):
    """(order, "") or (None, why it cannot be read)."""
    built, broken = build_each([row], OrderWire, order, "id")
    return (built[0], "") if built else (None, broken[0][1])


def moment(seconds):
    return datetime.fromtimestamp(seconds, UTC)


def test_order_is_read_into_neutral_words():
    found, _ = read(order_row())

    assert (found.id, found.state, found.raw_state) == (
        "576461413000000002",
        OrderState.AWAITING_SHIPMENT,
        "AWAITING_SHIPMENT",
    )
    assert (found.kind, found.fulfilled_by) == (OrderKind.NORMAL, FulfilledBy.SELLER)
    assert found.ships_with_marketplace_label is False
    assert (found.created_at, found.paid_at) == (moment(1767052800), moment(1767052804))
    assert (found.updated_at, found.cancelled_at) == (moment(1767200000), None)
    assert found.deadlines == {"ship_by": moment(1767312000)}
    assert found.split_or_combined == "SPLIT"
    assert found.payment.method == "Credit card"


def test_money_is_decimal_with_the_currencys_places():
    payment = read(order_row())[0].payment

    assert str(payment.list_total) == "40.00"
    assert (payment.seller_discount, payment.platform_discount) == (Decimal(3), Decimal(4))
    assert (payment.shipping_list, payment.shipping_fee) == (Decimal("5.99"), Decimal("4.49"))
    assert (payment.product_tax, payment.shipping_tax) == (Decimal("2.48"), Decimal("0.34"))
    assert payment.fees == {"retail_delivery": Decimal("0.28")}
    assert payment.total == Decimal("40.59")


def test_units_keep_their_ids_prices_and_taxes():
    unit = read(order_row())[0].units[1]

    assert (unit.id, unit.seller_sku) == ("577087600000020012", "TEE-BLK-M")
    assert (unit.list_price, unit.sale_price) == (Decimal(20), Decimal("16.50"))
    assert unit.taxes == (Tax("SALES_TAX", Decimal("1.24"), Decimal("0.075")),)
    assert unit.shipped_at is None


def test_bundle_components_and_deposit():
    bundle = [{"sku_id": "1", "product_id": "2", "seller_sku": "A", "sku_count": 3}]
    row = order_row(line_items=[line(1, combined_listing_skus=bundle, pfand_fee="0.25"), line(2)])

    found, _ = read(row)

    assert found.units[0].components == (Component("1", "2", "A", 3),)
    assert found.payment.fees["deposit"] == Decimal("0.25")


def test_unknown_values_are_kept_apart_not_refused():
    row = order_row(status="TELEPORTED", order_type="DREAM", fulfillment_type="BY_ROBOT")
    row["line_items"][0]["display_status"] = "TELEPORTED"

    found, _ = read(row)

    assert (found.state, found.raw_state) == (OrderState.UNKNOWN, "TELEPORTED")
    assert (found.kind, found.fulfilled_by) == (OrderKind.UNKNOWN, FulfilledBy.UNKNOWN)
    assert found.units[0].state is OrderState.UNKNOWN


@pytest.mark.parametrize(
    "bad",
    [
        20, 20.0, True, "", None, "NaN", "Infinity", "1e2", "-1", "+1", "1.", ".5", "1,5", " 1",
        "1\n", "0x10", "1_000", "٣", "１", "12345678901234", [], {}, "$1", "1.005",
    ],
)  # fmt: skip
@pytest.mark.parametrize("where", ["payment__total_amount", "line"])
def test_money_garbage_is_refused(where, bad):
    if where == "line":
        row = order_row(line_items=[line(1, original_price=bad), line(2)])
    else:
        row = order_row(**{where: bad})

    found, why = read(row)

    assert found is None
    assert why


@pytest.mark.parametrize(
    ("currency", "amount", "expected"),
    [
        ("JPY", "1500", "1500"),
        ("JPY", "1500.00", "1500"),
        ("JPY", "1500.5", None),
        ("IDR", "99000", "99000"),
        ("VND", "0.1", None),
        ("USD", "4.900", "4.90"),
        ("usd", "4", None),
        ("", "4", None),
        (None, "4", None),
    ],
)
def test_decimals_follow_the_currency(currency, amount, expected):
    units = [line(1, currency=currency, original_price=amount, **FREE)]
    payment = {
        "currency": currency,
        "original_total_product_price": amount,
        "sub_total": amount,
        "total_amount": amount,
    }

    found, _ = read(order_row(payment=payment, line_items=units))

    assert (None if found is None else str(found.payment.total)) == expected


FREE = {"sale_price": "0", "seller_discount": "0", "platform_discount": "0", "item_tax": []}


@pytest.mark.parametrize("bad", [576461413000000002, "57646x", "", None, "1" * 40, "१२", "1\n"])
@pytest.mark.parametrize("name", ["id", "line_items"])
def test_ids_are_digits_as_text_or_refused(name, bad):
    row = order_row(id=bad) if name == "id" else order_row(line_items=[line(1, id=bad)])

    assert read(row)[0] is None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"line_items": []}, "the order has no lines"),
        ({"line_items": [line(1), line(1)]}, "a line id occurs twice"),
        ({"create_time": 0}, "create_time: time missing"),
        ({"update_time": 1767200000000}, "update_time: not a time in seconds"),
        ({"payment__total_amount": "1.001"}, "more decimals than USD has"),
        ({"payment__total_amount": 3}, "payment.total_amount: not a decimal amount"),
    ],
)
def test_reason_names_the_field_and_no_value(changes, why):
    assert read(order_row(**changes)) == (None, why)


def test_one_unreadable_order_does_not_spoil_the_others():
    rows = [order_row(), order_row(id="7", payment__total_amount="x"), "junk", None, order_row()]

    built, broken = build_each(rows, OrderWire, order, "id")

    assert len(built) == 2
    assert [number for number, _ in broken] == ["7", "", ""]
    assert broken[0][1] == "payment.total_amount: not a decimal amount"


@pytest.mark.parametrize(
    ("changes", "masked"),
    [
        ({}, False),
        ({"name": "A*** M***", "first_name": "A***"}, True),
        ({"phone_number": "(+1)614*****42"}, True),
        ({"postal_code": "32***"}, True),
        ({"address_line1": "1** H** S**"}, True),
        ({"name": "", "first_name": "", "last_name": ""}, True),
        ({"address_line1": "", "address_detail": ""}, True),
    ],
)
def test_masking_is_recognised(changes, masked):
    row = order_row()
    row["recipient_address"].update(changes)

    assert read(row)[0].recipient.masked is masked


def test_recipient_is_read_and_hidden_from_repr():
    recipient = read(order_row())[0].recipient

    assert recipient == Recipient(
        name="Ada Moreau",
        first_name="Ada",
        last_name="Moreau",
        phone="(+1)6145550142",
        lines=("12 High Street",),
        city="Columbus",
        area="Ohio",
        area_code="OH",
        postal_code="43215",
        country="US",
        full_address="United States, Ohio, Franklin, Columbus, 12 High Street",
        masked=False,
    )
    assert "Ada" not in repr(recipient)


@pytest.mark.parametrize("missing", [None, {}])
def test_missing_address_is_a_masked_nobody(missing):
    recipient = read(order_row(recipient_address=missing))[0].recipient

    assert (recipient.masked, recipient.name, recipient.lines) == (True, "", ())


@given(
    amount=st.decimals(min_value=0, max_value=10**10, places=2, allow_nan=False),
    padding=st.sampled_from(["", "0", "00"]),
)
def test_every_amount_is_read_exactly(amount, padding):
    found, _ = read(order_row(payment__total_amount=f"{amount:f}{padding}"))

    assert found.payment.total == amount


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("CANCELLATION_REQUEST_COMPLETE", ("CANCELLATION_REQUEST_COMPLETE", True, False)),
        ("CANCELLATION_REQUEST_PENDING", ("CANCELLATION_REQUEST_PENDING", False, True)),
        ("CANCELLATION_REQUEST_CANCEL", ("CANCELLATION_REQUEST_CANCELLED", False, False)),
    ],
)
def test_cancellation(status, expected):
    refund = {"currency": "USD", "refund_total": "18.24", "refund_tax": "1.24"}
    row = {
        "cancel_id": "4035318504000000101",
        "order_id": "576461413000000003",
        "cancel_status": status,
        "update_time": 1767150000,
        "refund_amount": refund,
        "cancel_line_items": [{"order_line_item_id": "5", "refund_amount": refund}],
    }

    (found,), broken = build_each(
        [row], CancellationWire, CancellationWire.cancellation, "cancel_id"
    )

    assert broken == ()
    assert (found.status, found.complete, found.pending) == expected
    assert (found.amount, found.tax_amount) == (Decimal("18.24"), Decimal("1.24"))
    assert [(unit.unit_id, unit.amount) for unit in found.units] == [("5", Decimal("18.24"))]


@pytest.mark.skipif(not HAVE_SAMPLES, reason="the reference samples are not beside this checkout")
def test_reference_orders_are_read():
    data = json.loads((SAMPLES / "orders-page.json").read_bytes())["data"]

    built, broken = build_each(data["orders"], OrderWire, order, "id")

    assert broken == ()
    assert [len(one.units) for one in built] == [1, 3, len(data["orders"][2]["line_items"])]
    for one, row in zip(built, data["orders"], strict=True):
        assert one.payment.total == Decimal(row["payment"]["total_amount"])
        assert one.payment.sub_total == sum(unit.sale_price for unit in one.units)
