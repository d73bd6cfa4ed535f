"""SKUs: listed, linked, explained as a small sum, and told to TikTok after a dry run."""

from __future__ import annotations

import pytest

from saleor_tiktok_stripe.models import AuditEntry, Job, SkuLink, StockLevel
from tests.graphql.rows import a_problem, a_sku
from tests.support.factories import make_connection
from tests.support.shop import connected_shop

from .conftest import BASE, PASSWORD, STAFF, signed_in
from .daily import forms_of, queries, rows_of, shown


@pytest.mark.django_db
def test_skus_are_listed_by_how_they_are_linked(admin):
    shop = make_connection()
    a_sku(shop, 1)
    a_sku(shop, 2, variant_id="", variant_sku="", method="missing", note="No variant has it.")
    StockLevel.objects.create(
        connection=shop, sku_id="1729001", wanted=5, pushed=4, problem=a_problem("TIKTOK_STOCK")
    )

    linked = rows_of(admin.get("stock/", list="linked"))
    missing = rows_of(admin.get("stock/", list="missing"))
    wrong = rows_of(admin.get("stock/", list="wrong"))

    assert linked == wrong
    assert linked == [
        "Shirt 1 SKU-1 1729001 Linked by SKU Refused by TikTok SKU-1 Cause of TIKTOK_STOCK. "
        "Cure of TIKTOK_STOCK. 5 4"
    ]
    assert missing == ["Shirt 2 SKU-2 1729002 Not linked No variant has it. – –"]
    assert len(rows_of(admin.get("stock/", search="SKU-2"))) == 1


@pytest.mark.django_db
def test_a_page_takes_as_many_queries_whatever_is_on_it(admin):
    shop = make_connection()
    a_sku(shop, 1)
    few = queries(admin, "stock/")
    for number in range(2, 40):
        a_sku(shop, number)

    assert queries(admin, "stock/") == few


@pytest.mark.django_db
def test_a_sku_of_another_channel_is_not_there(admin):
    make_connection()
    a_sku(make_connection("other", shop_id="8"), 1)

    assert admin.get("stock/1729001/").status_code == 404


@pytest.mark.django_db
def test_who_manages_no_products_is_not_let_in(saleor):
    make_connection()

    assert signed_in("orders@shop.example").get("stock/").status_code == 403


@pytest.fixture
def shop(transactional_db):
    with connected_shop(quantity=40) as found:
        email = "admin@shop.example"
        found.saleor.add_staff(email, STAFF[email], password=PASSWORD)
        order = found.tiktok.create_order(
            [(found.tiktok.catalog()[0]["sku_id"], 2)], status="AWAITING_SHIPMENT"
        )
        found.sync(order)
        found.run_all()
        yield found


@pytest.fixture
def ada(shop):
    return signed_in("admin@shop.example")


@pytest.fixture
def sku(shop) -> SkuLink:
    wanted = shop.tiktok.catalog()[0]["sku_id"]
    return SkuLink.objects.get(connection=shop.connection, sku_id=wanted)


def test_a_number_is_explained_as_a_small_sum(shop, ada, sku):
    text = shown(ada.get(f"stock/{sku.sku_id}/"))

    assert "Less in orders without stock set aside −2 TikTok may sell 38" in text
    assert "TikTok has what it should have." in text or "within seconds" in text


def test_a_sku_is_found_by_its_sellers_sku_too(ada, sku):
    assert sku.sku_id in shown(ada.get(f"stock/{sku.seller_sku}/"))


def test_a_link_is_cut_and_made_again_by_the_variants_sku(shop, ada, sku):
    path = f"stock/{sku.sku_id}/"

    ada.post(path, do="unlink")
    sku.refresh_from_db()
    cut = (sku.method, sku.variant_id)
    answer = ada.post(path, do="link", variant=sku.seller_sku)

    sku.refresh_from_db()
    assert cut == ("unlinked", "")
    assert answer["Location"] == BASE + path
    assert (sku.method, sku.variant_sku) == ("manual", sku.seller_sku)


@pytest.mark.parametrize("variant", ["", "no-such-sku", "UHJvZHVjdFZhcmlhbnQ6OTk5OTk5"])
def test_a_variant_that_saleor_does_not_have_is_not_linked(ada, sku, variant):
    before = (sku.method, sku.variant_id)

    answer = ada.post(f"stock/{sku.sku_id}/", do="link", form="link", variant=variant)

    sku.refresh_from_db()
    assert answer.status_code == 422
    assert "<code>VARIANT_NOT_FOUND</code>" in answer.content.decode()
    assert (sku.method, sku.variant_id) == before
    shown(answer)


def test_a_dry_run_says_what_tiktok_would_be_told_and_tells_nothing(shop, ada, sku):
    shop.tiktok.set_stock(sku.sku_id, 7)
    jobs = Job.objects.filter(kind="stock.push", status="queued").count()

    answer = ada.post("stock/", do="plan_stock")

    text = shown(answer)
    assert "What TikTok would be told 1 SKU differs." in text
    assert "7 38" in text
    assert "push_stock" in forms_of(answer)
    assert Job.objects.filter(kind="stock.push", status="queued").count() == jobs


def test_tiktok_is_told_what_differs(shop, ada, sku):
    shop.tiktok.set_stock(sku.sku_id, 7)

    answer = ada.post("stock/", do="push_stock")
    shop.run_all()

    assert answer.status_code == 303
    entry = AuditEntry.objects.get(action="stock.push")
    assert (entry.actor, entry.data) == ("admin@shop.example", {"skus": "1"})
    listed = {one["sku_id"]: one["available"] for one in shop.tiktok.catalog()}
    assert listed[sku.sku_id] == 38


def test_nothing_is_told_where_the_push_is_switched_off(shop, ada):
    shop.set_policy(stock_push=False)
    jobs, entries = Job.objects.count(), AuditEntry.objects.count()

    answer = ada.post("stock/", do="push_stock")

    assert answer.status_code == 422
    assert "<code>STOCK_PUSH_OFF</code>" in answer.content.decode()
    assert (Job.objects.count(), AuditEntry.objects.count()) == (jobs, entries)
    assert "The stock push is switched off" in shown(answer)


def test_prices_are_told_after_a_dry_run(shop, ada, sku):
    shop.set_policy(price_push=True, price_percent="110")

    planned = ada.post("stock/", do="plan_prices")
    before = Job.objects.filter(kind="price.push").count()
    answer = ada.post("stock/", do="push_prices")

    assert {"plan_prices", "push_prices"} <= forms_of(planned)
    assert "What TikTok would be told" in shown(planned)
    assert answer.status_code == 303
    assert (before, Job.objects.filter(kind="price.push").count()) == (0, 1)


def test_no_price_is_told_where_that_is_switched_off(shop, ada):
    answer = ada.post("stock/", do="push_prices")

    assert answer.status_code == 422
    assert "<code>PRICE_PUSH_OFF</code>" in answer.content.decode()
    assert not Job.objects.filter(kind="price.push").exists()
    assert "plan_prices" not in forms_of(answer)
