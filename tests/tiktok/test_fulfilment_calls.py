"""Goods going out, over real HTTP: what is asked, what is read, what is in doubt."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tiktok_shop_api.generated import models

from saleor_tiktok_stripe.errors import InDoubt, Parked, RetryLater, VendorBug
from saleor_tiktok_stripe.tiktok.fulfilment_types import (
    CombinablePage,
    Combined,
    CombinedPackage,
    DeliveryOption,
    Handover,
    MarketplacePackage,
    PackageState,
    Shipped,
    ShippingProvider,
    SplitRule,
    Tracking,
)
from tests.transport.servers import answer, reset, serving

from .requests import asked
from .test_client import check_signature
from .wire_samples import envelope

TRACKING = Tracking("9400100000000000000777", "7117858858072000001")
SENT = {"tracking_number": "9400100000000000000777", "shipping_provider_id": "7117858858072000001"}
SEARCHED = {
    "id": "1153140000000000001",
    "status": "PROCESSING",
    "create_time": 1767052800,
    "update_time": 1767225600,
    "order_line_item_ids": ["11", "12"],
    "orders": [{"id": "5", "skus": [{"id": "3"}]}, {"id": "6"}],
    "shipping_provider_id": "7117858858072000001",
    "shipping_provider_name": "USPS",
    "tracking_number": "9400100000000000000777",
}
PACKAGE = MarketplacePackage(
    id="1153140000000000001",
    state=PackageState.PROCESSING,
    order_ids=("5", "6"),
    unit_ids=("11", "12"),
    carrier="USPS",
    carrier_id="7117858858072000001",
    tracking_number="9400100000000000000777",
    created_at=datetime(2025, 12, 30, tzinfo=UTC),
    updated_at=datetime(2026, 1, 1, tzinfo=UTC),
)


def test_a_packages_detail_spells_its_id_and_state_otherwise(client_for):
    detail = {**SEARCHED, "package_id": SEARCHED["id"], "package_status": "PROCESSING"}
    del detail["id"], detail["status"]
    with serving(answer(envelope(detail))) as server:
        assert client_for(server).package("1153140000000000001") == PACKAGE

    assert asked(server.requests[0]).path == "/fulfillment/202309/packages/1153140000000000001"


@pytest.mark.parametrize(
    ("status", "state"), [("CANCELLED", PackageState.CANCELLED), ("LOST", PackageState.UNKNOWN)]
)
def test_states_that_are_not_known_are_unknown(client_for, status, state):
    bare = {"package_id": "1", "package_status": status, "orders": None, "update_time": 0}
    with serving(answer(envelope(bare))) as server:
        found = client_for(server).package("1")

    assert (found.state, found.order_ids, found.unit_ids, found.updated_at) == (state, (), (), None)


def test_units_are_marked_as_shipped(client_for):
    data = {
        "order_id": "5",
        "package_id": "77",
        "order_line_item_ids": ["11"],
        "warning": {"message": "tracking not recognised yet"},
    }
    with serving(answer(envelope(data)), answer(envelope({"package_id": "78"}))) as server:
        client = client_for(server)
        part = client.mark_shipped("5", TRACKING, ["11"])
        whole = client.mark_shipped("5", TRACKING)

    assert asked(server.requests[0]) == (
        "POST",
        "/fulfillment/202309/orders/5/packages",
        {},
        {**SENT, "order_line_item_ids": ["11"]},
    )
    check_signature(server.requests[0])
    assert asked(server.requests[1]).body == SENT
    assert part == Shipped("77", ("11",), "tracking not recognised yet")
    assert whole == Shipped("78", (), "")


WRITES = [
    pytest.param(
        lambda api: api.ship_package("77", handover=Handover.DROP_OFF),
        "/fulfillment/202309/packages/77/ship",
        {"handover_method": "DROP_OFF"},
        models.ShipPackageRequest,
        id="ship with TikTok's label",
    ),
    pytest.param(
        lambda api: api.ship_package("77", tracking=TRACKING),
        "/fulfillment/202309/packages/77/ship",
        {"self_shipment": SENT},
        models.ShipPackageRequest,
        id="ship with an own carrier",
    ),
    pytest.param(
        lambda api: api.update_tracking("5", TRACKING),
        "/fulfillment/202309/orders/5/shipping_info/update",
        SENT,
        models.UpdateOrderShippingInfoRequest,
        id="tracking of an order",
    ),
    pytest.param(
        lambda api: api.update_package_tracking("77", TRACKING),
        "/fulfillment/202309/packages/77/shipping_info/update",
        SENT,
        models.UpdateOrderShippingInfoRequest,
        id="tracking of a package",
    ),
    pytest.param(
        lambda api: api.split("5", {"a": ["11"], "b": ["12", "13"]}),
        "/fulfillment/202309/orders/5/split",
        {
            "splittable_groups": [
                {"id": "a", "order_line_item_ids": ["11"]},
                {"id": "b", "order_line_item_ids": ["12", "13"]},
            ]
        },
        models.ConfirmOrderSplitRequest,
        id="split",
    ),
    pytest.param(
        lambda api: api.combine([CombinedPackage("77", ("5", "6"))]),
        "/fulfillment/202309/packages/combine",
        {"combinable_packages": [{"id": "77", "order_ids": ["5", "6"]}]},
        models.CombinePackageRequest,
        id="combine",
    ),
    pytest.param(
        lambda api: api.uncombine("77", ["6"]),
        "/fulfillment/202309/packages/77/uncombine",
        {"order_ids": ["6"]},
        models.UncombinePackagesRequest,
        id="take apart",
    ),
]


@pytest.mark.parametrize(("call", "path", "body", "model"), WRITES)
def test_writes_are_asked_as_an_independent_client_asks_them(client_for, call, path, body, model):
    made = [
        {"id": "1", "splittable_group_id": one["id"]} for one in body.get("splittable_groups", [])
    ]
    with serving(answer(envelope({"packages": made}))) as server:
        call(client_for(server))

    assert asked(server.requests[0]) == ("POST", path, {}, body)
    check_signature(server.requests[0])
    theirs = model.from_dict(body)
    assert (theirs.to_dict(), theirs.additional_properties) == (body, {})


@pytest.mark.parametrize(("call", "path", "body", "model"), WRITES)
def test_a_write_whose_answer_is_lost_is_in_doubt_and_not_repeated(
    client_for, call, path, body, model
):
    with serving(reset, reset, reset) as server, pytest.raises(InDoubt):
        call(client_for(server))

    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("call", "data"),
    [
        (lambda api: api.mark_shipped("5", TRACKING), {}),
        (lambda api: api.mark_shipped("5", TRACKING), {"package_id": "P-1"}),
        (lambda api: api.split("5", {"a": ["11"]}), {"packages": [{"id": "x"}]}),
        (
            lambda api: api.split("5", {"a": ["11"], "b": ["12"]}),
            {"packages": [{"id": "77", "splittable_group_id": "a"}]},
        ),
        (lambda api: api.combine([CombinedPackage("7", ("5",))]), {"packages": [{}]}),
        (lambda api: api.combine([CombinedPackage("7", ("5",))]), {"errors": "some"}),
        (lambda api: api.combine([CombinedPackage("7", ("5",))]), {"errors": [{"code": "x"}]}),
    ],
)
def test_an_accepted_write_whose_answer_cannot_be_read_is_in_doubt(client_for, call, data):
    with serving(answer(envelope(data))) as server, pytest.raises(InDoubt) as failed:
        call(client_for(server))

    assert failed.value.code == "TIKTOK_UNREADABLE_ANSWER"
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("code", "kind", "name"),
    [
        (21008106, Parked, "TIKTOK_NOT_IN_REGION"),
        (21011007, Parked, "TIKTOK_AFTERSALE_PENDING"),
        (21011020, Parked, "TIKTOK_ALREADY_SHIPPED"),
        (21011048, Parked, "TIKTOK_SEVERAL_PACKAGES"),
        (36009002, RetryLater, "TIKTOK_RATE_LIMITED"),
        (36009003, InDoubt, "TIKTOK_BUSY"),
        (4711, VendorBug, "TIKTOK_UNKNOWN_CODE"),
    ],
)
def test_what_a_refused_shipment_means(client_for, code, kind, name):
    refused = answer(envelope(None, code, "refused"))
    with serving(refused) as server, pytest.raises(kind) as failed:
        client_for(server).mark_shipped("5", TRACKING)

    assert type(failed.value) is kind
    assert failed.value.code == name


def test_nothing_to_combine_or_split_asks_nothing(client_for):
    with serving() as server:
        client = client_for(server)
        assert client.combine([]) == Combined((), ())
        assert client.split_rules([]) == ()

    assert server.requests == []


def test_groups_of_a_split_get_their_packages(client_for):
    packages = [
        {"id": "77", "splittable_group_id": "a"},
        {"id": "78", "splittable_group_id": "b"},
    ]
    with serving(answer(envelope({"packages": packages}))) as server:
        made = client_for(server).split("5", {"a": ["11"], "b": ["12"]})

    assert made == {"a": "77", "b": "78"}


def test_rules_for_splitting_are_read(client_for):
    rules = [
        {"order_id": "5", "can_split": True, "must_split": False, "must_split_reasons": None},
        {"order_id": "6", "can_split": False, "reason": "one unit"},
        {
            "order_id": "7",
            "can_split": True,
            "must_split": True,
            "must_split_reasons": [{"type": "TOTAL_COUNT_LIMITATION", "max_count": "20"}],
        },
    ]
    with serving(answer(envelope({"split_attributes": rules}))) as server:
        found = client_for(server).split_rules(["5", "6", "7"])

    assert asked(server.requests[0]).query == {"order_ids": "5,6,7"}
    assert found == (
        SplitRule("5", True, False, ""),
        SplitRule("6", False, False, "one unit"),
        SplitRule("7", True, True, "TOTAL_COUNT_LIMITATION 20"),
    )


def test_what_may_be_combined_and_what_was(client_for):
    draft = {"id": "70", "order_ids": ["5", "6"]}
    refusal = {"code": 21011033, "message": "no", "detail": {"package_id": "71"}}
    with serving(
        answer(envelope({"combinable_packages": [draft, {"id": "x"}], "next_page_token": "N"})),
        answer(envelope({"packages": [{"id": "90", "order_ids": ["5", "6"]}],
                         "errors": [refusal]})),
        answer(envelope({"packages": [{"id": "91", "order_ids": ["5"]}]})),
    ) as server:  # fmt: skip
        client = client_for(server)
        offered = client.combinable("T")
        made = client.combine([*offered.packages, CombinedPackage("71", ("7", "8"))])
        apart = client.uncombine("90", ["6"])

    assert asked(server.requests[0]) == (
        "GET",
        "/fulfillment/202309/combinable_packages/search",
        {"page_size": "50", "page_token": "T"},
        None,
    )
    both = CombinedPackage("70", ("5", "6"))
    assert offered == CombinablePage((both,), (("x", "id: not an id"),), "N")
    assert made.packages == (CombinedPackage("90", ("5", "6")),)
    assert [(one.subject, one.problem.code) for one in made.refused] == [
        ("71", "TIKTOK_PACKAGE_REFUSED")
    ]
    assert apart == (CombinedPackage("91", ("5",)),)


def test_carriers_are_found_by_warehouse_and_delivery_option(client_for):
    option = {"id": "8", "name": "Send by seller", "type": "SEND_BY_SELLER", "platform": ["X"]}
    with serving(
        answer(envelope({"delivery_options": [option]})),
        answer(envelope({"shipping_providers": [{"id": "3", "name": "USPS"}]})),
    ) as server:
        client = client_for(server)
        options = client.delivery_options("7")
        providers = client.shipping_providers("8")

    assert options == (DeliveryOption("8", "Send by seller", "SEND_BY_SELLER"),)
    assert providers == (ShippingProvider("3", "USPS"),)
    assert [asked(one).path for one in server.requests] == [
        "/logistics/202309/warehouses/7/delivery_options",
        "/logistics/202309/delivery_options/8/shipping_providers",
    ]
