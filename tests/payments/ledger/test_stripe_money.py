"""Stripe's balance and payouts in the ledger: every payment to its order, every payout to zero."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum

from saleor_tiktok_stripe.jobs import clock
from saleor_tiktok_stripe.models import (
    Charge,
    Difference,
    Job,
    LedgerEntry,
    Payout,
    SyncCursor,
)
from saleor_tiktok_stripe.payments.ledger.importing import import_money
from saleor_tiktok_stripe.saleor_api.transactions import SessionRequest
from tests.support.till import Till

DAY = 86_400
ORDER = "T3JkZXI6MQ=="


@pytest.fixture(autouse=True)
def connected_before(till: Till) -> None:
    """A minute ago: Stripe's clock counts whole seconds."""
    till.connection.created_at -= timedelta(minutes=1)
    till.connection.save(update_fields=["created_at"])


def order(till: Till, request: SessionRequest, order_id: str = ORDER) -> None:
    """The payment's checkout becomes an order."""
    Charge.objects.filter(pk=till.charge(request).pk).update(order_id=order_id)


def entries(**wanted: object) -> list[tuple[str, str, str, str]]:
    rows = LedgerEntry.objects.filter(**wanted).order_by("happened_at", "pk")
    return [(one.order_id, one.kind, one.component, f"{one.amount:.2f}") for one in rows]


def paid_out(till: Till, *, arrives_after: int = DAY) -> str:
    """A payout of everything available, made three days from now and reconciled."""
    till.control.turn(3 * DAY)
    [payout] = till.control.pay_out(arrives_after)
    till.control.turn(2 * DAY)
    return payout


def open_codes() -> list[tuple[str, str]]:
    rows = Difference.objects.filter(state="open").order_by("code", "subject")
    return list(rows.values_list("code", "subject"))


def test_a_payment_its_fee_and_its_refund_belong_to_the_order(till: Till) -> None:
    request = till.paid("25.00")
    order(till, request)
    till.control.dashboard_refund(till.charge(request).payment_id, 500)
    import_money(till.connection)

    assert entries() == [
        (ORDER, "sale", "charge", "25.00"),
        (ORDER, "fee", "stripe_fee", "-1.03"),
        (ORDER, "refund", "refund", "-5.00"),
    ]
    assert {one.source_ref for one in LedgerEntry.objects.all()} == {
        till.charge(request).payment_id
    }


def test_reading_again_changes_nothing(till: Till) -> None:
    order(till, till.paid())
    import_money(till.connection)
    rows = LedgerEntry.objects.order_by("pk").values_list("pk", "amount", "order_id")
    before = list(rows)
    import_money(till.connection)

    assert list(rows.all()) == before


def test_an_order_that_comes_later_gets_its_money(till: Till) -> None:
    request = till.paid()
    import_money(till.connection)
    assert {order_id for order_id, *_ in entries()} == {""}

    order(till, request)
    import_money(till.connection)

    assert {order_id for order_id, *_ in entries()} == {ORDER}


def test_a_dispute_is_what_was_taken_and_its_fee(till: Till) -> None:
    request = till.pay("25.00", method="pm_card_createDispute")
    till.sync(request)
    order(till, request)
    import_money(till.connection)

    assert entries() == [
        (ORDER, "sale", "charge", "25.00"),
        (ORDER, "fee", "stripe_fee", "-1.03"),
        (ORDER, "dispute", "dispute", "-25.00"),
        (ORDER, "fee", "dispute_fee", "-15.00"),
    ]


def test_a_payout_is_followed_to_its_payments_also_such_as_are_not_ours(till: Till) -> None:
    ours = till.paid("25.00")
    order(till, ours)
    foreign = till.paid("40.00")
    Charge.objects.filter(pk=till.charge(foreign).pk).delete()
    payout_id = paid_out(till)
    with clock.turned(6 * DAY):
        import_money(till.connection)
        import_money(till.connection)

    payout = Payout.objects.get()
    assert (payout.payout_id, payout.kind, payout.state) == (payout_id, "automatic", "paid")
    assert payout.entries_complete
    assert entries(payout=payout, kind="sale") == [
        (ORDER, "sale", "charge", "25.00"),
        ("", "sale", "charge", "40.00"),
    ]
    members = LedgerEntry.objects.filter(payout=payout)
    assert members.aggregate(total=Sum("amount"))["total"] == 0
    assert entries(payout=payout, kind="payout") == [
        ("", "payout", "payout", f"{-payout.amount:.2f}")
    ]
    assert open_codes() == []


def test_a_payout_whose_parts_do_not_come_to_it_is_told_and_closes_when_they_do(
    till: Till,
) -> None:
    order(till, till.paid("25.00"))
    payout_id = paid_out(till)
    payout = till.stripe.world.account(till.stripe.account_id, False).get("payout", payout_id)
    payout["amount"] += 7
    with clock.turned(6 * DAY):
        import_money(till.connection)
        found = Difference.objects.get()
        payout["amount"] -= 7
        import_money(till.connection)

    assert (found.code, found.area, found.subject) == (
        "PAYOUT_DIFFERS", "payout", f"payout:{payout_id}",
    )  # fmt: skip
    assert (found.amount, found.ours, found.theirs) == (
        Decimal("0.07"), {"transactions": "23.97"}, {"payout": "24.04"},
    )  # fmt: skip
    found.refresh_from_db()
    assert found.state == "gone"


