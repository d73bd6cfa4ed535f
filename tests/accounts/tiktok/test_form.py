"""What saving the settings form of a channel does to its connection."""

from __future__ import annotations

import pytest

from saleor_tiktok_stripe import accounts
from saleor_tiktok_stripe.accounts import form
from saleor_tiktok_stripe.errors import InvalidInput
from saleor_tiktok_stripe.models import Connection, ConnectionState

from .conftest import CHANNEL, consent, entered


def as_saved(connection: Connection) -> dict[str, object]:
    """The form's values as Saleor holds them after a save that connected the shop."""
    app = accounts.credentials(connection).app
    return {
        "app_key": app.app_key,
        "app_secret": form.MASK,
        "service_id": app.service_id,
        "region_group": app.region_group,
        "shop": connection.account_id,
    }


def test_switching_off_a_connected_channel_leaves_it_off(connected):
    form.save(CHANNEL, as_saved(connected), active=False)

    connected.refresh_from_db()
    assert connected.state == ConnectionState.DISABLED


def test_switching_on_again_goes_on_with_the_same_shop(connected):
    values = as_saved(connected)
    form.save(CHANNEL, values, active=False)

    form.save(CHANNEL, values, active=True)

    connected.refresh_from_db()
    assert connected.state == ConnectionState.ACTIVE
    assert connected.account_id == values["shop"]


def test_consent_that_ends_after_the_channel_was_switched_off_does_not_switch_it_on(db, tiktok):
    url = accounts.begin_connect(CHANNEL, entered(tiktok), "staff:1")
    answer = consent(url)
    connection = accounts.find_connection(CHANNEL)
    form.save(CHANNEL, as_saved(connection), active=False)

    with pytest.raises(InvalidInput) as refused:
        accounts.complete_connect(answer["state"], answer["code"])

    assert refused.value.code == "SWITCHED_OFF"
    connection.refresh_from_db()
    assert connection.state == ConnectionState.DISABLED
