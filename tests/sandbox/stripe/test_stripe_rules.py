"""What is decided without a server: states of disputes, evidence, files, batches of payouts."""

from __future__ import annotations

import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_tiktok_stripe.sandbox.stripe import dispute_rules as rules
from saleor_tiktok_stripe.sandbox.stripe import evidence, file_checks
from saleor_tiktok_stripe.sandbox.stripe.errors import StripeError
from saleor_tiktok_stripe.sandbox.stripe.payout_batches import Batch, Entry, batches

STATES = sorted(
    {*rules.SUBMITTED, *rules.SUBMITTED.values(), *rules.CLOSED_STATES, *rules.INQUIRY_STATES}
)
DAY = 86_400


@pytest.mark.parametrize("closed", sorted(rules.CLOSED_STATES - {"lost"}))
@pytest.mark.parametrize("other", STATES)
def test_what_is_closed_stays_closed(closed: str, other: str) -> None:
    assert not rules.may_become(closed, other)


def test_only_a_lost_dispute_may_still_turn() -> None:
    after_lost = {state for state in STATES if rules.may_become("lost", state)}

    assert after_lost == {"won", "appeal_needs_response"}


def test_a_state_nobody_knows_leads_nowhere() -> None:
    assert not rules.may_become("settled_by_moonlight", "won")
    assert not rules.may_become("needs_response", "settled_by_moonlight")


@pytest.mark.parametrize(
    ("text", "status", "expected"),
    [
        ("winning_evidence", "under_review", "won"),
        ("see our winning_evidence, thanks", "under_review", "won"),
        ("losing_evidence", "under_review", "lost"),
        ("losing_evidence", "appeal_under_review", "lost"),
        ("escalate_inquiry_evidence", "warning_under_review", "needs_response"),
        ("winning_evidence", "warning_under_review", "warning_closed"),
        ("escalate_inquiry_evidence", "under_review", ""),
        ("an honest story", "under_review", ""),
    ],
)
def test_control_words(text: str, status: str, expected: str) -> None:
    assert rules.verdict(text, status) == expected


@given(amount=st.integers(1, 10**9), parts=st.integers(1, 5))
def test_several_disputes_share_the_amount_to_the_cent(amount: int, parts: int) -> None:
    shares = rules.parts_of(amount, parts)

    assert sum(shares) == amount
    assert max(shares) - min(shares) <= 1


def test_evidence_has_the_27_classic_fields_and_the_enhanced_ones() -> None:
    fields = evidence.nothing()

    assert len(fields) == 28
    assert fields.pop("enhanced_evidence") == {}
    assert set(fields.values()) == {None}


def test_an_empty_string_clears_a_field_and_the_rest_stays() -> None:
    staged = evidence.merged(
        evidence.nothing(), {"customer_name": "Ada", "shipping_carrier": "DHL"}
    )

    changed = evidence.merged(staged, {"customer_name": ""})

    assert (changed["customer_name"], changed["shipping_carrier"]) == (None, "DHL")
    assert evidence.is_there(changed)
    assert not evidence.is_there(evidence.merged(changed, {"shipping_carrier": ""}))


def test_texts_may_have_150000_characters_in_all() -> None:
    full = dict.fromkeys(evidence.LONG_TEXTS[:7], "x" * 20000) | {"customer_name": "y" * 5000}
    exactly = full | {"shipping_address": "z" * 5000}

    evidence.check_texts(exactly)
    with pytest.raises(StripeError) as refused:
        evidence.check_texts(exactly | {"shipping_date": "1"})

    assert (refused.value.status, refused.value.param) == (400, "evidence")
    assert "150001" in refused.value.message


def _file(size: int, purpose: str = "dispute_evidence") -> dict[str, Any]:
    return {"size": size, "purpose": purpose}


def test_files_together_may_have_five_million_bytes_and_one_named_twice_counts_twice() -> None:
    files = {"file_a": _file(2_500_000), "file_b": _file(2_500_000), "file_c": _file(1)}

    evidence.check_files({"receipt": "file_a", "refund_policy": "file_b"}, files.get)
    with pytest.raises(StripeError, match="combined size"):
        evidence.check_files(
            {"receipt": "file_a", "refund_policy": "file_b", "uncategorized_file": "file_c"},
            files.get,
        )
    with pytest.raises(StripeError, match="combined size"):
        evidence.check_files(
            {"receipt": "file_a", "refund_policy": "file_a", "uncategorized_file": "file_c"},
            files.get,
        )


@pytest.mark.parametrize("known", [None, _file(10, "business_logo")])
def test_a_file_must_be_there_and_be_for_disputes(known: Any) -> None:
    with pytest.raises(StripeError) as refused:
        evidence.check_files({"receipt": "file_x"}, {"file_x": known}.get)

    assert refused.value.param == "evidence[receipt]"


PRIOR = {
    "charge": "ch_1",
    "customer_purchase_ip": "10.0.0.1",
    "customer_email_address": "a@example.com",
    "product_description": "Mug",
}
DISPUTED = {**PRIOR, "merchandise_or_services": "merchandise"}


def _proof(disputed: dict[str, Any], *priors: dict[str, Any]) -> dict[str, Any]:
    proof = {"disputed_transaction": disputed, "prior_undisputed_transactions": list(priors)}
    return {"enhanced_evidence": {"visa_compelling_evidence_3": proof}}


def test_compelling_evidence_qualifies_with_two_priors_that_share_two_identifiers() -> None:
    state = evidence.compelling_state(_proof(DISPUTED, PRIOR, {**PRIOR, "charge": "ch_2"}))

    assert state == {"required_actions": [], "status": "qualified"}