def test_a_payout_that_the_bank_sent_back_needs_a_person_and_goes_out_again(till: Till) -> None:
    order(till, till.paid("25.00"))
    first = paid_out(till)
    with clock.turned(6 * DAY):
        import_money(till.connection)
    till.control.fail_payout(first)
    second = paid_out(till)
    with clock.turned(12 * DAY):
        import_money(till.connection)

    failed, again = (Payout.objects.get(payout_id=one) for one in (first, second))
    assert (failed.state, again.state, again.entries_complete) == ("failed", "paid", True)
    assert open_codes() == [("PAYMENT_FAILED", f"payout:{first}")]
    assert Difference.objects.get().theirs == {"reason": "The bank account has been closed."}
    assert entries(payout=again) == [
        ("", "payout", "payout_reversal", "23.97"),
        ("", "payout", "payout", "-23.97"),
    ]


def test_a_payout_by_hand_is_known_but_not_what_it_is_made_of(till: Till) -> None:
    order(till, till.paid("25.00"))
    till.control.turn(3 * DAY)
    till.control.pay_out_by_hand(1000)
    with clock.turned(4 * DAY):
        import_money(till.connection)

    payout = Payout.objects.get()
    assert (payout.kind, payout.state, payout.entries_complete) == ("manual", "pending", False)
    assert entries(payout=payout) == [("", "payout", "payout", "-10.00")]
    assert open_codes() == []


def test_a_row_that_cannot_be_read_is_named_and_stops_no_other(till: Till) -> None:
    broken, fine = till.paid("25.00"), till.paid("30.00")
    order(till, broken)
    order(till, fine, "T3JkZXI6Mg==")
    account = till.stripe.world.account(till.stripe.account_id, False)
    row = next(one for one in account.of("balance_transaction") if one["amount"] == 2500)
    row["currency"] = "beads"
    import_money(till.connection)

    assert {order_id for order_id, *_ in entries()} == {"T3JkZXI6Mg=="}
    assert open_codes() == [("MONEY_UNREADABLE", f"row:{row['id']}")]

    row["currency"] = "usd"
    import_money(till.connection)

    assert open_codes() == []
    assert {order_id for order_id, *_ in entries()} == {ORDER, "T3JkZXI6Mg=="}


def test_many_transactions_are_read_page_by_page_and_go_on_after_a_stop(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = till.stripe.world.account(till.stripe.account_id, False)
    from saleor_tiktok_stripe.sandbox.stripe import money

    for number in range(250):
        money.book(account, "charge", 1000 + number, "usd", f"ch_{number}")
    monkeypatch.setattr("saleor_tiktok_stripe.payments.ledger.gateway_balance.PAGES_PER_RUN", 2)
    first = import_money(till.connection)
    cursor = SyncCursor.objects.get(resource="ledger.balance")
    second = import_money(till.connection)

    assert (first["balance"].seen, first["balance"].more) == (200, True)
    assert cursor.page_token.startswith("txn_")
    assert (second["balance"].seen, second["balance"].more) == (50, False)
    assert LedgerEntry.objects.count() == 250


def test_a_key_without_payouts_still_brings_the_balance(till: Till) -> None:
    order(till, till.paid("25.00"))
    paid_out(till)
    credentials = dict(till.connection.credentials)
    credentials["secret_key"] = till.control.restricted_key("rak_balance_transaction_source_read")
    till.connection.credentials = credentials
    till.connection.save(update_fields=["credentials"])
    with clock.turned(6 * DAY):
        import_money(till.connection)

    assert Payout.objects.count() == 0
    assert len(entries(order_id=ORDER)) == 2


def test_a_key_without_the_balance_waits_for_the_permission(till: Till) -> None:
    credentials = dict(till.connection.credentials)
    credentials["secret_key"] = till.control.restricted_key("rak_payout_read")
    till.connection.credentials = credentials
    till.connection.save(update_fields=["credentials"])
    job = till.run("ledger.import")

    assert (job.status, job.problem["code"]) == ("parked", "STRIPE_PERMISSION_MISSING")
    assert LedgerEntry.objects.count() == 0


def test_the_job_reads_to_the_end_and_asks_for_the_daily_comparison(till: Till) -> None:
    order(till, till.paid("25.00"))
    job = till.run("ledger.import")
    again = till.run("ledger.import")

    assert (job.status, again.status) == ("done", "done")
    compared = Job.objects.filter(kind="ledger.reconcile")
    assert [one.status for one in compared] == ["done"]
    assert SyncCursor.objects.get(resource="ledger.reconcile").high_water is not None
