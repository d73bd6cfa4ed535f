"""10,000 damaged notifications: none accepted, none stored, none crashing."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from saleor_tiktok_stripe import inbox
from saleor_tiktok_stripe.models import InboundEvent, Job, Vendor
from tests.inbox.signed import body, sign
from tests.support.factories import make_connection

COUNT = 10_000
SEED = 20261122


def damaged_bytes(dice: random.Random, raw: bytes) -> bytes:
    data = bytearray(raw)
    for _ in range(dice.randint(1, 4)):
        place = dice.randrange(len(data) + 1)
        match dice.randrange(5):
            case 0:
                data[place : place + 1] = bytes([dice.randrange(256)])
            case 1:
                data[place:place] = dice.randbytes(dice.randint(1, 8))
            case 2:
                del data[place : place + dice.randint(1, 20)]
            case 3:
                del data[place:]
            case _:
                data += data[: dice.randint(1, 50)]
    return bytes(data)


def damaged_signature(dice: random.Random, signature: str) -> str | None:
    place = dice.randrange(len(signature))
    strange = dice.choice(["g", "é", "\x00", "\ud83d", "Z", " ", "\n", "🛒"])
    return dice.choice(
        [
            None,
            "",
            signature[:place] + strange + signature[place + 1 :],
            signature[:place],
            signature + strange,
            strange + signature,
            signature.upper(),
            "Bearer " + signature,
            signature * dice.randint(2, 50),
            "".join(dice.choices("0123456789abcdef", k=64)),
            sign(dice.randbytes(20)),
            "".join(map(chr, dice.choices(range(0x3000), k=64))),
        ]
    )


@pytest.mark.django_db(transaction=True)
def test_ten_thousand_damaged_notifications_leave_no_trace():
    make_connection()
    dice = random.Random(SEED)
    originals = [body(dice.choice([1, 3, 4, 11, 12]), event_id=str(n)) for n in range(50)]
    answers: Counter[tuple[int, str]] = Counter()

    for _ in range(COUNT):
        original = dice.choice(originals)
        raw, signature = original, sign(original)
        what = dice.randrange(3)
        if what != 1:
            raw = damaged_bytes(dice, original)
        if what != 0 or raw == original:
            signature = damaged_signature(dice, signature)
        answer = inbox.receive(Vendor.TIKTOK, "tiktok-us", raw, signature)
        answers[answer.status, answer.outcome] += 1

    assert answers == {(401, "rejected"): COUNT}
    assert not InboundEvent.objects.exists()
    assert not Job.objects.exists()
    assert inbox.receive(Vendor.TIKTOK, "tiktok-us", originals[0], sign(originals[0])).status == 200
