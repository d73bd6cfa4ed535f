"""Our signatures against published vectors and against the independent client `tiktok-shop-api`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiktok_shop_api.signing import Signer
from tiktok_shop_api.webhooks import Webhooks

from saleor_tiktok_stripe.tiktok.signing import serialise, sign, string_to_sign
from saleor_tiktok_stripe.tiktok.webhooks import verify

DEMO = "s3cr3t_demo_0001"
STAMP = {"app_key": "demoappkey1", "timestamp": "1767225600"}
CIPHER = {"shop_cipher": "GCP_demoCipherAAAA"}
BODY_B = (
    b'{"order_status":"AWAITING_SHIPMENT","update_time_ge":1767139200,"update_time_lt":1767225600}'
)
VECTORS = {
    "official guide": (
        "e59af819cc",
        "/authorization/202309/shops",
        {"app_key": "29a39d", "timestamp": "1623812664"},
        b"",
        "b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8",
    ),
    "published client test": (
        "app_secret",
        "/test-api",
        {"foo": "bar"},
        b"",
        "d3cb7fe11ecae942802ceeca67e7cf10120cc12f1517d45fbc1c8cfe5413c80f",
    ),
    "sign and access_token are left out": (
        DEMO,
        "/authorization/202309/shops",
        {**STAMP, "sign": "x", "access_token": "y"},
        b"",
        "2bac4cb6cfb1d129597d69e604efaef7f5601a3f9f111720da66c9171c6c6bf4",
    ),
    "search with body": (
        DEMO,
        "/order/202309/orders/search",
        {**STAMP, **CIPHER, "page_size": "50", "sort_field": "update_time", "sort_order": "ASC"},
        BODY_B,
        "0dc03a7f690de1efe799508991933de5ac881aaac01080ae4a7eeec540a9b008",
    ),
    "ids joined by commas": (
        DEMO,
        "/order/202309/orders",
        {**STAMP, **CIPHER, "ids": "576461413038785752,576461413038785753"},
        b"",
        "a99bac5aaf78d66a02b31dfe8e13103de0d04a762539901a6ff0d65f7ceab17d",
    ),
    "multipart body left out": (
        DEMO,
        "/product/202309/images/upload",
        STAMP,
        b"",
        "45cfda1a4ae273eb6eade9c0035e1d96da4fcef48e54bf33157fe1bbf822b8dd",
    ),
    "decoded values and UTF-8": (
        DEMO,
        "/return_refund/202309/cancellations",
        {**STAMP, "shop_cipher": "ROW_a+b/c=="},
        '{"cancel_reason":"café & +/="}'.encode(),
        "00e6a15898cfb65b5622affc2df1be62635f53444d293af078215c757bce8bdb",
    ),
}
W1 = (
    b'{"type":1,"tts_notification_id":"7380066284010030890","shop_id":"7495540735365777507",'
    b'"timestamp":1718305585,"data":{"is_on_hold_order":true,"order_id":"576653688135258178",'
    b'"order_status":"UNPAID","update_time":1718305585}}'
)
W2 = (
    b'{"type":11,"tts_notification_id":"7380066284010039001","shop_id":"7495540735365777000",'
    b'"timestamp":1767225600,"data":{"order_id":"576461413038785753","cancellations_role":"BUYER",'
    b'"cancel_status":"CANCELLATION_REQUEST_PENDING","cancel_id":"4035325000000000001",'
    b'"create_time":1767225599}}'
)
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
names = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz_ABC019"), min_size=1, max_size=12)


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS.keys())
def test_published_vectors(vector):
    secret, path, params, body, expected = vector

    assert sign(secret, path, params.items(), body) == expected


def test_string_to_sign_is_the_documented_one_byte_for_byte():
    secret, path, params, body, _ = VECTORS["search with body"]

    assert string_to_sign(secret, path, params.items(), body) == (
        b"s3cr3t_demo_0001/order/202309/orders/searchapp_keydemoappkey1page_size50"
        b"shop_cipherGCP_demoCipherAAAAsort_fieldupdate_timesort_orderASCtimestamp1767225600"
        + BODY_B
        + b"s3cr3t_demo_0001"
    )


def test_body_is_serialised_as_it_was_signed():
    body = {
        "order_status": "AWAITING_SHIPMENT",
        "update_time_ge": 1767139200,
        "update_time_lt": 1767225600,
    }

    assert serialise(body) == BODY_B
    assert serialise({"cancel_reason": "café & +/="}) == VECTORS["decoded values and UTF-8"][3]


@given(
    secret=text.filter(bool),
    path=st.lists(names, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts)),
    params=st.dictionaries(names, st.one_of(text, st.lists(names).map(",".join)), max_size=6),
    body=st.one_of(
        st.none(), st.dictionaries(names, st.one_of(text, st.integers(), st.none()), max_size=4)
    ),
)
def test_agrees_with_the_independent_signer(secret, path, params, body):
    raw = b"" if body is None else serialise(body)

    theirs = Signer.sign(
        path=path,
        query=list(params.items()),
        content_type="application/json",
        body=raw or None,
        app_secret=secret,
    )

    assert sign(secret, path, params.items(), raw) == theirs


@pytest.mark.parametrize(
    ("app_key", "secret", "body", "signature"),
    [
        ("abcdef", "123", W1, "5dec0f11ec2f6783b8deee53c9ffbf8d024302f7c7e7fa55a35d17629031ac05"),
        (
            "demoappkey1",
            DEMO,
            W2,
            "e4dd32d459a4d688afdb25a64ee1b01b105351367b2b7a7795a941fac507a9ba",
        ),
    ],
)
def test_webhook_vectors_are_accepted_and_every_single_change_refused(
    app_key, secret, body, signature
):
    assert verify(app_key, secret, body, signature)

    assert not verify(app_key, secret, body, signature.upper())
    assert not verify(app_key, secret, body, signature[:-1])
    assert not verify(app_key, secret, body, signature + "0")
    assert not verify(app_key, secret + "x", body, signature)
    assert not verify(app_key + "x", secret, body, signature)
    for place in range(len(body)):
        changed = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        assert not verify(app_key, secret, changed, signature)


@given(
    app_key=text,
    secret=text.filter(bool),
    body=st.binary(max_size=300),
    header=st.text(max_size=80),
)
def test_agrees_with_the_independent_webhook_verifier(app_key, secret, body, header):
    import hashlib
    import hmac

    right = hmac.new(secret.encode(), app_key.encode() + body, hashlib.sha256).hexdigest()

    for signature in (right, right.upper(), header.encode("utf-8", "ignore").decode()):
        theirs = Webhooks.verify(
            app_key=app_key, app_secret=secret, raw_body=body, signature=signature
        )
        assert verify(app_key, secret, body, signature) == theirs
