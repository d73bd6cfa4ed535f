"""The contract of ``Saleor``, over HTTP against a real Saleor."""

from __future__ import annotations

import pytest
from django.db import connections
from saleor.app.models import App
from saleor.permission.models import Permission

from saleor_tiktok_stripe.saleor_api.http import HttpSaleor
from saleor_tiktok_stripe.saleor_api.over_http.reading import NEEDED_PERMISSIONS
from tests.contract.saleor_contract import *  # noqa: F403
from tests.contract.saleor_contract import Host
from tests.saleor.shop import make_shop

# Each test empties the whole database afterwards: five seconds.
pytestmark = pytest.mark.slow


@pytest.fixture
def host(live_server, transactional_db, monkeypatch) -> Host:
    # Saleor reads from its replica; the server's threads would look for it outside the test.
    name = connections.settings["default"]["NAME"]
    monkeypatch.setitem(connections.settings["replica"], "NAME", name)
    shop = make_shop()
    app = App.objects.create(name="Sidecar", identifier="saleor.tiktok_stripe", is_active=True)
    names = [name.lower() for name in NEEDED_PERMISSIONS]
    app.permissions.set(Permission.objects.filter(codename__in=names))
    _, token = app.tokens.create(name="sidecar")
    return Host(
        saleor=HttpSaleor(f"{live_server.url}/graphql/", token),
        channel=shop.channel.slug,
        currency="USD",
        warehouse_id=shop.warehouse_id(),
        variant_ids=(shop.variant_id(0), shop.variant_id(1)),
        skus=(shop.variants[0].sku, shop.variants[1].sku),
        stock=lambda number: shop.stock(number).quantity,
        allocates=False,
    )
