"""What the vendors say of the money, brought into the ledger: the job that runs by the clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ... import accounts
from ...jobs import Again, ClaimedJob, Done, Result
from ...models import Connection, Vendor
from . import gateway_balance, marketplace_payouts
from .expected import read_expected
from .marketplace_statements import Step, read_rows, read_statements
from .reconciling import ask_daily, link_payments, look_again, reconcile

KIND: Final = "ledger.import"


def run(connection: Connection | None, claimed: Sequence[ClaimedJob]) -> Mapping[int, Result]:
    """Handler of ``ledger.import``: a limited number of calls, then others have their turn."""
    if connection is None:
        return {}
    steps = import_money(connection)
    note = " ".join(f"{name}={step.seen}" for name, step in steps.items())
    more = any(step.more for step in steps.values())
    if not more:
        ask_daily(connection)
    result: Result = Again() if more else Done(note=note)
    return {job.id: result for job in claimed}


def import_money(connection: Connection) -> Mapping[str, Step]:
    """Read what is new at the vendor into the ledger; every order that it touches is compared in
    the same commit. Safe to stop anywhere and to run again. Raises what the clients raise."""
    stripe = connection.vendor == Vendor.STRIPE
    steps = _from_stripe(connection) if stripe else _from_marketplace(connection)
    look_again(connection)
    return steps


def _from_marketplace(connection: Connection) -> dict[str, Step]:
    client = accounts.client(connection)
    steps = {"statements": read_statements(connection, client)}
    steps["rows"] = read_rows(connection, client)
    steps["payouts"] = marketplace_payouts.read_payouts(connection, client)
    renew = bool(steps["rows"].seen) and not steps["rows"].more
    steps["expected"] = read_expected(connection, client, renew=renew)
    return steps


def _from_stripe(connection: Connection) -> dict[str, Step]:
    client = accounts.stripe_client(connection)
    steps = {"balance": gateway_balance.read_balance(connection, client)}
    steps["payouts"] = gateway_balance.read_payouts(connection, client)
    steps["members"] = gateway_balance.read_members(connection, client)
    reconcile(connection, link_payments(connection))
    return steps
