"""Knobs of the deployment that are entered wrong."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from saleor_tiktok_stripe import conf
from saleor_tiktok_stripe.jobs.tasks import beat_schedule

NAME = "TIKTOK_STRIPE_POLL_SECONDS"


@pytest.mark.parametrize(("entered", "seconds"), [("", 300), (" 60 ", 60), ("1", 1)])
def test_a_number_that_is_left_empty_is_not_set(
    monkeypatch: pytest.MonkeyPatch, entered: str, seconds: int
) -> None:
    monkeypatch.setenv(NAME, entered)

    assert conf.poll_seconds() == seconds


@pytest.mark.parametrize("entered", ["abc", "0", "-5", "1.5", "5m", "1e3"])
def test_a_number_that_is_none_is_named_with_its_variable(
    monkeypatch: pytest.MonkeyPatch, entered: str
) -> None:
    monkeypatch.setenv(NAME, entered)

    with pytest.raises(ImproperlyConfigured) as refused:
        beat_schedule()

    assert str(refused.value) == f"{NAME} is {entered!r}: a whole number above 0 is needed."
