"""The sandbox's signer: the published vectors, and agreement with an independent client."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiktok_shop_api.signing import Signer
from tiktok_shop_api.webhooks import Webhooks

from saleor_tiktok_stripe.sandbox.tiktok.signing import (
    request_signature,
    request_signature_matches,
    webhook_signature,
)

SECRET = "s3cr3t_demo_0001"
BASE = [("app_key", "demoappkey1"), ("timestamp", "1767225600")]
SHOP = [*BASE, ("shop_cipher", "GCP_demoCipherAAAA")]
BODY_B = (
    b'{"order_status":"AWAITING_SHIPMENT","update_time_ge":1767139200,"update_time_lt":1767225600}'
)
VECTORS = {
    "1": (
        "e59af819cc",
        "/authorization/202309/shops",
        [("app_key", "29a39d"), ("timestamp", "1623812664")],
        b"",
        "b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8",
    ),
    "2": (
        "app_secret",
        "/test-api",
        [("foo", "bar")],
        b"",
        "d3cb7fe11ecae942802ceeca67e7cf10120cc12f1517d45fbc1c8cfe5413c80f",
    ),
    "A": (
        SECRET,
        "/authorization/202309/shops",
        [*BASE, ("sign", "x"), ("access_token", "y")],
        b"",
        "2bac4cb6cfb1d129597d69e604efaef7f5601a3f9f111720da66c9171c6c6bf4",
    ),
    "B": (
        SECRET,
        "/order/202309/orders/search",
        [*SHOP, ("page_size", "50"), ("sort_field", "update_time"), ("sort_order", "ASC")],
        BODY_B,
        "0dc03a7f690de1efe799508991933de5ac881aaac01080ae4a7eeec540a9b008",
    ),
    "C": (
        SECRET,
        "/order/202309/orders",
        [*SHOP, ("ids", "576461413038785752,576461413038785753")],
        b"",
        "a99bac5aaf78d66a02b31dfe8e13103de0d04a762539901a6ff0d65f7ceab17d",
    ),
    "E": (
        SECRET,
        "/return_refund/202309/cancellations",
        [*BASE, ("shop_cipher", "ROW_a+b/c==")],
        '{"cancel_reason":"café & +/="}'.encode(),
        "00e6a15898cfb65b5622affc2df1be62635f53444d293af078215c757bce8bdb",
    ),
}


@pytest.mark.parametrize("name", VECTORS)
def test_published_vector(name):
    secret, path, query, body, expected = VECTORS[name]

    assert request_signature(secret, path, query, body) == expected


def test_multipart_body_is_not_signed():
    path = "/product/202309/images/upload"
    expected = "45cfda1a4ae273eb6eade9c0035e1d96da4fcef48e54bf33157fe1bbf822b8dd"

    given_sign = request_signature(SECRET, path, BASE, b"anything", "multipart/form-data; b=1")

    assert given_sign == expected


def test_webhook_vectors():
    official = (
        b'{"type":1,"tts_notification_id":"7380066284010030890","shop_id":"7495540735365777507",'
        b'"timestamp":1718305585,"data":{"is_on_hold_order":true,"order_id":"576653688135258178",'
        b'"order_status":"UNPAID","update_time":1718305585}}'
    )
    ours = (
        b'{"type":11,"tts_notification_id":"7380066284010039001","shop_id":"7495540735365777000",'
        b'"timestamp":1767225600,"data":{"order_id":"576461413038785753",'
        b'"cancellations_role":"BUYER","cancel_status":"CANCELLATION_REQUEST_PENDING",'
        b'"cancel_id":"4035325000000000001","create_time":1767225599}}'
    )

    assert (
        webhook_signature("abcdef", "123", official)
        == "5dec0f11ec2f6783b8deee53c9ffbf8d024302f7c7e7fa55a35d17629031ac05"
    )
    assert (
        webhook_signature("demoappkey1", SECRET, ours)
        == "e4dd32d459a4d688afdb25a64ee1b01b105351367b2b7a7795a941fac507a9ba"
    )


TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
NAMES = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)


@settings(max_examples=200)
@given(
    query=st.dictionaries(NAMES, TEXT, max_size=6),
    body=TEXT,
    secret=TEXT.filter(bool),
    path=st.lists(NAMES, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts)),
    multipart=st.booleans(),
)
def test_agrees_with_the_independent_signer(query, body, secret, path, multipart):
    query.pop("x-tts-access-token", None)
    kind = "multipart/form-data; boundary=x" if multipart else "application/json"

    ours = request_signature(secret, path, query.items(), body.encode(), kind)

    assert ours == Signer.sign(
        path=path, query=list(query.items()), content_type=kind, body=body, app_secret=secret
    )


@settings(max_examples=100)
@given(body=st.binary(max_size=200), key=NAMES, secret=TEXT.filter(bool))
def test_webhook_signature_agrees_with_the_independent_client(body, key, secret):
    sign = webhook_signature(key, secret, body)

    assert Webhooks.verify(app_key=key, app_secret=secret, raw_body=body, signature=sign)


@pytest.mark.parametrize(("method", "body"), [("GET", b"abc"), ("POST", b"{}")])
def test_both_published_readings_of_an_idle_body_are_taken(method, body):
    with_body = request_signature(SECRET, "/p", BASE, body)
    without = request_signature(SECRET, "/p", BASE)

    for sign in (with_body, without):
        assert request_signature_matches(sign, SECRET, "/p", BASE, body, "", method)


def test_a_post_body_must_be_signed_and_upper_case_hex_is_refused():
    sign = request_signature(SECRET, "/p", BASE, b'{"a":1}')
    without = request_signature(SECRET, "/p", BASE)

    def accepted(text: str) -> bool:
        return request_signature_matches(text, SECRET, "/p", BASE, b'{"a":1}', "", "POST")

    assert accepted(sign)
    assert not accepted(without)
    assert not accepted(sign.upper())