@pytest.mark.parametrize(
    ("prior", "why"),
    [
        ({"customer_purchase_ip": "10.0.0.2"}, "neither address nor device is the same"),
        ({"customer_email_address": "b@example.com"}, "one identifier is not enough"),
        ({"customer_purchase_ip": None, "customer_email_address": None}, "nothing is no match"),
    ],
)
def test_compelling_evidence_wants_identifiers_that_match(prior: Any, why: str) -> None:
    state = evidence.compelling_state(_proof(DISPUTED, PRIOR, {**PRIOR, **prior}))

    assert state["required_actions"] == ["missing_customer_identifiers"], why
    assert state["status"] == "requires_action"


def test_two_priors_without_identifiers_do_not_match_a_charge_without() -> None:
    bare = {"charge": "ch_1", "product_description": "Mug"}
    disputed = {"product_description": "Mug", "merchandise_or_services": "merchandise"}

    assert evidence.compelling_state(_proof(disputed, bare, bare))["required_actions"] == [
        "missing_customer_identifiers"
    ]


@pytest.mark.parametrize(
    ("priors", "param"),
    [
        ([PRIOR], "[prior_undisputed_transactions]"),
        ([PRIOR, {**PRIOR, "charge": "pi_1"}], "[prior_undisputed_transactions][1][charge]"),
        (
            [PRIOR, {**PRIOR, "customer_device_id": "x" * 14}],
            "[prior_undisputed_transactions][1][customer_device_id]",
        ),
    ],
)
def test_compelling_evidence_of_a_wrong_shape_is_refused(priors: Any, param: str) -> None:
    with pytest.raises(StripeError) as refused:
        evidence.check_compelling(_proof(DISPUTED, *priors))

    root = "evidence[enhanced_evidence][visa_compelling_evidence_3]"
    assert refused.value.param == root + param


PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
JPG = b"\xff\xd8\xff\xe0" + b"\0" * 20


def pdf(pages: int, *, compressed: bool = False) -> bytes:
    objects = b" ".join(b"<< /Type /Page /Parent 2 0 R >>" for _ in range(pages))
    if compressed:
        packed = zlib.compress(objects)
        objects = b"5 0 obj << /Type /ObjStm /Length 1 >>\nstream\n%b\nendstream" % packed
    return b"%PDF-1.7\n1 0 obj << /Type /Pages >> endobj\n" + objects + b"\n%%EOF"


@pytest.mark.parametrize(
    ("content", "kind"),
    [(pdf(1), "pdf"), (PNG, "png"), (JPG, "jpg"), (b"GIF89a...", "gif"), (b"MZ....", "")],
)
def test_the_kind_is_told_from_the_bytes(content: bytes, kind: str) -> None:
    assert file_checks.kind_of(content) == kind


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("pages", [1, 49, 120])
def test_pages_are_counted_also_in_compressed_documents(pages: int, compressed: bool) -> None:
    assert file_checks.pages_of(pdf(pages, compressed=compressed)) == pages


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"GIF89a" + b"\0" * 20, "Invalid file type"),
        (b"<html>", "Invalid file type"),
        (pdf(50), "has 50 pages"),
        (b"%PDF-1.7 torn", "cannot be read"),
        (PNG + b"\0" * 5_000_000, "larger than"),
    ],
)
def test_evidence_files_that_are_refused(content: bytes, words: str) -> None:
    with pytest.raises(StripeError, match=words) as refused:
        file_checks.check("dispute_evidence", content)

    assert (refused.value.status, refused.value.param) == (400, "file")


def test_a_purpose_nobody_knows_is_refused() -> None:
    with pytest.raises(StripeError) as refused:
        file_checks.check("holiday_pictures", PNG)

    assert refused.value.param == "purpose"


def test_a_file_of_exactly_the_limit_is_taken() -> None:
    assert file_checks.check("dispute_evidence", PNG.ljust(5_000_000, b"\0")) == "png"


def test_a_payout_takes_what_is_available_in_each_currency() -> None:
    entries = [
        Entry("txn_1", 970, "usd", 100),
        Entry("txn_2", -300, "usd", 200),
        Entry("txn_3", 500, "usd", 201),
        Entry("txn_4", 80, "eur", 0),
    ]

    made = batches(entries, 200)

    assert made == (
        Batch("eur", 80, ("txn_4",)),
        Batch("usd", 670, ("txn_1", "txn_2")),
    )


@pytest.mark.parametrize(
    ("net", "currency"), [(0, "usd"), (-5, "usd"), (4550, "huf"), (101, "twd")]
)
def test_what_cannot_be_paid_out_waits(net: int, currency: str) -> None:
    assert batches([Entry("txn_1", net, currency, 0)], 1) == ()


def test_whole_units_of_a_currency_without_decimals_in_payouts_go_out() -> None:
    assert batches([Entry("txn_1", 4500, "huf", 0)], 0) == (Batch("huf", 4500, ("txn_1",)),)


@given(
    nets=st.lists(st.tuples(st.integers(-500, 500), st.integers(0, 4)), max_size=20),
    now=st.integers(0, 4),
)
def test_every_payout_is_the_sum_of_its_members(nets: list[tuple[int, int]], now: int) -> None:
    entries = [Entry(f"txn_{n}", net, "usd", on) for n, (net, on) in enumerate(nets)]

    for batch in batches(entries, now):
        named = [entry for entry in entries if entry.id in batch.members]
        assert batch.amount == sum(entry.net for entry in named) > 0
        assert all(entry.available_on <= now for entry in named)
