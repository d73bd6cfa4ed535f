"""The plugin in Saleor's own hands: the settings form over GraphQL, the addresses, the schedule."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

import pytest
from cryptography.fernet import Fernet
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connection as database
from django.test import Client
from saleor.account.models import Group, User
from saleor.app.models import App
from saleor.core.jwt import create_access_token
from saleor.permission.models import Permission
from saleor.plugins.manager import get_plugins_manager
from saleor.plugins.models import PluginConfiguration

from saleor_tiktok_stripe import accounts
from saleor_tiktok_stripe.accounts.entering import enter_choices, enter_tiktok
from saleor_tiktok_stripe.accounts.form import FIELDS, MASK
from saleor_tiktok_stripe.models import AuditEntry, Connection, ConnectionState, Job, Vendor
from saleor_tiktok_stripe.saleor_api.ids import global_id

from .shop import Shop, make_shop

PLUGIN_ID = "saleor.tiktok_stripe"
CANARY = "canary0123456789secretvalue"
ENTERED = {
    "app_key": "appkey1",
    "app_secret": CANARY,
    "service_id": "7300000000000000001",
    "region_group": "US",
}
PLUGINS = """
{ plugins(first: 50) { edges { node { id name channelConfigurations {
    active channel { slug } configuration { name value type label helpText } } } } } }
