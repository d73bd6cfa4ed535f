"""SKUs, their stock and price, and carriers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from saleor_tiktok_stripe.graphql.core.ids import global_id
from saleor_tiktok_stripe.models import Carrier, CarrierLink, Connection, PriceLevel, StockLevel
from tests.catalog.conftest import Shelf
from tests.support.factories import make_connection
from tests.support.shop import ConnectedShop

from .asking import ask
from .rows import a_problem, a_sku

LIST = """
query ($first: Int, $after: String, $filter: TiktokStripeSkuLinkFilter) {
  tiktokStripe {
    skuLinks(first: $first, after: $after, filter: $filter) {
      edges { node { skuId } }
      pageInfo { hasNextPage endCursor }
      totalCount
    }
  }
}
"""


def asked(query: str, **variables: Any) -> Any:
    said = ask(query, **variables)
    assert said["errors"] == []
    return said["data"]["tiktokStripe"]


def skus(**variables: Any) -> list[str]:
    return [one["node"]["skuId"] for one in asked(LIST, **variables)["skuLinks"]["edges"]]


@pytest.fixture
def six(db: None) -> Connection:
    """1-3 sell variants, 4 and 5 none; 2 was refused, 3 sold too often."""
    connection = make_connection()
    for number in (1, 2, 3):
        a_sku(connection, number)
    a_sku(connection, 4, method="missing", variant_id="", variant_sku="", title="Red hat")
    a_sku(connection, 5, method="unlinked", variant_id="", variant_sku="")
    PriceLevel.objects.create(
        connection=connection,
        sku_id="1729002",
        wanted=Decimal("12.50"),
        pushed=Decimal("11.00"),
        currency="USD",
        problem=a_problem("PRICE_REFUSED"),
    )
    StockLevel.objects.create(connection=connection, sku_id="1729003", wanted=0, short=2)
    return connection


def test_skus_by_each_filter(six: Connection):
    def found(**wanted: Any) -> list[str]:
        return [sku_id[-1] for sku_id in skus(filter=wanted)]

    assert found() == ["1", "2", "3", "4", "5"]
    assert found(linked=True) == ["1", "2", "3"]
    assert found(method="MISSING") == ["4"]
    assert found(problem=True) == ["2", "3"]
    assert found(problem=False, linked=True) == ["1"]
    assert found(search="1729005") == ["5"]
    assert found(search="SKU-2") == found(search="UHJvZHVjdFZhcmlhbnQ62") == ["2"]
    assert found(search="red h") == ["4"]
    assert asked(LIST)["skuLinks"]["totalCount"] == 5


def test_every_sku_is_on_one_page_while_others_are_listed_at_tiktok(six: Connection):
    seen: list[str] = []
    after, more = None, True
    while more:
        page = asked(LIST, first=2, after=after)["skuLinks"]
        seen += [one["node"]["skuId"] for one in page["edges"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        if len(seen) == 2:
            a_sku(six, 0)

    assert seen == [f"{1_729_000 + number}" for number in range(1, 6)]


def test_a_sku_with_its_numbers_prices_and_trouble(six: Connection):
    found = asked(
        """{ tiktokStripe {
            skuLinks(filter: {problem: true}) { edges { node {
                id skuId sellerSku variantId method wanted short
                priceWanted { amount currency } pricePushed { amount } problem { code }
            } } }
            skuLinkCounts { method number }
        } }"""
    )

    assert [one["node"] for one in found["skuLinks"]["edges"]] == [
        {
            "id": global_id("TiktokStripeSkuLink", "1729002"),
            "skuId": "1729002",
            "sellerSku": "SKU-2",
            "variantId": "UHJvZHVjdFZhcmlhbnQ62",
            "method": "SKU",
            "wanted": None,
            "short": 0,
            "priceWanted": {"amount": "12.50", "currency": "USD"},
            "pricePushed": {"amount": "11.00"},
            "problem": {"code": "PRICE_REFUSED"},
        },
        {
            "id": global_id("TiktokStripeSkuLink", "1729003"),
            "skuId": "1729003",
            "sellerSku": "SKU-3",
            "variantId": "UHJvZHVjdFZhcmlhbnQ63",
            "method": "SKU",
            "wanted": 0,
            "short": 2,
            "priceWanted": None,
            "pricePushed": None,
            "problem": None,
        },
    ]
    assert found["skuLinkCounts"] == [
        {"method": "SKU", "number": 3},
        {"method": "EXTERNAL_REFERENCE", "number": 0},
        {"method": "BARCODE", "number": 0},
        {"method": "MANUAL", "number": 0},
        {"method": "UNLINKED", "number": 1},
        {"method": "MISSING", "number": 1},
    ]


STOCK = """
query ($sku: String!) {
  tiktokStripe {
    stock(sku: $sku) {
      skuId state words why wanted pushed
      terms { number warehouses { warehouse quantity allocated reserved free } percent buffer }
      pushedTerms { number }
      told { at jobId answer problem { code } }
      waitingOrders owedOrders others
      price { state wanted { amount currency } terms { base { amount } percent } }
    }
  }
}
"""


def test_why_a_sku_has_its_number_and_its_price(shop: ConnectedShop):
    shelf = Shelf(shop)
    shop.set_policy(stock_percent=50, stock_buffer=1, price_push=True)
    stock = shelf.pieces(0)
    stock.quantity, stock.allocated, stock.reserved = 20, 3, 2
    shelf.look()
    stock.allocated = 5
    sku_id = shelf.skus[0]["sku_id"]

    found = asked(STOCK, sku=sku_id)["stock"]

    told, price = found.pop("told"), found.pop("price")
    assert found == {
        "skuId": sku_id,
        "state": "DUE",
        "words": "It is pushed at the next look, within seconds.",
        "why": "13 free in default, of that 50 %, rounded down, less a buffer of 1: 5.",
        "wanted": 5,
        "pushed": 6,
        "terms": {
            "number": 5,
            "warehouses": [
                {"warehouse": "default", "quantity": 20, "allocated": 5, "reserved": 2, "free": 13}
            ],
            "percent": 50,
            "buffer": 1,
        },
        "pushedTerms": {"number": 6},
        "waitingOrders": [],
        "owedOrders": [],
        "others": [],
    }
    job = StockLevel.objects.get(sku_id=sku_id).job_id
    assert (told["jobId"], told["answer"]) == (global_id("TiktokStripeJob", job), "Accepted.")
    assert told["problem"] is None
    assert price["state"] == "IN_STEP"
    assert price["wanted"]["amount"] == price["terms"]["base"]["amount"]


@pytest.mark.django_db
def test_a_sku_of_nobody_is_null():
    make_connection()

    assert asked(STOCK, sku="nobody") == {"stock": None}


@pytest.mark.django_db
def test_carriers_and_the_manual_table():
    connection = make_connection()
    Carrier.objects.create(connection=connection, carrier_id="7", name="UPS")
    Carrier.objects.create(connection=connection, carrier_id="8", name="DHL")
    Carrier.objects.create(connection=connection, carrier_id="9", name="Old", gone=True)
    CarrierLink.objects.create(connection=connection, name="Brown", carrier_id="7")
    CarrierLink.objects.create(connection=connection, name="Former", carrier_id="9")

    found = asked(
        """{ tiktokStripe { carriers {
            carriers { carrierId name } links { name carrierId carrierName }
        } } }"""
    )

    assert found["carriers"] == {
        "carriers": [{"carrierId": "8", "name": "DHL"}, {"carrierId": "7", "name": "UPS"}],
        "links": [
            {"name": "Brown", "carrierId": "7", "carrierName": "UPS"},
            {"name": "Former", "carrierId": "9", "carrierName": ""},
        ],
    }
