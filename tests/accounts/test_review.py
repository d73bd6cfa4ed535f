"""The review of settings: what is old, ending, missing or worth a look; no secret in it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet

from saleor_tiktok_stripe.accounts.review import ReviewItem, Weight, review
from saleor_tiktok_stripe.accounts.tiktok.scopes import ESSENTIAL, HELPFUL
from saleor_tiktok_stripe.models import AuditEntry, Connection, ConnectionState, InboundEvent
from tests.support.factories import (
    APP_SECRET,
    STRIPE_SECRET_KEY,
    make_connection,
    make_stripe_connection,
)

pytestmark = pytest.mark.django_db
ALL = [*ESSENTIAL, *HELPFUL]


def now() -> datetime:
    return datetime.now(UTC)


def about(topic: str, *connections: Connection) -> list[ReviewItem]:
    return [one for one in review(connections) if one.topic == topic]


def said(items: Iterable[ReviewItem]) -> list[tuple[str, str]]:
    return [(str(one.weight), one.message) for one in items]


def test_the_gravest_stands_first_and_no_secret_is_told():
    tiktok = make_connection(scopes=[], verified_at=now())
    stripe = make_stripe_connection(state=ConnectionState.NEEDS_REAUTH, state_reason="Refused.")

    points = review([tiktok, stripe])

    order = [Weight.ERROR, Weight.WARNING, Weight.NOTE, Weight.OK]
    ranks = [order.index(one.weight) for one in points]
    assert ranks == sorted(ranks)
    assert points[0].message == "The authorization must be renewed. Refused."
    assert APP_SECRET not in repr(points)
    assert STRIPE_SECRET_KEY not in repr(points)


@pytest.mark.parametrize(("days", "weight"), [(10, "ok"), (364, "ok"), (366, "warning")])
def test_keys_age_from_when_they_were_entered_last(days, weight):
    connection = make_connection(verified_at=now(), created_at=now() - timedelta(days=900))
    AuditEntry.objects.create(
        connection=connection,
        actor="me",
        action="connection.configured",
        at=now() - timedelta(days=days),
        data={"changed": "app_secret, policy"},
    )
    AuditEntry.objects.create(
        connection=connection,
        actor="me",
        action="connection.configured",
        at=now() - timedelta(days=1),
        data={"changed": "policy"},
    )

    [key] = [one for one in about("keys", connection) if "app secret" in one.message]

    assert key.weight == weight
    assert f"{days} days" in key.message


@pytest.mark.parametrize(("days", "weight"), [(200, "ok"), (29, "warning"), (-1, "warning")])
def test_an_authorization_that_ends_is_told(days, weight):
    ends = now() + timedelta(days=days, hours=1)
    connection = make_connection(verified_at=now(), refresh_expires_at=ends)

    [item] = [one for one in about("keys", connection) if "authorization" in one.message]

    assert (item.weight, item.at) == (weight, ends)
    assert f"{max(0, days)} " in item.message


def test_a_token_that_was_not_renewed_is_told():
    connection = make_connection(access_expires_at=now() - timedelta(hours=1))

    assert ("warning", "The access token is over and was not renewed.") in said(
        about("keys", connection)
    )


def test_missing_permissions_are_named_with_what_stops():
    granted = [one for one in ALL if one not in ("seller.order.info", "seller.product.write")]
    connection = make_connection(scopes=granted)

    assert said(about("permissions", connection)) == [
        ("error", "Without the permission seller.order.info orders cannot be read."),
        (
            "warning",
            "Without the permission seller.product.write stock and prices cannot be sent to "
            "TikTok.",
        ),
        ("ok", "9 of 11 permissions are granted."),
    ]


def test_permissions_that_the_verification_missed_are_told_where_none_are_known():
    finding = {
        "code": "SCOPE_MISSING",
        "severity": "error",
        "subject": "seller.order.info",
        "message": "The permission seller.order.info is missing: orders cannot be read.",
        "cure": "Add it.",
    }
    connection = make_connection(scopes=[], findings=[finding])

    assert said(about("permissions", connection)) == [("error", finding["message"])]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (None, ("note", "No notification has come yet.")),
        (0, ("ok", "Notifications come.")),
        (5, ("note", "No notification has come for days.")),
    ],
)
def test_when_the_last_notification_came(days, expected):
    connection = make_connection()
    if days is not None:
        InboundEvent.objects.create(
            provider="tiktok",
            connection=connection,
            event_key="1",
            event_type="1",
            body="x",
            status="handed_over",
            received_at=now() - timedelta(days=days),
        )

    assert said(about("notifications", connection)) == [expected]


@pytest.mark.parametrize(
    ("verified", "weight"),
    [(timedelta(hours=3), "ok"), (timedelta(days=3), "warning"), (None, "warning")],
)
def test_a_verification_that_does_not_run_is_told(verified, weight):
    connection = make_connection(verified_at=None if verified is None else now() - verified)

    [item] = [one for one in about("connection", connection) if "erified" in one.message]

    assert item.weight == weight


def test_test_mode_is_told():
    assert ("note", "Test mode: no real money or goods move.") in said(
        about("connection", make_stripe_connection())
    )


def test_choices_worth_a_look_are_notes_only():
    connection = make_connection(
        policy={"stock_push": False, "ship_push": False, "import_enabled": False}
    )

    items = about("policies", connection)

    assert {one.weight for one in items} == {Weight.NOTE}
    assert [one.message for one in items] == [
        "Importing orders is switched off.",
        "TikTok is not told what is in stock.",
        "TikTok is not told what is shipped.",
        "Saleor chooses the warehouse that orders are shipped from.",
    ]


def test_a_rotation_that_is_not_finished_is_told(settings):
    keys = [Fernet.generate_key().decode() for _ in range(2)]
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = keys

    assert said(about("encryption")) == [
        ("warning", "2 encryption keys are configured: a rotation is not finished.")
    ]


def test_secrets_that_cannot_be_read_are_told_and_break_nothing(settings):
    pk = make_connection().pk
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    [unreadable, _] = review([Connection.objects.get(pk=pk)])

    assert (unreadable.topic, unreadable.weight) == ("encryption", Weight.ERROR)


def test_what_was_switched_off_on_purpose_is_one_note():
    connection = make_connection(state=ConnectionState.DISABLED, state_reason="Disconnected.")

    assert said(one for one in review([connection]) if one.topic != "encryption") == [
        ("note", "Switched off. Disconnected.")
    ]


def test_a_shop_whose_app_secret_is_gone_needs_somebody():
    connection = make_connection(state=ConnectionState.DISABLED, state_reason="Disconnected.")
    connection.credentials = {**connection.credentials, "app_secret": ""}
    connection.save()

    [item] = about("keys", connection)

    assert said([item]) == [
        ("warning", "The app secret is missing, so that nothing is exchanged with TikTok.")
    ]
    assert item.cure == (
        "Enter it from Partner Center in the set-up guide, then connect the shop again."
    )