"""
UPDATE = """
mutation ($id: ID!, $channel: ID, $input: PluginUpdateInput!) {
  pluginUpdate(id: $id, channelId: $channel, input: $input) {
    plugin { channelConfigurations { active channel { slug } configuration { name value } } }
    errors { field message code }
  }
}
"""

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def deployment(settings):
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    settings.TIKTOK_STRIPE_PUBLIC_URL = "https://shop.example.com"
    settings.ALLOWED_HOSTS = ["*"]


@pytest.fixture
def shop() -> Shop:
    return make_shop()


def staff_token(*codenames: str) -> str:
    name = "-".join(codenames)
    user = User.objects.create(email=f"{name}@example.com", is_staff=True, is_active=True)
    group = Group.objects.create(name=name, restricted_access_to_channels=False)
    group.permissions.add(*Permission.objects.filter(codename__in=codenames))
    user.groups.add(group)
    return create_access_token(user)


@pytest.fixture
def token() -> str:
    return staff_token("manage_plugins")


def ask(token: str, query: str, **variables) -> dict:
    answer = Client().post(
        "/graphql/",
        json.dumps({"query": query, "variables": variables}),
        content_type="application/json",
        headers={"Authorization-Bearer": token},
    )
    said = answer.json()
    assert "errors" not in said, said
    return said["data"]


def save(token: str, channel_of: Shop, /, *, active: bool | None = None, **values: str) -> dict:
    entered = {"configuration": [{"name": key, "value": value} for key, value in values.items()]}
    if active is not None:
        entered["active"] = active
    channel = global_id("Channel", channel_of.channel.pk)
    return ask(token, UPDATE, id=PLUGIN_ID, channel=channel, input=entered)["pluginUpdate"]


def shown(saved: dict) -> dict[str, str]:
    [channel] = saved["plugin"]["channelConfigurations"]
    return {row["name"]: row["value"] for row in channel["configuration"]}


def address(shop: Shop, path: str) -> str:
    return f"/plugins/channel/{shop.channel.slug}/{PLUGIN_ID}/{path}"


def test_the_plugin_is_listed_with_its_form(shop, token):
    nodes = [edge["node"] for edge in ask(token, PLUGINS)["plugins"]["edges"]]

    [plugin] = [node for node in nodes if node["id"] == PLUGIN_ID]
    assert plugin["name"] == "TikTok Shop with Stripe"
    [channel] = plugin["channelConfigurations"]
    assert channel["channel"] == {"slug": "tiktok-us"}
    assert channel["active"] is False
    assert [row["name"] for row in channel["configuration"]] == [field.name for field in FIELDS]
    types = {row["name"]: row["type"] for row in channel["configuration"]}
    assert types["app_secret"] == "SECRET"
    assert types["import_enabled"] == "BOOLEAN"
    assert types["connect_link"] == "OUTPUT"
    values = {row["name"]: row["value"] for row in channel["configuration"]}
    assert values["state"] == "Not set up yet."
    assert values["redirect_address"] == (
        "https://shop.example.com/plugins/channel/tiktok-us/saleor.tiktok_stripe/oauth/tiktok/"
    )


def test_saving_moves_the_secret_and_shows_the_connect_link(shop, token):
    saved = save(token, shop, active=True, **ENTERED)

    assert saved["errors"] == []
    form = shown(saved)
    assert form["app_secret"] == MASK[-4:]
    assert form["state"] == "Waiting for your authorization: open the connect link."
    assert form["connect_link"].startswith(
        "https://shop.example.com/plugins/channel/tiktok-us/saleor.tiktok_stripe/oauth/tiktok/"
        "start/?ticket="
    )
    connection = Connection.objects.get()
    held = accounts.credentials(connection)
    assert held.app.app_secret == CANARY
    assert held.app.region_group == "US"
    assert connection.state == ConnectionState.PENDING
    assert CANARY not in repr(held)
    stored = {row["name"]: row["value"] for row in PluginConfiguration.objects.get().configuration}
    assert stored["app_secret"] == MASK


def test_a_saved_mask_and_a_shown_tail_leave_the_secret_alone(shop, token):
    save(token, shop, **ENTERED)

    for repeated in (MASK, MASK[-4:]):
        saved = save(token, shop, app_secret=repeated, stock_buffer="3")
        assert saved["errors"] == []

    connection = Connection.objects.get()
    assert accounts.credentials(connection).app.app_secret == CANARY
    assert accounts.policy(connection).stock_buffer == 3
    assert shown(saved)["stock_buffer"] == "3"


def test_a_policy_reaches_the_workers_and_saving_the_same_again_changes_nothing(shop, token):
    values = {
        "import_enabled": "false",
        "import_from": "2026-11-01",
        "hold_policy": "import_unconfirmed",
        "unlinked_policy": "placeholder",
        "warehouse": "tiktok-us-0",
        "language_code": "de",
    }
    save(token, shop, **ENTERED, **values)
    entries = AuditEntry.objects.count()

    save(token, shop, **values)

    chosen = accounts.policy(Connection.objects.get())
    assert chosen.import_enabled is False
    assert chosen.import_from is not None
    assert chosen.import_from.isoformat() == "2026-11-01T00:00:00+00:00"
    assert (chosen.hold_policy, chosen.unlinked_policy) == ("import_unconfirmed", "placeholder")
    assert (chosen.warehouse, chosen.language_code) == ("tiktok-us-0", "de")
    assert AuditEntry.objects.count() == entries


@pytest.mark.parametrize(
    ("values", "field", "message", "code"),
    [
        ({"app_key": ""}, "appKey", "Enter the app key from Partner Center.", "REQUIRED"),
        (
            {"app_secret": ""},
            "appSecret",
            "Enter the app secret from Partner Center, or switch the plugin off.",
            "REQUIRED",
        ),
        (
            {"service_id": "abc"},
            "serviceId",
            "A service id is digits only; it is not the app key. "
            "Copy it again from Partner Center.",
            "INVALID",
        ),
        (
            {"region_group": "EU"},
            "regionGroup",
            "Enter US, or ROW for the rest of the world.",
            "INVALID",
        ),
        (
            {"hold_policy": "maybe"},
            "holdPolicy",
            'Enter "wait" or "import_unconfirmed".',
            "INVALID",
        ),
        (
            {"stock_buffer": "-1"},
            "stockBuffer",
            "Enter a whole number of units, 0 or more.",
            "INVALID",
        ),
        (
            {"import_from": "yesterday"},
            "importFrom",
            "Enter a date such as 2026-11-01, or leave it empty for new orders only.",
            "INVALID",
        ),
        (
            {"warehouse": "nowhere"},
            "warehouse",
            "This channel has no warehouse 'nowhere'; it has: tiktok-us-0.",
            "INVALID",
        ),
        (
            {"shop": "123"},
            "shop",
            "No shop is authorized yet. Use the connect link first.",
            "INVALID",
        ),
    ],
)
def test_what_does_not_fit_is_said_in_words_and_nothing_is_saved(
    shop, token, values, field, message, code
):
    saved = save(token, shop, active=True, **{**ENTERED, **values})

    assert saved["errors"] == [{"field": field, "message": message, "code": code}]
    assert not Connection.objects.exists()
    stored = PluginConfiguration.objects.get()
    assert stored.active is False
    assert CANARY not in json.dumps(stored.configuration)


def test_no_secret_is_in_a_dump_of_the_database(shop, token, tmp_path):
    save(token, shop, active=True, **ENTERED)

    with database.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
            " AND (table_name LIKE 'saleor_tiktok_stripe%%' OR table_name LIKE 'plugins%%')"
        )
        tables = [row[0] for row in cursor.fetchall()]
        text = ""
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            text += "\n".join(row[0] for row in cursor.fetchall())

    assert "saleor_tiktok_stripe_connection" in tables
    assert "appkey1" in text
    assert CANARY not in text


def test_clearing_the_secret_disconnects(shop, token):
    save(token, shop, active=True, **ENTERED)

    saved = save(token, shop, app_secret="")

    assert saved["errors"] == []
    assert shown(saved)["state"] == "The shop is being disconnected."
    assert Connection.objects.get().state == ConnectionState.DISABLED
    assert Job.objects.get(kind="accounts.end").payload == {"actor": "settings form"}


def test_without_a_shop_other_settings_are_saved_and_what_needs_the_secret_is_not(shop, token):
    save(token, shop, active=True, **ENTERED)
    accounts.disconnect(Connection.objects.get(), "staff:1")

    saved = save(token, shop, stock_buffer="7", notices_recipients="now@shop.example")
    refused = save(token, shop, app_key="another1")

    assert saved["errors"] == []
    held = shown(saved)
    assert (held["stock_buffer"], held["notices_recipients"]) == ("7", "now@shop.example")
    assert held["state"] == "The shop was disconnected. The app secret is missing."
    assert held["findings"].startswith("Warning: The app secret is missing")
    assert refused["errors"] == [
        {
            "field": "appSecret",
            "message": "Enter the app secret from Partner Center, or switch the plugin off.",
            "code": "REQUIRED",
        }
    ]
    connection = Connection.objects.get()
    assert connection.state == ConnectionState.DISABLED
    assert accounts.policy(connection).stock_buffer == 7
    assert accounts.credentials(connection).app.app_key == ENTERED["app_key"]
    assert PluginConfiguration.objects.get().active


def test_switching_off_holds_the_channel_and_on_lets_it_go_on(shop, token):
    save(token, shop, active=True, **ENTERED)
    Connection.objects.update(state=ConnectionState.ACTIVE, account_id="1", account_handle="c")
    connection = Connection.objects.get()
    connection.credentials = {**connection.credentials, "refresh_token": "r"}
    connection.save()

    save(token, shop, active=False)
    connection.refresh_from_db()
    off = connection.state, connection.state_reason
    save(token, shop, active=True)
    connection.refresh_from_db()

    assert off == (ConnectionState.DISABLED, "The plugin is switched off for this channel.")
    assert connection.state == ConnectionState.ACTIVE


def test_a_lost_encryption_key_keeps_nobody_from_switching_off(shop, token, settings):
    save(token, shop, active=True, **ENTERED)
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    refused = save(token, shop, service_id="7300000000000000002")

    off = save(token, shop, active=False)

    assert "TIKTOK_STRIPE_ENCRYPTION_KEYS" in refused["errors"][0]["message"]
    assert off["errors"] == []
    assert not PluginConfiguration.objects.get(channel=shop.channel).active
    assert Connection.objects.get().state == ConnectionState.DISABLED


def test_without_permission_nothing_is_saved(shop):
    answer = Client().post(
        "/graphql/",
        json.dumps(
            {
                "query": UPDATE,
                "variables": {
                    "id": PLUGIN_ID,
                    "channel": global_id("Channel", shop.channel.pk),
                    "input": {"active": True},
                },
            }
        ),
        content_type="application/json",
        headers={"Authorization-Bearer": staff_token("manage_orders")},
    )

    assert "PermissionDenied" in answer.content.decode()
    assert not Connection.objects.exists()


ROUTES = ("webhooks/tiktok/", "oauth/tiktok/", "oauth/tiktok/start/", "health/", "console/", "")


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("prefix", ["channel/tiktok-us/", "global/", ""])
def test_an_inactive_plugin_serves_nothing(shop, token, path, prefix):
    save(token, shop, active=False, **ENTERED)

    for method in ("get", "post"):
        answer = getattr(Client(), method)(f"/plugins/{prefix}{PLUGIN_ID}/{path}")
        assert answer.status_code == 404


def test_an_active_plugin_serves_its_routes_and_only_below_its_channel(shop, token):
    save(token, shop, active=True, **ENTERED)
    browser = Client()

    assert browser.get(address(shop, "health/")).json() == {"status": "attention"}
    assert browser.get(address(shop, "webhooks/tiktok/")).status_code == 405
    assert browser.get(address(shop, "nothing/")).status_code == 404
    assert browser.get(f"/plugins/{PLUGIN_ID}/health/").status_code == 404
    assert browser.get(f"/plugins/channel/other/{PLUGIN_ID}/health/").status_code == 404
    denied = browser.get(address(shop, "oauth/tiktok/"))
    assert denied.status_code == 400
    assert "not started from Saleor" in denied.content.decode()
    assert denied["Content-Security-Policy"].startswith("default-src 'none'")


def test_the_connect_link_of_the_form_leads_to_tiktok_once(shop, token):
    link = urlsplit(shown(save(token, shop, active=True, **ENTERED))["connect_link"])
    target = f"{link.path}?{link.query}"

    first, second = Client().get(target), Client().get(target)

    assert first.status_code == 302
    assert first["Location"].startswith(
        "https://services.tiktokshops.us/open/authorize?service_id=7300000000000000001&state="
    )
    assert second.status_code == 400
    assert "it works only once" in second.content.decode()


def test_health_tells_details_to_those_who_manage_plugins_or_orders(shop, token):
    save(token, shop, active=True, **ENTERED)
    app = App.objects.create(name="monitor", is_active=True, identifier="monitor")
    app.permissions.add(*Permission.objects.filter(codename="manage_plugins"))
    _, app_token = app.tokens.create(name="t")
    clerk = staff_token("manage_orders")
    other = staff_token("manage_products")

    def health(bearer: str) -> dict:
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        return Client().get(address(shop, "health/"), headers=headers).json()

    assert health("") == {"status": "attention"}
    assert health("junk") == {"status": "attention"}
    assert health(other) == {"status": "attention"}
    for bearer in (token, clerk, app_token):
        told = health(bearer)
        assert told["connection"]["state"] == "pending"
        assert CANARY not in json.dumps(told)


def test_the_schedule_and_the_tasks_are_there_without_any_setting():
    from saleor.celeryconf import app

    tasks = {entry["task"] for entry in django_settings.CELERY_BEAT_SCHEDULE.values()}
    ours = {
        "tiktok_stripe.sweep", "tiktok_stripe.poll", "tiktok_stripe.housekeep"
    }  # fmt: skip

    assert ours <= tasks
    app.loader.import_default_modules()
    assert ours | {"tiktok_stripe.wake"} <= set(app.tasks)


def test_our_migrations_stand_beside_saleors():
    with database.cursor() as cursor:
        cursor.execute("SELECT app, count(*) FROM django_migrations GROUP BY app")
        applied = dict(cursor.fetchall())

    assert applied["saleor_tiktok_stripe"] >= 1
    assert applied["order"] > 100


def test_the_plugin_is_one_of_the_channels_plugins(shop):
    manager = get_plugins_manager(allow_replica=False)

    found = manager.get_plugin(PLUGIN_ID, shop.channel.slug)

    assert found is not None
    assert found.channel == shop.channel


def test_what_was_changed_elsewhere_is_shown_and_not_undone_by_saving(shop, token):
    save(token, shop, active=True, **ENTERED, stock_percent="80")
    enter_choices(shop.channel.slug, Vendor.TIKTOK, {"stock_buffer": "5"}, "console")

    held = shown(save(token, shop, stock_percent="50"))

    chosen = accounts.policy(Connection.objects.get())
    assert (chosen.stock_buffer, chosen.stock_percent) == (5, 50)
    assert (held["stock_buffer"], held["stock_percent"]) == ("5", "50")


def test_a_shop_that_was_entered_elsewhere_is_not_ended_by_saving(shop, token):
    save(token, shop, active=False)
    enter_tiktok(
        shop.channel.slug,
        "console",
        app_key="appkey1",
        app_secret=CANARY,
        service_id="7300000000000000001",
        region="US",
    )

    held = shown(save(token, shop, active=True, language_code="de"))

    connection = Connection.objects.get()
    assert accounts.credentials(connection).app.app_secret == CANARY
    assert connection.state != ConnectionState.DISABLED
    assert not Job.objects.filter(kind="accounts.end").exists()
    assert (held["app_key"], held["service_id"]) == ("appkey1", "7300000000000000001")
    assert CANARY not in json.dumps(held)
    assert CANARY not in json.dumps(PluginConfiguration.objects.get().configuration)


def test_staff_opens_the_console_by_saleors_own_sign_in(shop, token):
    user = User.objects.get(email="manage_plugins@example.com")
    user.set_password("a password")
    user.save()
    console, client = address(shop, "console/"), Client()
    inactive = client.get(console)
    save(token, shop, active=True, **ENTERED)

    asked = client.get(console)
    form = client.get(asked["Location"]).content.decode()
    csrf = re.search(r'name="csrf" value="([^"]+)"', form)[1]
    values = {"csrf": csrf, "email": user.email}
    wrong = client.post(console + "sign-in/", {**values, "password": "another"})
    user.refresh_from_db()
    cache.clear()  # Saleor wants a pause after a failure
    signed_in = client.post(console + "sign-in/", {**values, "password": "a password"})
    guide = client.get(console + "guide/")
    denied = client.get(console + "orders/")

    assert (inactive.status_code, asked.status_code) == (404, 303)
    assert wrong.status_code == 422
    assert (signed_in.status_code, signed_in["Location"]) == (303, console)
    assert guide.status_code == 200
    assert "manage_plugins@example.com" in guide.content.decode()
    assert CANARY not in guide.content.decode()
    assert denied.status_code == 403
