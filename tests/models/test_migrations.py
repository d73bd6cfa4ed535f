"""Tables come and go without losing what others hold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection as database
from django.db.migrations.executor import MigrationExecutor

APP = "saleor_tiktok_stripe"


def at(name: str) -> Any:
    """Migrate there; the models as they were then."""
    MigrationExecutor(database).migrate([(APP, name)])
    return MigrationExecutor(database).loader.project_state([(APP, name)]).apps


@pytest.fixture
def newest(transactional_db: None) -> Iterator[str]:
    [(_, name)] = MigrationExecutor(database).loader.graph.leaf_nodes(APP)
    yield name
    MigrationExecutor(database).migrate([(APP, name)])


def test_stripes_tables_come_to_a_shop_that_sells_and_go_again(newest):
    # given: a shop connected before
    before = at("0001_initial").get_model(APP, "Connection")
    shop = before.objects.create(
        vendor="tiktok", channel_slug="a", account_id="1", state="active", credentials={"t": "x"}
    )

    # when: one Stripe account takes payments in two channels, and the plugin goes back
    apps = at("0002_stripe")
    connections, charges = apps.get_model(APP, "Connection"), apps.get_model(APP, "Charge")
    assert connections.objects.get(pk=shop.pk).credentials == {"t": "x"}
    for channel in ("a", "b"):
        one = connections.objects.create(
            vendor="stripe", channel_slug=channel, account_id="acct_1", state="active"
        )
        charges.objects.create(
            connection=one, transaction_id=channel, flow="charge", amount=1, currency="USD"
        )
    after = at("0001_initial").get_model(APP, "Connection")

    # then: the shop is as it was, and nothing of Stripe is active
    kept = after.objects.get(pk=shop.pk)
    assert (kept.state, kept.credentials) == ("active", {"t": "x"})
    assert set(after.objects.filter(vendor="stripe").values_list("state", flat=True)) == {
        "disabled"
    }
    assert f"{APP}_charge" not in database.introspection.table_names()


def test_orders_of_before_get_the_time_they_were_heard_of(newest):
    # given: an order imported before its time was kept, and one since
    old = at("0004_console")
    shop = old.get_model(APP, "Connection").objects.create(
        vendor="tiktok", channel_slug="a", account_id="1", state="active"
    )
    heard, placed = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 8, 30, tzinfo=UTC)
    for order_id, at_time in (("1", None), ("2", placed)):
        old.get_model(APP, "OrderLink").objects.create(
            connection=shop,
            order_id=order_id,
            saleor_order_id="T3JkZXI6MQ==",
            state="delivered",
            marketplace_updated_at=heard,
            placed_at=at_time,
            created_at=heard,
        )

    # when
    links = at(newest).get_model(APP, "OrderLink")

    # then
    assert dict(links.objects.values_list("order_id", "placed_at")) == {"1": heard, "2": placed}
