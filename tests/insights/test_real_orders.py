"""Orders that came over from the sandbox shop, and payments by the sandbox Stripe, end to end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest

from saleor_tiktok_stripe import insights, jobs
from saleor_tiktok_stripe.errors import RetryLater
from saleor_tiktok_stripe.insights import lines
from saleor_tiktok_stripe.jobs import clock
from saleor_tiktok_stripe.models import Connection, Job, SaleFact, SoldProduct
from saleor_tiktok_stripe.payments import ledger
from tests.support.shop import ConnectedShop, connected_shop


@pytest.fixture
def shop(transactional_db: None) -> Iterator[ConnectedShop]:
    with connected_shop() as connected:
        yield connected


def take_in(connection: Connection) -> Job:
    jobs.enqueue("insights.update", connection)
    jobs.work()
    return Job.objects.filter(kind="insights.update", connection=connection).latest("id")


def sold(shop: ConnectedShop) -> insights.Figures:
    with clock.turned(timedelta(minutes=3).total_seconds()):
        assert take_in(shop.connection).status == "done"
        wanted = insights.period([shop.connection], "30d")
        [found] = insights.figures([shop.connection], wanted).currencies
    return found.now


def test_an_order_from_import_to_settlement(shop: ConnectedShop):
    order_id = shop.tiktok.create_order(status="AWAITING_SHIPMENT")
    shop.sync(order_id)

    first = sold(shop)

    saleor_order = shop.read(order_id)
    assert (first.orders, first.volume) == (1, saleor_order.total_gross)
    assert first.units == sum(line.quantity for line in saleor_order.lines)
    assert (first.settled, first.net) == (0, 0)
    shop.tiktok.walk_to(order_id, "DELIVERED")
    shop.sync(order_id)
    shop.tiktok.settle_day()
    while any(step.more for step in ledger.import_money(shop.connection).values()):
        pass
    later = sold(shop)
    assert (later.orders, later.volume, later.settled) == (1, first.volume, 1)
    money = ledger.order_money(shop.connection, order_id)
    assert {"USD": later.net_settled} == dict(money.settled)


def test_products_have_the_names_of_saleor(shop: ConnectedShop):
    order_id = shop.tiktok.create_order(status="AWAITING_SHIPMENT")
    shop.sync(order_id)

    sold(shop)

    wanted = insights.period([shop.connection], "7d")
    found = insights.products([shop.connection], wanted, "USD").items
    order = shop.read(order_id)
    assert {one.variant_id for one in found} == {line.variant_id for line in order.lines}
    assert {one.sku for one in found} == {line.sku for line in order.lines}
    assert all(one.name and one.name != one.key for one in found)
    assert sum(one.volume for one in found) == sum(line.total_gross for line in order.lines)

    named = SoldProduct.objects.order_by("pk").values_list("name", flat=True)[0]
    SoldProduct.objects.update(name="An old name")
    assert lines.rename(shop.connection, 10) == len(found)
    assert SoldProduct.objects.order_by("pk")[0].name == named


def test_lines_are_asked_once(shop: ConnectedShop):
    order_id = shop.tiktok.create_order(status="AWAITING_SHIPMENT")
    shop.sync(order_id)
    sold(shop)
    fact = SaleFact.objects.get()

    shop.saleor.stop()
    shop.link(order_id).save()
    sold(shop)

    assert SaleFact.objects.get().lines == fact.lines


def test_saleor_out_of_reach_the_job_waits_and_goes_on(shop: ConnectedShop):
    order_id = shop.tiktok.create_order(status="AWAITING_SHIPMENT")
    shop.sync(order_id)

    shop.saleor.stop()
    with clock.turned(180):
        job = take_in(shop.connection)

    assert (job.status, job.attempts) == ("queued", 1)
    assert not SaleFact.objects.exists()
    with pytest.raises(RetryLater):
        lines.read_lines(shop.connection, [shop.link(order_id).saleor_order_id])


def test_a_link_whose_money_was_never_checked_takes_saleors_total(shop: ConnectedShop):
    order_id = shop.tiktok.create_order(status="AWAITING_SHIPMENT")
    shop.sync(order_id)
    link = shop.link(order_id)
    link.money = {}
    link.save()

    found = sold(shop)

    assert found.volume == shop.read(order_id).total_gross
    assert found.volume > Decimal(0)
