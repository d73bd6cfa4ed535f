"""The contract of payments, over HTTP against a real Saleor."""

from __future__ import annotations

import pytest
from django.db import connections
from saleor.app.models import App
from saleor.permission.models import Permission

from saleor_tiktok_stripe.saleor_api.http import HttpSaleor
from saleor_tiktok_stripe.saleor_api.over_http.reading import NEEDED_PERMISSIONS
from tests.contract.saleor_payments_contract import *  # noqa: F403
from tests.contract.saleor_payments_contract import PayingHost

from .payments_host import paying_host
from .shop import make_shop

# Each test empties the whole database afterwards: five seconds.
pytestmark = pytest.mark.slow


@pytest.fixture
def paying(live_server, transactional_db, monkeypatch) -> PayingHost:
    # Saleor reads from its replica; the server's threads would look for it outside the test.
    name = connections.settings["default"]["NAME"]
    monkeypatch.setitem(connections.settings["replica"], "NAME", name)
    shop = make_shop()
    app = App.objects.create(name="Sidecar", identifier="saleor.tiktok_stripe", is_active=True)
    names = [name.lower() for name in NEEDED_PERMISSIONS]
    app.permissions.set(Permission.objects.filter(codename__in=names))
    _, token = app.tokens.create(name="sidecar")
    return paying_host(shop, HttpSaleor(f"{live_server.url}/graphql/", token), app)
