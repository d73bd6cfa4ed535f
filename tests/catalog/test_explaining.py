"""Why a SKU's number is what it is."""

from __future__ import annotations

import pytest

from saleor_tiktok_stripe import catalog
from saleor_tiktok_stripe.catalog.numbers import Place
from saleor_tiktok_stripe.errors import InvalidInput
from saleor_tiktok_stripe.models import Job, SkuLink
from tests.catalog.conftest import Shelf


def test_every_term_and_what_was_told(shelf: Shelf):
    shelf.shop.set_policy(stock_percent=50, stock_buffer=1)
    stock = shelf.pieces(0)
    stock.quantity, stock.allocated, stock.reserved = 20, 3, 2
    shelf.look()
    stock.allocated = 5

    told = catalog.explain(shelf.connection, shelf.skus[0]["sku_id"])

    assert told.warehouses == {"default": Place(20, 5, 2)}
    assert told.why == "13 free in default, of that 50 %, rounded down, less a buffer of 1: 5."
    assert (told.wanted, told.pushed, told.state) == (5, 6, "due")
    assert told.words == "It is pushed at the next look, within seconds."
    assert told.pushed_terms is not None
    assert told.pushed_terms.warehouses == {"default": Place(20, 3, 2)}
    assert told.told.answer == "Accepted."
    assert Job.objects.get(pk=told.told.job_id).kind == "stock.push"
    assert told.price is None


def test_a_sku_is_found_by_each_of_its_names(shelf: Shelf):
    link = SkuLink.objects.get(sku_id=shelf.skus[1]["sku_id"])

    for name in (link.sku_id, link.seller_sku, link.variant_id, link.variant_sku):
        assert catalog.explain(shelf.connection, name).sku_id == link.sku_id

    with pytest.raises(InvalidInput) as caught:
        catalog.explain(shelf.connection, "nobody")
    assert (caught.value.code, caught.value.field) == ("SKU_UNKNOWN", "sku")


def test_several_skus_of_one_variant_name_each_other(shelf: Shelf):
    other = next(
        one for one in shelf.tiktok.catalog() if one["seller_sku"] != shelf.skus[0]["seller_sku"]
        and one["sku_id"] not in {sku["sku_id"] for sku in shelf.skus}
    )  # fmt: skip
    shelf.link(other, shelf.skus[0]["seller_sku"])
    shelf.pieces(0).quantity = 7
    variant = shelf.shop.saleor.state.by_sku[shelf.skus[0]["seller_sku"]]

    told = catalog.explain(shelf.connection, variant.id)

    assert {told.sku_id, *told.others} == {shelf.skus[0]["sku_id"], other["sku_id"]}
    assert "shared by 2 SKUs that sell this variant" in told.why


def test_it_says_why_nothing_is_pushed(shelf: Shelf):
    sku_id = shelf.skus[0]["sku_id"]
    shelf.look()
    assert catalog.explain(shelf.connection, sku_id).words == "TikTok has what it should have."

    shelf.shop.set_policy(stock_push=False)
    off = catalog.explain(shelf.connection, sku_id)
    assert (off.state, off.words) == (
        "off",
        "Nothing is pushed: it is switched off in this channel's settings.",
    )

    shelf.shop.set_policy(stock_push=True)
    catalog.unlink(shelf.connection, sku_id, "anna")
    cut = catalog.explain(shelf.connection, sku_id)
    assert (cut.state, cut.words, cut.wanted) == (
        "unlinked",
        "Nothing is pushed: this SKU is linked to no variant. Somebody cut the link.",
        None,
    )


def test_a_refusal_is_told_with_its_cure_and_when_it_is_tried_again(shelf: Shelf):
    shelf.tiktok.inject_fault("partial_errors", path="inventory/update", times=None)
    shelf.look()

    told = catalog.explain(shelf.connection, shelf.skus[0]["sku_id"])

    assert told.state == "refused"
    assert told.told.problem is not None
    assert told.told.problem.code == "TIKTOK_PRICE_LOCKED"
    assert told.words == (f"It was refused: {told.told.problem.cause} {told.told.problem.cure}")
    assert told.told.retry_at is not None


def test_what_is_not_for_sale_says_so(shelf: Shelf):
    product = shelf.shop.saleor.state.by_sku[shelf.skus[0]["seller_sku"]]
    product.unpublished.add("tiktok-us")
    shelf.look()

    told = catalog.explain(shelf.connection, shelf.skus[0]["sku_id"])

    assert (told.wanted, shelf.offered()[0]) == (0, 0)
    assert told.why == "The variant is not for sale in this channel, so none is offered."
