"""What moved in the balance and what was paid out: read row by row, page by page."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import parse_qs

import pytest

from saleor_tiktok_stripe.sandbox.stripe import StripeSandbox
from saleor_tiktok_stripe.stripe_api import (
    BalanceEntry,
    FeePart,
    NewPayment,
    Payout,
    PayoutState,
    PermissionMissing,
    Refused,
    StripeAccess,
    StripeClient,
)
from tests.stripe_api import samples
from tests.stripe_api.stub import listing, says, seen
from tests.transport.servers import serving

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
SOON = datetime(2026, 1, 2, tzinfo=UTC)
START = datetime(2020, 1, 1, tzinfo=UTC)
MUST = "amount created currency fee id net"


def moved(**changes):
    return {
        "id": "txn_1",
        "object": "balance_transaction",
        "amount": 1099,
        "created": samples.CREATED,
        "currency": "eur",
        "description": "Order 7",
        "exchange_rate": 0.91,
        "fee": 62,
        "fee_details": [
            {"type": "stripe_fee", "amount": 52, "currency": "eur", "description": "Stripe fees"},
            {"type": "tax", "amount": 10, "currency": "eur", "description": "VAT"},
        ],
        "net": 1037,
        "reporting_category": "charge",
        "source": samples.charge(),
        "type": "charge",
        **changes,
    }


def payout(**changes):
    return {
        "id": "po_1",
        "object": "payout",
        "amount": 5000,
        "arrival_date": samples.CREATED + 86400,
        "automatic": True,
        "created": samples.CREATED,
        "currency": "usd",
        "failure_code": None,
        "failure_message": None,
        "reconciliation_status": "completed",
        "status": "in_transit",
        **changes,
    }


def test_a_balance_transaction_is_read_with_the_parts_of_its_fee_and_its_payment(client_for):
    with serving(listing(moved())) as server:
        page = client_for(server).balance_page(since=NEW_YEAR, until=SOON)
        asked = parse_qs(seen(server).query)

    assert asked == {
        "created[gte]": ["1767225600"],
        "created[lte]": ["1767312000"],
        "expand[0]": ["data.source"],
        "limit": ["100"],
    }
    assert page.entries == (
        BalanceEntry(
            id="txn_1",
            category="charge",
            amount=Decimal("10.99"),
            fee=Decimal("0.62"),
            net=Decimal("10.37"),
            currency="EUR",
            source_id="ch_1",
            created_at=NEW_YEAR,
            exchange_rate=Decimal("0.91"),
            payment_id="pi_1",
            fees=(
                FeePart("stripe_fee", Decimal("0.52"), "Stripe fees"),
                FeePart("tax", Decimal("0.10"), "VAT"),
            ),
            description="Order 7",
        ),
    )
    assert (page.broken, page.next_after) == ((), "")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("ch_1", ("ch_1", "")),
        (None, ("", "")),
        ({"id": "po_1", "object": "payout"}, ("po_1", "")),
        (samples.refund(), ("re_1", "pi_1")),
        (samples.dispute(), ("du_1", "pi_1")),
        (samples.charge(payment_intent=None), ("ch_1", "")),
    ],
)
def test_the_source_names_the_payment_where_it_has_one(client_for, source, expected):
    with serving(listing(moved(source=source))) as server:
        [entry] = client_for(server).balance_page(payout_id="po_1").entries

    assert (entry.source_id, entry.payment_id) == expected


@pytest.mark.parametrize("field", MUST.split())
def test_a_transaction_that_cannot_be_read_is_named_and_stops_no_other(client_for, field):
    with serving(listing(moved(id="txn_2"), moved(**{field: None}))) as server:
        page = client_for(server).balance_page(since=NEW_YEAR)

    assert [entry.id for entry in page.entries] == ["txn_2"]
    assert [id_ for id_, _ in page.broken] == ["None" if field == "id" else "txn_1"]
    assert "balance_transactions.list" in page.broken[0][1]


def test_pages_go_on_after_the_last_row(client_for):
    with serving(listing(moved(), more=True), listing(moved(id="txn_0"))) as server:
        client = client_for(server)
        first = client.balance_page(since=NEW_YEAR)
        second = client.balance_page(since=NEW_YEAR, after=first.next_after)
        asked = parse_qs(seen(server).query)

    assert first.next_after == "txn_1"
    assert asked["starting_after"] == ["txn_1"]
    assert [entry.id for entry in second.entries] == ["txn_0"]
    assert second.next_after == ""


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("pending", PayoutState.PENDING),
        ("in_transit", PayoutState.PENDING),
        ("paid", PayoutState.PAID),
        ("failed", PayoutState.FAILED),
        ("canceled", PayoutState.CANCELED),
        ("lost_at_sea", PayoutState.UNKNOWN),
    ],
)
def test_every_state_of_a_payout_is_known_and_new_ones_are_kept(client_for, status, state):
    with serving(says(payout(status=status))) as server:
        found = client_for(server).payout("po_1")
        path = seen(server).path

    assert path == "/v1/payouts/po_1"
    assert found == Payout(
        id="po_1",
        state=state,
        raw_state=status,
        amount=Decimal("50.00"),
        currency="USD",
        automatic=True,
        is_complete=True,
        created_at=NEW_YEAR,
        arrives_at=SOON,
    )


def test_a_failed_payout_says_why_and_one_by_hand_is_never_complete(client_for):
    failed = payout(status="failed", failure_code="account_closed", failure_message="Closed.")
    by_hand = payout(id="po_2", automatic=False, reconciliation_status="not_applicable")
    with serving(listing(by_hand, failed, payout(id="po_3", amount="much"))) as server:
        page = client_for(server).payout_page(since=NEW_YEAR)

    assert [(one.id, one.failure, one.is_complete) for one in page.payouts] == [
        ("po_2", "", False),
        ("po_1", "Closed.", True),
    ]
    assert [id_ for id_, _ in page.broken] == ["po_3"]


def test_a_payout_is_followed_to_its_payments_at_the_sandbox(door):
    with StripeSandbox(seed=11, clock_rate=0, auto_deliver=False) as sandbox:
        client = StripeClient(
            StripeAccess(sandbox.secret_key), door,
            api_url=sandbox.base_url, files_url=sandbox.files_url,
        )  # fmt: skip
        new = NewPayment(
            Decimal("100.00"), "USD", payment_method="pm_card_visa", confirm=True,
            allow_redirects=False,
        )  # fmt: skip
        paid = client.create_payment(new, key="k1")
        client.create_refund(paid.id, Decimal("40.00"), "USD", key="k2")
        sandbox.control.turn(3 * 86_400)
        [payout_id] = sandbox.control.pay_out()
        with pytest.raises(Refused):
            client.balance_page(payout_id=payout_id)
        sandbox.control.turn(7200)

        moved = client.balance_page(payout_id=payout_id).entries
        [known] = client.payout_page(since=START).payouts

    charge, refund = (one for one in reversed(moved) if one.payment_id)
    assert (charge.category, charge.amount, charge.payment_id) == (
        "charge", Decimal("100.00"), paid.id,
    )  # fmt: skip
    assert [(part.kind, part.amount) for part in charge.fees] == [("stripe_fee", charge.fee)]
    assert (refund.category, refund.net, refund.payment_id) == (
        "refund", Decimal("-40.00"), paid.id,
    )  # fmt: skip
    assert known.amount == charge.net + refund.net
    assert sum(one.net for one in moved) == Decimal(0)
    assert (known.state, known.is_complete) == (PayoutState.PENDING, True)


def test_a_key_without_the_permission_is_told_which(door):
    with StripeSandbox(seed=11, clock_rate=0, auto_deliver=False) as sandbox:
        key = sandbox.control.restricted_key("rak_payout_read")
        client = StripeClient(
            StripeAccess(key), door, api_url=sandbox.base_url, files_url=sandbox.files_url
        )

        with pytest.raises(PermissionMissing) as missing:
            client.balance_page(since=START)
        page = client.payout_page(since=START)

    assert missing.value.permission == "rak_balance_transaction_source_read"
    assert page.payouts == ()
