from __future__ import annotations

import contextlib
import hashlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_tiktok_stripe.errors import InvalidInput
from saleor_tiktok_stripe.tiktok.types import Notification
from saleor_tiktok_stripe.tiktok.webhooks import KINDS, order_ids, parse, verify

from .wire_samples import SAMPLES

SIGNED = {
    "webhook-order-status.json": "139bbbda3e8f9e5cd08cb0bd7bd33d9c4d90a05af111e6e5b78d31a3d0f7080e",
    "webhook-cancellation-status.json": (
        "3b6c44b39ea8e44c1a32d1181702fbee9b33c77ee8462f449988469cb607dc7b"
    ),
    "webhook-return-status.json": (
        "ca120ad9fd4d45231e3e8a9057fa51375388b4449db236fc08f4999edde38367"
    ),
}


def body(type_id=1, data=None, **changes):
    content = {
        "type": type_id,
        "tts_notification_id": "7380066284010030890",
        "shop_id": "7495540735365777507",
        "timestamp": 1718305585,
        "data": {"order_id": "576653688135258178"} if data is None else data,
        **changes,
    }
    return json.dumps({name: value for name, value in content.items() if value != ...}).encode()


def test_order_status_change():
    found = parse(body(1, {"order_id": "5", "order_status": "UNPAID", "is_on_hold_order": True}))

    assert found == Notification(
        type_id=1,
        kind="ORDER_STATUS_CHANGE",
        event_id="7380066284010030890",
        shop_id="7495540735365777507",
        sent_at=datetime(2024, 6, 13, 19, 6, 25, tzinfo=UTC),
        subject="5",
        data={"order_id": "5", "order_status": "UNPAID", "is_on_hold_order": True},
    )


@pytest.mark.parametrize(
    ("name", "sent", "expected"),
    [
        ("order_status", "CANCEL", "CANCELLED"),
        ("order_status", "CANCELLED", "CANCELLED"),
        ("cancel_status", "CANCELLATION_REQUEST_CANCEL", "CANCELLATION_REQUEST_CANCELLED"),
        ("product_id", 1729582718000000302, "1729582718000000302"),
    ],
)
def test_spellings_and_numbers_become_the_apis(name, sent, expected):
    assert parse(body(5, {name: sent})).data[name] == expected


def test_numeric_product_id_is_the_subject_as_text():
    assert parse(body(5, {"product_id": 1729582718000000302})).subject == "1729582718000000302"


@pytest.mark.parametrize("missing", [..., "", None, True, "x" * 500, "line\nbreak", {}, -1])
def test_without_a_usable_id_the_body_itself_is_the_id(missing):
    raw = body(tts_notification_id=missing)

    assert parse(raw).event_id == "sha256:" + hashlib.sha256(raw).hexdigest()


@pytest.mark.parametrize("type_id", [0, 8, 17, 9001, -3, "9001"])
def test_unknown_types_are_read_as_unknown(type_id):
    found = parse(body(type_id))

    assert (found.kind, found.type_id, found.subject) == ("UNKNOWN", int(type_id), "")


def test_orders_of_a_package_event_are_found_once_each():
    packages = [
        {"package_id": "1", "order_id_list": ["11", "12"]},
        {"package_id": "2", "order_id_list": ["12", 13, None]},
        "junk",
    ]

    assert order_ids(parse(body(4, {"package_list": packages}))) == ("11", "12", "13")
    assert order_ids(parse(body(1, {"order_id": "5"}))) == ("5",)
    lines = [{"main_order_id": "7"}, {"main_order_id": 8}, {"main_order_id": "7"}, {}, "9", None]
    assert order_ids(parse(body(67, {"rma_id": "1", "line_items": lines}))) == ("7", "8")
    assert order_ids(parse(body(6, {"message": "bye"}))) == ()


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"null", b"[]", b"1", b'"x"', b"{", b"\xff\xfe", b"{}", b'{"type":null}',
        b'{"type":true}', b'{"type":1.5}', b'{"type":"x"}', b'{"type":NaN}', b"[" * 100_000,
        b'{"type":' + b"9" * 5000 + b"}",
    ],
)  # fmt: skip
def test_unreadable_bodies_are_refused_in_words(raw):
    with pytest.raises(InvalidInput) as refused:
        parse(raw)

    assert refused.value.code == "UNREADABLE_NOTIFICATION"


@pytest.mark.parametrize("stamp", [None, 0, -1, "1718305585", 1718305585000, True, 1.5, {}])
def test_times_that_are_none_are_none(stamp):
    assert parse(body(timestamp=stamp)).sent_at is None


@given(raw=st.binary(max_size=400), header=st.one_of(st.none(), st.text(), st.binary()))
def test_no_bytes_and_no_header_crash_it(raw, header):
    assert verify("key", "secret", raw, header) is False
    with contextlib.suppress(InvalidInput):
        parse(raw)


@given(
    data=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
    type_id=st.sampled_from(sorted(KINDS)),
)
def test_any_data_is_read_without_a_crash(data, type_id):
    found = parse(body(type_id, {} if data is None else data))

    assert found.kind == KINDS[type_id].name
    order_ids(found)


def test_lone_surrogates_in_the_header_are_just_wrong():
    assert verify("key", "secret", b"{}", "\ud800") is False
    assert verify("key", "", b"{}", "x") is False


@pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the reference samples are not beside this checkout"
)
@pytest.mark.parametrize("name", SIGNED)
def test_reference_samples_verify_and_parse(name):
    content = json.loads((SAMPLES / name).read_bytes())
    raw = json.dumps(content, separators=(",", ":")).encode()

    assert verify("demoappkey1", "s3cr3t_demo_0001", raw, SIGNED[name])
    found = parse(raw)
    assert found.subject == content["data"]["order_id"]
    assert found.event_id == content["tts_notification_id"]
