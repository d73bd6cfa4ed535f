"""The first-run guide, walked from nothing to imported orders, and what can go wrong on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest
from cryptography.fernet import Fernet

from saleor_tiktok_stripe import inbox, jobs
from saleor_tiktok_stripe.accounts.stripe import vendor as stripe_vendor
from saleor_tiktok_stripe.accounts.tiktok import vendor as tiktok_vendor
from saleor_tiktok_stripe.jobs import kinds
from saleor_tiktok_stripe.models import AuditEntry, Connection, ConnectionState, Job, OrderLink
from saleor_tiktok_stripe.sandbox.saleor import SaleorSandbox
from saleor_tiktok_stripe.sandbox.stripe import StripeSandbox
from saleor_tiktok_stripe.sandbox.tiktok import TikTokSandbox
from saleor_tiktok_stripe.tiktok.types import Shop
from tests.accounts.stripe.conftest import ALL_SCOPES
from tests.accounts.tiktok.conftest import consent
from tests.support.factories import make_connection

from .conftest import BASE, Person, signed_in
from .markup import problems

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = BASE.removesuffix("console/")


@pytest.fixture
def tiktok(settings, saleor: SaleorSandbox) -> Iterator[TikTokSandbox]:
    """A seller at TikTok with ten orders, whose goods Saleor knows."""
    inbox.forget()
    tiktok_vendor._door.cache_clear()
    kinds.register_all()
    with TikTokSandbox(orders=10, seed=7) as server:
        settings.TIKTOK_STRIPE_SANDBOX = "1"
        settings.TIKTOK_STRIPE_PUBLIC_URL = "http://127.0.0.1:9"
        settings.TIKTOK_STRIPE_TIKTOK_API_URL = server.base_url
        settings.TIKTOK_STRIPE_TIKTOK_AUTH_URL = server.auth_url
        settings.TIKTOK_STRIPE_TIKTOK_CONSENT_URL = server.auth_url + "/{group}"
        server.configure(redirect_url="http://127.0.0.1:9/back", rate_limit=1000, rate_burst=1000)
        yield server


@pytest.fixture
def stripe(settings, saleor: SaleorSandbox) -> Iterator[StripeSandbox]:
    stripe_vendor._door.cache_clear()
    with StripeSandbox(seed=11) as server:
        settings.TIKTOK_STRIPE_SANDBOX = "1"
        settings.TIKTOK_STRIPE_PUBLIC_URL = "http://127.0.0.1:9"
        settings.TIKTOK_STRIPE_STRIPE_API_URL = server.base_url
        settings.TIKTOK_STRIPE_STRIPE_CONNECT_URL = server.connect_url
        settings.TIKTOK_STRIPE_STRIPE_FILES_URL = server.files_url
        yield server


def app_of(tiktok: TikTokSandbox, **changes: str) -> dict[str, str]:
    found = tiktok.credentials
    names = ("app_key", "app_secret", "service_id")
    region = "US" if found["region"] == "US" else "ROW"
    return {**{name: found[name] for name in names}, "region": region, **changes}


def consent_link(person: Person, vendor: str = "tiktok") -> str:
    shown = person.get("guide/").content.decode()
    found = re.search(rf'href="([^"]+/oauth/{vendor}/start/\?ticket=[^"]+)"', shown)
    assert found, shown
    return unescape(found[1])


def connect(person: Person, tiktok: TikTokSandbox) -> str:
    """Enter the app and give consent; what the page says to whom comes back."""
    assert person.post("guide/", do="enter_app", **app_of(tiktok)).status_code == 303
    away = person.client.get(consent_link(person))
    assert away.status_code == 302
    back = person.client.get(ROOT + "oauth/tiktok/", consent(away["Location"]))
    return back.content.decode()


def test_a_new_channel_begins_with_the_guide(admin):
    start, guide = admin.get(), admin.get("guide/")

    shown = guide.content.decode()
    assert (start.status_code, start["Location"]) == (303, BASE + "guide/")
    assert shown.count('class="step current"') == 1
    assert shown.count('class="step todo"') == 4
    assert "seller.order.info" in shown
    assert "Payment Intents" in shown
    assert problems(shown) == []


def test_from_nothing_to_imported_orders(admin, tiktok, saleor):
    back = connect(admin, tiktok)
    [connection] = Connection.objects.all()
    previewed = admin.post("guide/", do="preview", import_from="")
    before = Job.objects.filter(kind="orders.backfill").count()
    begun = admin.post("guide/", do="begin_import", import_from="")
    running = admin.get("guide/").content.decode()
    while jobs.work(deadline_seconds=60).handled:
        pass
    done = admin.get("guide/").content.decode()

    assert "Connected: " in back
    assert 'console/guide/">Go on in the console</a>' in back
    assert connection.state == ConnectionState.ACTIVE
    assert previewed.status_code == 200
    assert "10 orders; all of them were looked at" in previewed.content.decode()
    assert problems(previewed.content.decode()) == []
    assert before == 0
    assert begun.status_code == 303
    assert 'id="import" aria-labelledby="import-title" data-refresh="3"' in running
    assert "<progress" in running
    assert problems(running) == []
    assert "10 of 10 orders read" in done
    assert "data-refresh" not in done
    entry = AuditEntry.objects.get(action="orders.backfill")
    assert entry.actor == "admin@shop.example"


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"app_key": ""}, "APP_KEY_REQUIRED", "Enter the app key from Partner Center."),
        ({"app_secret": ""}, "APP_SECRET_REQUIRED", "Enter the app secret from Partner Center."),
        ({"service_id": ""}, "SERVICE_ID_REQUIRED", "Enter the service ID from Partner Center"),
        ({"service_id": "abc"}, "SERVICE_ID_INVALID", "A service id is digits only"),
        ({"app_key": "a b"}, "APP_KEY_INVALID", "An app key is letters and digits only."),
        ({"region": "MARS"}, "REGION_INVALID", "Enter US, or ROW for the rest of the world."),
    ],
)
def test_what_does_not_fit_is_said_at_its_field_and_nothing_is_saved(
    admin, tiktok, changes, code, words
):
    answer = admin.post("guide/", do="enter_app", form="enter_app", **app_of(tiktok, **changes))

    shown = answer.content.decode()
    field = next(iter(changes))
    assert answer.status_code == 422
    assert f"<code>{code}</code>" in shown
    assert f'href="#enter_app-{field}"' in shown
    assert f'id="enter_app-{field}-error">{words}' in shown
    assert tiktok.credentials["app_secret"] not in shown
    assert problems(shown) == []
    assert not Connection.objects.exists()


def test_what_was_entered_is_kept_in_the_form_but_for_the_secret(admin, tiktok):
    answer = admin.post("guide/", do="enter_app", **app_of(tiktok, service_id='"><b>'))

    shown = answer.content.decode()
    assert 'value="&quot;&gt;&lt;b&gt;"' in shown
    assert f'value="{tiktok.credentials["app_key"]}"' in shown
    assert tiktok.credentials["app_secret"] not in shown


def test_a_saved_secret_is_kept_when_its_field_is_left_empty(admin, tiktok):
    admin.post("guide/", do="enter_app", **app_of(tiktok))

    answer = admin.post("guide/", do="enter_app", **app_of(tiktok, app_secret="", region="ROW"))

    stored = Connection.objects.get().credentials
    assert answer.status_code == 303
    assert stored["app_secret"] == tiktok.credentials["app_secret"]
    assert stored["region_group"] == "ROW"
    assert "Saved. Leave it empty to keep it." in admin.get("guide/").content.decode()


def test_the_link_to_the_consent_works_once(admin, tiktok):
    admin.post("guide/", do="enter_app", **app_of(tiktok))
    link = consent_link(admin)

    first, second = admin.client.get(link), admin.client.get(link)

    assert first.status_code == 302
    assert second.status_code == 400
    assert "This link was used already" in second.content.decode()


def test_looking_at_the_guide_writes_nothing(admin, tiktok):
    admin.post("guide/", do="enter_app", **app_of(tiktok))
    before = AuditEntry.objects.count()

    consent_link(admin)
    consent_link(admin)

    assert AuditEntry.objects.count() == before


def test_of_several_shops_one_is_chosen(admin, saleor, settings):
    shops = [
        {"id": "7", "name": "First", "region": "US", "cipher": "c7", "seller_type": "LOCAL"},
        {"id": "8", "name": "Second", "region": "GB", "cipher": "c8", "seller_type": "LOCAL"},
    ]
    names = Shop.__dataclass_fields__
    kept = [{key: value for key, value in one.items() if key in names} for one in shops]
    for one in kept:
        one.update({name: "" for name in names if name not in one})
    connection = make_connection(state=ConnectionState.PENDING, shop_id="", shops=kept)

    shown = admin.get("guide/").content.decode()
    wrong = admin.post("guide/", do="choose", shop="9")
    other = admin.post("guide/", do="choose", shop="8")

    assert "First (US), 7" in shown
    assert problems(shown) == []
    assert wrong.status_code == 422
    assert "<code>SHOP_UNKNOWN</code>" in wrong.content.decode()
    assert other.status_code == 422
    assert "<code>CURRENCY_MISMATCH</code>" in other.content.decode()
    connection.refresh_from_db()
    assert connection.state == ConnectionState.PENDING


def test_stripe_is_connected_by_its_keys(admin, stripe):
    account = stripe.control.new_account()
    secret = account.restricted_key(*ALL_SCOPES)

    answer = admin.post(
        "guide/", do="enter_keys", secret_key=secret, publishable_key=account.publishable_key
    )
    shown = admin.get("guide/").content.decode()

    assert answer.status_code == 303
    connection = Connection.objects.get()
    assert (connection.vendor, connection.state) == ("stripe", ConnectionState.ACTIVE)
    assert connection.verified_at is not None
    assert "(test mode: no real money moves)" in shown
    assert secret not in shown
    assert problems(shown) == []


@pytest.mark.parametrize(
    ("secret", "publishable", "code", "field"),
    [
        ("pk_test_x1234567890", "pk_test_y1234567890", "STRIPE_KEYS_SWAPPED", "secret_key"),
        ("rk_test_x1234567890", "rk_test_x1234567890", "STRIPE_KEYS_SWAPPED", "publishable_key"),
        ("", "pk_test_y1234567890", "STRIPE_SECRET_KEY_REQUIRED", "secret_key"),
        ("rk_test_x1234567890", "", "STRIPE_PUBLISHABLE_KEY_REQUIRED", "publishable_key"),
        ("rk_live_x1234567890", "pk_test_y1234567890", "STRIPE_KEYS_MIXED", "publishable_key"),
        ("rk_test_x1234567890", "pk_test_y1234567890", "STRIPE_KEY_NOT_ACCEPTED", "secret_key"),
    ],
)
def test_keys_that_do_not_fit_are_said_at_their_field(
    admin, stripe, secret, publishable, code, field
):
    answer = admin.post("guide/", do="enter_keys", secret_key=secret, publishable_key=publishable)

    shown = answer.content.decode()
    assert answer.status_code == 422
    assert f"<code>{code}</code>" in shown
    assert f'id="enter_keys-{field}-error"' in shown
    assert problems(shown) == []
    assert not Connection.objects.exists()


def test_a_platform_waits_for_the_consent_of_the_accounts_holder(admin, stripe):
    answer = admin.post(
        "guide/",
        do="enter_keys",
        secret_key=stripe.secret_key,
        publishable_key=stripe.publishable_key,
        client_id="ca_platform0001",
    )

    assert answer.status_code == 303
    assert Connection.objects.get().state == ConnectionState.PENDING
    away = admin.client.get(consent_link(admin, "stripe"))
    assert away.status_code == 302
    assert away["Location"].startswith(stripe.connect_url)


def test_while_stripe_is_away_nothing_is_saved_and_it_is_said_so(admin, stripe, settings):
    settings.TIKTOK_STRIPE_STRIPE_API_URL = "http://127.0.0.1:9"

    answer = admin.post(
        "guide/",
        do="enter_keys",
        secret_key="rk_test_x1234567890",
        publishable_key="pk_test_y1234567890",
    )

    assert answer.status_code == 503
    assert "<code>STRIPE_UNREACHABLE</code>" in answer.content.decode()
    assert not Connection.objects.exists()


@pytest.mark.parametrize("action", ["preview", "begin_import"])
def test_a_date_that_is_none_is_said_at_its_field(admin, tiktok, action):
    connect(admin, tiktok)
    before = Job.objects.filter(kind="orders.backfill").count()

    answer = admin.post("guide/", do=action, import_from="yesterday")

    shown = answer.content.decode()
    assert answer.status_code == 422
    assert "Enter a date such as 2026-11-01" in shown
    assert Job.objects.filter(kind="orders.backfill").count() == before


def test_a_preview_imports_nothing(admin, tiktok):
    connect(admin, tiktok)

    answer = admin.post("guide/", do="preview", import_from="2021-01-01")

    assert answer.status_code == 200
    assert 'name="import_from" value="2021-01-01"' in answer.content.decode()
    assert not OrderLink.objects.exists()
    assert not Job.objects.filter(kind="orders.backfill").exists()


def test_nothing_is_previewed_without_a_shop(admin):
    answer = admin.post("guide/", do="preview", import_from="")

    assert answer.status_code == 422
    assert "<code>NOT_CONFIGURED</code>" in answer.content.decode()


def test_a_secret_that_cannot_be_read_is_told_and_can_be_entered_anew(admin, saleor, settings):
    make_connection()
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    person = signed_in("admin@shop.example")

    shown = person.get("guide/").content.decode()

    assert "A stored secret cannot be decrypted" in shown
    assert problems(shown) == []
