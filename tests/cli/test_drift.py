"""Commands about drift, against both sandboxes."""

from __future__ import annotations

import json
import threading

from django.db import connections

from saleor_tiktok_stripe import jobs
from saleor_tiktok_stripe.models import Difference, Job
from tests.support.shop import ConnectedShop
from tests.support.stored import everything

from .support import CHANNEL, run


def behind(shop: ConnectedShop) -> str:
    """An order that left without Saleor being told."""
    shop.set_policy(stock_push=False)
    sku = shop.tiktok.catalog()[0]["sku_id"]
    order_id = str(shop.tiktok.create_order([(sku, 2)], status="AWAITING_SHIPMENT"))
    shop.sync(order_id)
    assert run("drift", "check", *CHANNEL, "--order", order_id) == (0, "Nothing differs.\n")
    shop.tiktok.ship(order_id, tracking="TRACK1")
    return order_id


def test_an_order_is_checked_reported_and_repaired(shop: ConnectedShop):
    order_id = behind(shop)

    code, said = run("drift", "check", *CHANNEL, "--order", order_id)
    row = Difference.objects.get()
    first = f"{row.pk} order {order_id} SHIPMENT_MISSING_IN_SALEOR open"
    assert (code, said.splitlines()[0]) == (1, first)
    assert "    theirs: package " in said
    assert run("drift", "report", *CHANNEL) == (1, said)
    assert run("drift", "report", *CHANNEL, "--area", "sku") == (0, "Nothing differs.\n")
    [told] = json.loads(run("drift", "report", *CHANNEL, "--json")[1])
    assert [one["id"] for one in told["lines"]] == [row.pk]

    before = everything()
    planned = run("drift", "repair", *CHANNEL, "--all", "--dry-run")
    assert planned == (
        0,
        f"{row.pk} order {order_id} {row.code}: would ask for order.sync\n"
        "1 jobs would be asked for.\n",
    )
    assert everything() == before
    done = run("drift", "repair", *CHANNEL, str(row.pk))
    assert done == (
        0, f"{row.pk} order {order_id} {row.code}: asked for order.sync\n1 jobs asked for.\n"
    )  # fmt: skip
    shop.work()
    assert run("drift", "check", *CHANNEL, "--order", order_id) == (0, "Nothing differs.\n")
    assert run("drift", "report", *CHANNEL) == (0, "Nothing differs.\n")
    assert "gone" in run("drift", "report", *CHANNEL, "--all")[1]


def test_a_difference_is_accepted(shop: ConnectedShop):
    order_id = behind(shop)
    run("drift", "check", *CHANNEL, "--order", order_id)
    row = Difference.objects.get()

    assert run("drift", "accept", *CHANNEL, "--note", "fine", str(row.pk)) == (0, "1 accepted.\n")
    assert run("drift", "accept", *CHANNEL, str(row.pk)) == (1, "0 accepted.\n")

    row.refresh_from_db()
    assert (row.state, row.note, row.actor) == ("accepted", "fine", "command line")
    assert run("drift", "report", *CHANNEL) == (0, "Nothing differs.\n")


def work_until(stop: threading.Event) -> None:
    jobs.run_forever(stop, idle_seconds=0.05, periodic=False)
    connections.close_all()


def test_everything_is_compared_in_the_background(shop: ConnectedShop):
    behind(shop)
    assert run("drift", "check", *CHANNEL, "--no-watch") == (0, "Queued.\n")
    assert Job.objects.get(kind="drift.check").payload == {"now": True, "from": ""}
    Job.objects.all().delete()

    stop = threading.Event()
    worker = threading.Thread(target=work_until, args=(stop,))
    worker.start()
    try:
        code, said = run("drift", "check", *CHANNEL, "--since", "2024-01-01")
    finally:
        stop.set()
        worker.join()

    # What left a moment ago is left to the regular looks.
    assert (code, said.splitlines()[-1]) == (0, "Nothing differs.")
    assert "tiktok: 2 compared, done" in said  # the order and its SKU


def test_what_to_repair_has_to_be_said(shop: ConnectedShop):
    assert run("drift", "repair", *CHANNEL)[0] == 2
    assert run("drift", "repair", *CHANNEL, "--all", "7")[0] == 2
