"""Encrypted columns: what a dump holds, what happens when keys change or are lost."""

from __future__ import annotations

import json

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.db import connection as database
from django.utils import timezone

from saleor_tiktok_stripe.models import Connection, InboundEvent
from saleor_tiktok_stripe.models.fields import KeysNotUsable, Sealed, UnreadableSecret, key_id
from saleor_tiktok_stripe.models.rotation import Rotation, rotate_keys
from tests.cli.support import run
from tests.support.factories import APP_SECRET, make_connection

pytestmark = pytest.mark.django_db

OLD = Fernet.generate_key().decode()
NEW = Fernet.generate_key().decode()
LOST = Fernet.generate_key().decode()


@pytest.fixture(autouse=True)
def old_key(settings):
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [OLD]


def make_event(connection: Connection, number: int) -> InboundEvent:
    return InboundEvent.objects.create(
        provider="tiktok",
        connection=connection,
        event_key=str(number),
        event_type="ORDER_STATUS_CHANGE",
        body=f"canary-body-{number}",
        received_at=timezone.now(),
        status="ignored",
    )


def raw(table: str, column: str) -> list[str]:
    with database.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM saleor_tiktok_stripe_{table} ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def test_a_dump_of_every_table_holds_no_secret():
    connection = make_connection()
    make_event(connection, 1)

    dump = ""
    with database.cursor() as cursor:
        for table in database.introspection.table_names(cursor):
            if table.startswith("saleor_tiktok_stripe_"):
                cursor.execute(f"SELECT json_agg(t)::text FROM {table} t")
                dump += str(cursor.fetchone()[0])

    assert "Test shop" in dump
    assert "canary" not in dump
    assert OLD not in dump


def test_a_value_comes_back_as_it_was_and_says_which_key_it_has():
    made = make_connection()
    event = make_event(made, 1)

    found = Connection.objects.get()

    assert found.credentials == made.credentials
    assert found.credentials["app_secret"] == APP_SECRET
    assert InboundEvent.objects.get().body == event.body == "canary-body-1"
    assert raw("connection", "credentials")[0].startswith(key_id(OLD) + ":")


def test_the_same_text_is_never_stored_the_same():
    connection = make_connection()
    make_event(connection, 1)
    InboundEvent.objects.create(
        provider="tiktok",
        connection=connection,
        event_key="2",
        event_type="X",
        body="canary-body-1",
        status="ignored",
    )

    one, other = raw("inboundevent", "body")

    assert one != other


def test_both_keys_read_while_they_change_and_rotation_needs_only_the_new_one(settings):
    connection = make_connection()
    for number in range(3):
        make_event(connection, number)
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [NEW, OLD]
    make_event(connection, 3)
    assert Connection.objects.get().credentials["app_secret"] == APP_SECRET

    changed = rotate_keys()
    again = rotate_keys()
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [NEW]

    assert (changed, again) == (Rotation(4, {}), Rotation(0, {}))
    assert Connection.objects.get().credentials["app_secret"] == APP_SECRET
    bodies = [event.body for event in InboundEvent.objects.order_by("pk")]
    assert bodies == [f"canary-body-{number}" for number in range(4)]
    tokens = raw("connection", "credentials") + raw("inboundevent", "body")
    assert {token.partition(":")[0] for token in tokens} == {key_id(NEW)}


def test_rotation_works_through_more_rows_than_one_batch(settings, monkeypatch):
    from saleor_tiktok_stripe.models import rotation

    monkeypatch.setattr(rotation, "_BATCH", 3)
    connection = make_connection()
    for number in range(10):
        make_event(connection, number)
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [NEW, OLD]

    assert rotate_keys() == Rotation(11, {})


def test_what_fits_no_key_is_told_and_keeps_nothing_else_from_being_rotated(settings):
    connection = make_connection()
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [LOST]
    make_event(connection, 1)
    lost = raw("inboundevent", "body")
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [OLD]
    make_event(connection, 2)
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [NEW, OLD]

    done = rotate_keys()

    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [NEW]
    assert done == Rotation(2, {"inboundevent.body": 1})
    assert Connection.objects.get().credentials["app_secret"] == APP_SECRET
    assert InboundEvent.objects.get(event_key="2").body == "canary-body-2"
    assert lost[0] in raw("inboundevent", "body")


def test_the_command_says_what_fits_no_key_and_fails(settings):
    make_connection()
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [NEW]

    code, said = run("rotate-keys")

    assert code == 1
    assert "0 values encrypted" in said
    assert "1 in connection.credentials" in said
    assert "can be removed" not in said


def test_a_secret_that_fits_no_key_is_told_so_and_never_shown_as_something_else(settings):
    make_connection()
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [NEW]

    with pytest.raises(UnreadableSecret) as caught:
        _ = Connection.objects.get().credentials

    assert caught.value.code == "SECRET_UNREADABLE"
    assert "TIKTOK_STRIPE_ENCRYPTION_KEYS" in caught.value.message


def test_a_row_with_an_unreadable_secret_is_still_listed_and_saved_without_harm(settings):
    make_connection()
    stored = raw("connection", "credentials")
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [NEW]

    [connection] = Connection.objects.all()
    connection.account_name = "Renamed"
    connection.save()

    assert connection.state == "active"
    assert raw("connection", "credentials") == stored
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [OLD]
    assert Connection.objects.get().credentials["app_secret"] == APP_SECRET


def test_a_change_in_place_is_saved():
    make_connection()
    connection = Connection.objects.get()

    connection.credentials["access_token"] = "fresh"
    connection.save(update_fields=["credentials"])

    assert Connection.objects.get().credentials["access_token"] == "fresh"


def test_deferred_and_refreshed_values_are_decrypted_too():
    make_connection()

    connection = Connection.objects.defer("credentials").get()
    Connection.objects.update(credentials={"app_secret": "changed"})

    assert connection.credentials == {"app_secret": "changed"}
    Connection.objects.update(credentials={"app_secret": "again"})
    connection.refresh_from_db()
    assert connection.credentials == {"app_secret": "again"}


def test_values_and_reprs_show_no_secret():
    make_connection()

    [sealed] = Connection.objects.values_list("credentials", flat=True)

    assert isinstance(sealed, Sealed)
    assert repr(sealed) == "Sealed()"
    assert "canary" not in repr(Connection.objects.get().__dict__["credentials"])


@pytest.mark.parametrize("stored", ["", "plain text", json.dumps({"app_secret": "x"}), "ab:cd"])
def test_what_was_not_encrypted_is_not_believed(stored):
    make_connection()
    with database.cursor() as cursor:
        cursor.execute("UPDATE saleor_tiktok_stripe_connection SET credentials = %s", [stored])

    with pytest.raises(UnreadableSecret):
        _ = Connection.objects.get().credentials


@pytest.mark.parametrize(
    ("keys", "words"), [([], "is not set"), (["not a key"], "no Fernet key"), ("", "is not set")]
)
def test_missing_or_malformed_keys_are_said_in_words(settings, keys, words):
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = keys

    with pytest.raises(ImproperlyConfigured, match=words):
        make_connection()


def test_rotating_without_a_key_says_so_in_words(db, settings):
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = []

    with pytest.raises(KeysNotUsable, match="TIKTOK_STRIPE_ENCRYPTION_KEYS is not set"):
        rotate_keys()
