"""System checks: each mistake of a deployment, its id and its cure; and no database is asked."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.fernet import Fernet
from django.core import checks as django_checks

from saleor_tiktok_stripe import checks, conf

KEY = Fernet.generate_key().decode()


@pytest.fixture(autouse=True)
def sound(settings, monkeypatch):
    for name in ("TIKTOK_STRIPE_ENCRYPTION_KEYS", "TIKTOK_STRIPE_SANDBOX", "PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [KEY]
    settings.TIKTOK_STRIPE_PUBLIC_URL = "https://shop.example.com"
    settings.TIKTOK_STRIPE_SANDBOX = ""
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:6379/0"
    settings.CELERY_TASK_ALWAYS_EAGER = False


def ids() -> list[str]:
    """Ids of what is found; every finding has a hint."""
    found = [
        message
        for message in django_checks.run_checks()
        if str(message.id).startswith("tiktok_stripe.")
    ]
    assert all(message.hint for message in found)
    return [str(message.id) for message in found]


def test_a_sound_deployment_has_no_finding():
    assert ids() == []


def test_no_encryption_key(settings):
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = []

    assert ids() == ["tiktok_stripe.W006"]


@pytest.mark.parametrize("key", ["short", "x" * 44, "not base64 at all!"])
def test_a_key_that_is_none(settings, key):
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [KEY, key]

    assert ids() == ["tiktok_stripe.E002"]


@pytest.mark.parametrize(
    "derive", [lambda secret: hashlib.sha256(secret).digest(), lambda secret: secret[:32]]
)
def test_a_key_made_of_the_secret_key(settings, derive):
    settings.SECRET_KEY = "a secret key of this very deployment, long enough"
    derived = base64.urlsafe_b64encode(derive(settings.SECRET_KEY.encode())).decode()
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [derived]

    assert ids() == ["tiktok_stripe.E003"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://shop.example.com", ["tiktok_stripe.E004"]),
        ("http://192.0.2.7:8000", ["tiktok_stripe.E004"]),
        ("http://127.0.0.1:8000", []),
        ("http://localhost:8000", []),
        ("", []),
    ],
)
def test_the_sandbox_stays_on_this_machine(settings, url, expected):
    settings.TIKTOK_STRIPE_SANDBOX = "1"
    settings.TIKTOK_STRIPE_PUBLIC_URL = url

    assert ids() == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", ["tiktok_stripe.W001"]),
        ("http://shop.example.com", ["tiktok_stripe.W002"]),
        ("https://192.0.2.7", ["tiktok_stripe.W003"]),
        ("https://shop.example.com:8443", ["tiktok_stripe.W003"]),
        ("https://shop", ["tiktok_stripe.W003"]),
    ],
)
def test_an_address_that_tiktok_cannot_call(settings, url, expected):
    settings.TIKTOK_STRIPE_PUBLIC_URL = url

    assert ids() == expected


def test_no_broker(settings):
    settings.CELERY_BROKER_URL = ""

    assert ids() == ["tiktok_stripe.W004"]


def test_eager_tasks_are_no_broker(settings):
    settings.CELERY_TASK_ALWAYS_EAGER = True

    assert ids() == ["tiktok_stripe.W004"]


def test_a_schedule_without_our_tasks(settings):
    settings.CELERY_BEAT_SCHEDULE = {"other": {"task": "saleor.other"}}

    assert ids() == ["tiktok_stripe.W005"]


def test_the_hints_name_a_cure(settings):
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = []

    [found] = checks.check_encryption_keys(None)

    assert found.hint == (
        "Make one with `saleor-tiktok-stripe new-key` and set TIKTOK_STRIPE_ENCRYPTION_KEYS."
    )


def test_at_a_public_address_the_sandbox_flag_has_no_effect(settings):
    """A web server runs no system checks, so E004 alone stops nothing."""
    settings.TIKTOK_STRIPE_SANDBOX = "1"
    settings.TIKTOK_STRIPE_TIKTOK_API_URL = "http://127.0.0.1:1"

    assert conf.public_url() == "https://shop.example.com"
    assert not conf.sandbox_allowed()
    assert conf.tiktok_api_url() == "https://open-api.tiktokglobalshop.com"

    settings.TIKTOK_STRIPE_PUBLIC_URL = "http://127.0.0.1:8000"
    assert conf.tiktok_api_url() == "http://127.0.0.1:1"
