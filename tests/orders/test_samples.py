"""The sample payloads, from the wire to the Saleor order, amount by amount."""

from __future__ import annotations

import json
from decimal import Decimal as D

import pytest

from saleor_tiktok_stripe.catalog.types import VariantRef
from saleor_tiktok_stripe.orders.mapping import to_new_order
from saleor_tiktok_stripe.saleor_api.types import SaleorOrderStatus as Status
from saleor_tiktok_stripe.tiktok.schemas import OrderWire, order
from tests.tiktok.wire_samples import SAMPLES

from .samples import context

pytestmark = pytest.mark.skipif(not SAMPLES.exists(), reason="the sample payloads are not here")


def _new(position: int):
    rows = json.loads((SAMPLES / "orders-page.json").read_text())["data"]["orders"]
    neutral = order(OrderWire.model_validate(rows[position]))
    variants = {u.sku_id: VariantRef(f"v-{u.sku_id}", u.seller_sku, "", "") for u in neutral.units}
    return to_new_order(neutral, context(variants=variants))


def _lines(new):
    return [(line.sku, line.quantity, line.unit_net, line.unit_gross) for line in new.lines]


def _charged(new):
    return [one.charged for one in new.transactions]


def test_one_mug_whose_shipping_the_platform_pays():
    new = _new(0)

    assert new.status is Status.UNFULFILLED
    assert _lines(new) == [("MUG-BLUE-11", 1, D(16), D("17.13"))]
    assert new.lines[0].tax_rate == D("0.075")
    assert (new.shipping_net, new.shipping_gross) == (D("4.99"), D("4.99"))
    assert _charged(new) == [D("16.13"), D("5.99")]
    assert new.shipping_address.first_name == "J***"
    assert new.shipping_address.phone == ""
    assert new.email == "v2b2v5x9@chat.seller.tiktok.com"
    assert new.metadata["tiktok.payment_method"] == "Credit card"


def test_two_packages_with_two_units_of_one_sku():
    new = _new(1)

    assert new.status is Status.FULFILLED
    assert _lines(new) == [
        ("TEE-BLK-M", 2, D(20), D("21.35")),
        ("CAP-RED", 1, D("13.5"), D("14.51")),
    ]
    assert (new.shipping_net, new.shipping_gross) == (D("5.99"), D("6.44"))
    assert _charged(new) == [D("59.65"), D(4)]
    assert [(one.tracking_number, one.quantities) for one in new.fulfillments] == [
        ("9400100000000000000001", {"577087600000020011": 2}),
        ("9400100000000000000002", {"577087600000020013": 1}),
    ]
    assert new.customer_note == "Please leave with neighbour"


def test_one_unit_cancelled_before_the_money_went_back():
    new = _new(2)

    assert new.status is Status.PARTIALLY_RETURNED
    assert _lines(new) == [
        ("TEE-WHT-L", 1, D(20), D("21.5")),
        ("CAP-GRN", 1, D(15), D("16.13")),
    ]
    assert (new.shipping_gross, new.undiscounted_shipping_gross) == (D(0), D("4.99"))
    assert _charged(new) == [D("37.63")]
    assert [(one.returned, one.quantities) for one in new.fulfillments] == [
        (True, {"577087600000030012": 1})
    ]
    assert new.shipping_address.phone == "+16145550142"
