"""The ``saleor-tiktok-stripe`` command: for admins, for rehearsals, for the demo.

A door like the others: each command parses, calls one function and prints its answer. One module
per room; what takes long to import is imported by the command that needs it.
"""

from __future__ import annotations

import click

from . import (
    accounts,
    aftersales,
    api,
    cases,
    catalog,
    drift,
    fulfilment,
    insights,
    money,
    notices,
    orders,
    rehearsal,
    work,
)
from .common import Commands


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="saleor-tiktok-stripe")
def main() -> None:
    """TikTok Shop as a channel of Saleor."""


for _command in (
    accounts.new_key,
    accounts.rotate_keys,
    accounts.connect,
    accounts.disconnect,
    accounts.verify,
    accounts.register_webhooks,
    orders.backfill,
    orders.reconcile,
    catalog.link,
    catalog.unlink,
    catalog.stock,
    catalog.price,
    fulfilment.push,
    fulfilment.carriers,
    cases.cases,
    money.money,
    drift.drift,
    insights.report,
    notices.notices,
    aftersales.refund,
    aftersales.disputes,
    aftersales.dispute,
    work.doctor,
    work.parked,
    work.retry,
    work.replay,
    work.worker,
    api.schema,
    rehearsal.demo,
    rehearsal.sandbox,
):
    main.add_command(_command)
