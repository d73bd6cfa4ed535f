"""Tables come and go without losing what others hold."""

from __future__ import annotations

from collections.abc import Iterator
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
