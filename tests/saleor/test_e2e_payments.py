"""The payment scenarios on a real Saleor served over HTTP, with this app as plugin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from saleor.channel.models import Channel

from tests.e2e.counter import LATER, NOW, Counter, charging, opened
from tests.e2e.scenarios_aftersales import *  # noqa: F403
from tests.e2e.scenarios_payments import *  # noqa: F403
from tests.e2e.scenarios_trouble import (  # noqa: F401  (the others differ by nothing in Saleor)
    mended,
    test_a_disabled_endpoint_is_caught_up_seen_and_switched_on_again,
    test_a_refund_asked_for_without_a_valid_key_is_made_at_most_once,
    test_a_session_whose_answer_was_lost_is_one_payment,
    test_a_withdrawn_key_is_seen_and_everything_goes_on_with_a_new_one,
    test_two_channels_on_one_account_leave_each_others_payments_alone,
)
from tests.e2e.stage import Level

from .merchant import make_site, one_database, save_form, sign_in
from .shop import Shop, make_shop

pytestmark = pytest.mark.django_db(transaction=True)


class RealSaleor:
    """Saleor's API as storefronts and the Dashboard use it."""

    def __init__(self, url: str, shops: dict[str, Shop]) -> None:
        self.url, self.api, self._shops = url, f"{url}/graphql/", shops
        self.staff_token = sign_in("manage_orders", "handle_payments")
        self._owner = sign_in("manage_plugins")

    def save_settings(self, channel: str, **fields: str) -> dict[str, str]:
        return save_form(self.url, self._owner, channel, fields)

    def variant(self, channel: str) -> str:
        return self._shops[channel].variant_id()

    def level(self, channel: str) -> Level:
        stock = self._shops[channel].stock()
        return Level(stock.quantity, stock.quantity_allocated)

    def wait(self) -> None:
        """It tells its plugins while the mutation runs."""


@pytest.fixture(autouse=True)
def _django_db_marker() -> None:
    """In pytest-django's place: one database for the module instead of one for each test."""


@pytest.fixture(scope="module")
def counter(django_db_setup: None, django_db_blocker: Any) -> Iterator[Counter]:
    with django_db_blocker.unblock(), one_database():
        make_site()
        shops = {slug: make_shop(slug=slug, variants=1, stocks=(1000,)) for slug in (LATER, NOW)}
        Channel.objects.filter(slug=LATER).update(default_transaction_flow_strategy="authorization")
        with charging() as (stripe, url):
            yield opened(Counter(stripe.control, RealSaleor(url, shops), url))
        call_command("flush", verbosity=0, interactive=False)
