"""The ground under the other tests here: Saleor starts with this plugin in it, and migrates."""

import json
import re
import urllib.error
import urllib.request
from importlib.metadata import entry_points
from pathlib import Path

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader

from saleor_tiktok_stripe.sandbox.components import saleor_env

PLUGIN = "saleor_tiktok_stripe.plugin.TikTokStripePlugin"
ROOMS = {"aftersales", "catalog", "fulfilment", "orders", "payments"}
DOORS = {"drift", "graphql", "insights", "notices", "web"}


def test_saleor_finds_the_plugin_by_its_entry_point():
    (entry_point,) = entry_points(group="saleor.plugins", name="saleor_tiktok_stripe")

    assert f"{entry_point.module}.{entry_point.attr}" == PLUGIN
    assert PLUGIN in settings.PLUGINS
    assert apps.is_installed("saleor_tiktok_stripe")


def test_the_migrations_depend_on_nothing_of_saleors():
    loader = MigrationLoader(None)

    foreign = {
        dependency
        for (app, _), migration in loader.disk_migrations.items()
        if app == "saleor_tiktok_stripe"
        for dependency in migration.dependencies
        if dependency[0] != "saleor_tiktok_stripe"
    }

    assert foreign == set()


@pytest.mark.django_db
def test_the_tables_are_those_of_the_models():
    call_command("makemigrations", "saleor_tiktok_stripe", check=True, dry_run=True, verbosity=0)


@pytest.mark.slow
def test_saleor_serves_its_schema_and_our_address_with_the_plugin_in_it(
    saleor_home: saleor_env.SaleorHome, saleor_database: str, tmp_path: Path
):
    with psycopg.connect(saleor_database) as connection:
        connection.execute("SELECT 1 FROM saleor_tiktok_stripe_connection")

    log, told = tmp_path / "log", {"PYTHONPROFILEIMPORTTIME": "1"}
    with saleor_env.serve(saleor_home, saleor_database, extra=told, log=log) as server:
        at_start = set(re.findall(r"saleor_tiktok_stripe\.(\w+)", log.read_text()))
        body = json.dumps({"query": "{ shop { name } }"}).encode()
        request = urllib.request.Request(
            f"{server.url}/graphql/", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            answer = json.load(response)

        address = f"{server.url}/plugins/channel/none/saleor.tiktok_stripe/health/"
        with pytest.raises(urllib.error.HTTPError) as refusal:
            urllib.request.urlopen(address, timeout=30)

    assert answer["data"] == {"shop": {"name": "Saleor e-commerce"}}
    assert refusal.value.code == 404
    assert {"accounts", "jobs", "models"} <= at_start
    # Every process of Saleor's would wait for them, and most never call them (`startup_added`).
    assert not at_start & (ROOMS | DOORS)
