"""The tables of the reference against those of the code."""

from __future__ import annotations

import re

import pytest

from saleor_tiktok_stripe.accounts.tiktok.scopes import ESSENTIAL, HELPFUL
from saleor_tiktok_stripe.inbox import from_tiktok as routes
from saleor_tiktok_stripe.inbox import receiving
from saleor_tiktok_stripe.jobs import kinds
from saleor_tiktok_stripe.jobs.tasks import beat_schedule
from saleor_tiktok_stripe.models import ConnectionState, JobStatus
from saleor_tiktok_stripe.orders.states import PLACES
from saleor_tiktok_stripe.tiktok.schemas import DEADLINES, FEES
from saleor_tiktok_stripe.tiktok.types import OrderState
from saleor_tiktok_stripe.tiktok.webhooks import SUBSCRIBED

from . import source
from .pages import page, row

JOBS = page("reference/jobs-and-events.md")
MAPPING = page("reference/order-mapping.md")


@pytest.mark.parametrize("kind", list(kinds.KINDS))
def test_every_kind_of_job_has_its_row(kind: str) -> None:
    assert row(JOBS, kind).startswith(f"| `{kind}` |")


@pytest.mark.parametrize("name", sorted({*routes.ROUTES, *SUBSCRIBED}))
def test_every_notification_leads_to_the_job_that_is_told(name: str) -> None:
    line = row(JOBS, name)

    assert line.startswith(f"| `{name}` | `{routes.ROUTES[name][0].job}`")
    assert all(f"`{route.job}`" in line for route in routes.ROUTES[name])
    assert line.endswith("| yes |" if name in SUBSCRIBED else "| no |")


def test_no_row_is_left_of_a_notification_that_leads_to_nothing() -> None:
    told = set(re.findall(r"^\| `([A-Z_]+)` \|", JOBS, re.MULTILINE))

    assert told == set(routes.ROUTES)


@pytest.mark.parametrize(("outcome", "status"), list(receiving._STATUS.items()))
def test_every_answer_to_a_notification_is_told(outcome: str, status: int) -> None:
    assert row(JOBS, outcome).startswith(f"| {status} | `{outcome}` |")


@pytest.mark.parametrize("state", [*JobStatus.values, *ConnectionState.values])
def test_every_state_of_jobs_and_connections_is_told(state: str) -> None:
    assert row(JOBS, state).startswith(f"| `{state}` |")


def test_the_jobs_that_run_without_an_active_connection_are_told() -> None:
    line = next(line for line in JOBS.splitlines() if line.startswith("Jobs of a connection"))

    free = [
        name for name, (_, options) in kinds.KINDS.items() if not options.get("needs_active", 1)
    ]
    assert re.findall(r"`([a-z.]+)`", line) == free


@pytest.mark.parametrize("state", list(OrderState))
def test_every_state_of_an_order_has_its_row(state: OrderState) -> None:
    part = MAPPING.partition("## State")[2].partition("## Lines")[0]

    assert any(
        f"`{state.value}`" in line.split("|")[1] for line in part.splitlines() if "|" in line
    )
    assert state in PLACES or state is OrderState.UNKNOWN


def test_every_metadata_key_is_told_and_no_other() -> None:
    told = set(re.findall(r"`(tiktok\.[a-z_]+\.?)`", MAPPING))

    assert source.metadata_keys() == told


def test_every_fee_and_deadline_is_told() -> None:
    wanted = {*FEES.values(), "deposit", *DEADLINES.values()}

    assert [name for name in sorted(wanted) if f"`{name}`" not in MAPPING] == []


@pytest.mark.parametrize("scope", [*ESSENTIAL, *HELPFUL])
def test_every_permission_of_the_app_is_told_with_what_stops_without_it(scope: str) -> None:
    assert row(page("connect-a-shop.md"), scope).startswith(f"| `{scope}` | ")


def test_the_rows_that_stay_in_the_schedule_are_found_by_the_prefix_that_is_told() -> None:
    assert "name__startswith='tiktok-stripe-'" in page("operate.md")
    assert all(name.startswith("tiktok-stripe-") for name in beat_schedule())
