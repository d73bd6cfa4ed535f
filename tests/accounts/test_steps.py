"""The steps of the first run: which is next, what is in the way, how far the import is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from saleor_tiktok_stripe.accounts.steps import first_run, is_set_up
from saleor_tiktok_stripe.models import Connection, ConnectionState, Job, OrderLink
from tests.support.factories import make_connection, make_stripe_connection

pytestmark = pytest.mark.django_db
CHANNEL = "tiktok-us"
NOW = datetime(2026, 11, 23, tzinfo=UTC)
ERROR = {
    "code": "SCOPE_MISSING",
    "severity": "error",
    "subject": "seller.order.info",
    "message": "A permission is missing.",
    "cure": "Add it.",
}


def states() -> dict[str, str]:
    return {step.name: str(step.state) for step in first_run(CHANNEL)}


def backfill(connection: Connection, status: str, **progress: object) -> None:
    Job.objects.create(
        kind="orders.backfill",
        connection=connection,
        dedup_key=f"orders.backfill:{connection.pk}:",
        status=status,
        progress=progress,
    )


def test_at_first_only_the_accounts_are_to_be_prepared():
    assert states() == {
        "prepare": "current",
        "tiktok": "todo",
        "stripe": "todo",
        "verify": "todo",
        "import": "todo",
    }
    assert not is_set_up(CHANNEL)


def test_once_keys_are_saved_the_consent_is_next():
    make_connection(state=ConnectionState.PENDING, shop_id="")

    assert states()["prepare"] == "done"
    assert states()["tiktok"] == "current"
    assert not is_set_up(CHANNEL)


def test_a_channel_with_a_shop_alone_goes_on_with_what_a_shop_needs():
    make_connection(verified_at=NOW)

    found = states()

    assert (found["tiktok"], found["stripe"]) == ("done", "current")
    assert (found["verify"], found["import"]) == ("done", "todo")
    assert is_set_up(CHANNEL)


def test_with_both_connected_and_verified_the_import_is_next():
    make_connection(verified_at=NOW)
    make_stripe_connection(verified_at=NOW)

    assert states() == {
        "prepare": "done",
        "tiktok": "done",
        "stripe": "done",
        "verify": "done",
        "import": "current",
    }


def test_what_was_found_is_in_the_way():
    make_connection(verified_at=NOW, findings=[ERROR])

    verify = {step.name: step for step in first_run(CHANNEL)}["verify"]

    assert verify.state == "attention"
    assert [one.code for one in verify.findings] == ["SCOPE_MISSING"]


def test_an_authorization_that_ended_is_in_the_way():
    make_connection(state=ConnectionState.NEEDS_REAUTH, state_reason="The seller ended it.")

    tiktok = {step.name: step for step in first_run(CHANNEL)}["tiktok"]

    assert (tiktok.state, tiktok.words) == ("attention", "The seller ended it.")
    assert is_set_up(CHANNEL)


def test_a_shop_that_was_switched_off_can_be_connected_again():
    make_connection(state=ConnectionState.DISABLED, state_reason="The shop was disconnected.")

    tiktok = {step.name: step for step in first_run(CHANNEL)}["tiktok"]

    assert (tiktok.state, tiktok.words) == ("current", "The shop was disconnected.")


@pytest.mark.parametrize(
    ("status", "state", "running"),
    [
        ("queued", "current", True),
        ("running", "current", True),
        ("parked", "attention", False),
        ("dead", "attention", False),
        ("done", "done", False),
    ],
)
def test_the_import_is_followed(status, state, running):
    make_stripe_connection(verified_at=NOW)
    connection = make_connection(verified_at=NOW)
    backfill(connection, status, seen=1200, total=4800, imported=1190, parked=10)

    step = {one.name: one for one in first_run(CHANNEL)}["import"]

    assert (step.state, step.running) == (state, running)
    assert "1,200 of 4,800 orders read: 1,190 are in Saleor, 10 need attention." in step.words
    assert step.progress is not None
    assert step.progress.seen == 1200


def test_without_an_import_the_orders_that_came_count():
    connection = make_connection(verified_at=NOW)
    OrderLink.objects.create(
        connection=connection,
        order_id="1",
        saleor_order_id="T3JkZXI6MQ==",
        state="AWAITING_SHIPMENT",
        marketplace_updated_at=NOW,
        fingerprint="x",
    )

    step = {one.name: one for one in first_run(CHANNEL)}["import"]

    assert step.state == "done"
    assert "1 so far" in step.words


def test_another_channels_state_does_not_count():
    make_connection("other", verified_at=NOW)

    assert states()["prepare"] == "current"
