from __future__ import annotations

import pytest

from saleor_tiktok_stripe.stripe_api import KeyInfo, KeyKind, key_kind


@pytest.mark.parametrize(
    ("text", "kind", "livemode"),
    [
        ("sk_test_abcdefgh12", KeyKind.SECRET, False),
        ("sk_live_abcdefgh12", KeyKind.SECRET, True),
        ("rk_test_abcdefgh12", KeyKind.RESTRICTED, False),
        ("rk_live_abcdefgh12", KeyKind.RESTRICTED, True),
        ("pk_test_abcdefgh12", KeyKind.PUBLISHABLE, False),
        ("pk_live_abcdefgh12", KeyKind.PUBLISHABLE, True),
        ("whsec_abcdefgh12", KeyKind.UNKNOWN, None),
        ("sk_prod_abcdefgh12", KeyKind.UNKNOWN, None),
        (" sk_live_abcdefgh12", KeyKind.UNKNOWN, None),
        ("sk_live_abcdefgh12\n", KeyKind.UNKNOWN, None),
        ("", KeyKind.UNKNOWN, None),
    ],
)
def test_a_key_tells_its_kind_and_mode(text, kind, livemode):
    assert key_kind(text) == KeyInfo(kind, livemode)
