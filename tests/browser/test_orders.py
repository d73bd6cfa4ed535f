"""An order that waits for somebody: why it does is said, and what helps; then it goes on."""

from __future__ import annotations

from saleor_tiktok_stripe.sandbox.demo.waiting import until

from . import walks
from .chromium import Browser
from .looking import Looks
from .stage import Stage


def test_a_parked_order_is_imported_once_its_sku_is_linked(
    set_up: Stage, browser: Browser, looks: Looks
) -> None:
    sku, *_ = set_up.unlinked()
    order_id = set_up.sell(sku["sku_id"])
    browser.go("orders/?sync=parked")
    browser.wait_for(order_id)
    assert "By cause" in browser.words()
    looks.look("orders_parked")

    browser.go(f"orders/{order_id}/")
    # News of it may just be worked on: then it waits for nobody for a moment.
    told = browser.wait_for("which no product variant in Saleor is linked to")
    assert "Link the SKU to a variant" in told
    looks.look("order_parked")

    walks.try_again(browser, f"orders/{order_id}/")
    browser.wait_for("Link the SKU to a variant")
    assert not set_up.in_saleor(order_id)

    browser.press("Open SKUs that are not linked")
    assert browser.path == "stock/"
    assert sku["product_name"] in browser.words()
    looks.look("stock_not_linked")
    browser.go(f"stock/{sku['sku_id']}/")
    browser.open("Link to a variant…")
    with browser.refused(422):
        browser.fill("Variant's SKU", "NO-SUCH-SKU")
        browser.press("Link")
        assert "This variant does not exist in Saleor." in browser.words("#failure")
        looks.look("sku_refused")
    browser.fill("Variant's SKU", set_up.variants()[0])
    browser.press("Link")
    assert f"It sells {set_up.variants()[0]} now." in browser.words(".flash")
    looks.look("sku")

    until(lambda: set_up.in_saleor(order_id), f"The import of order {order_id}")
    browser.go(f"orders/{order_id}/")
    assert "In step" in browser.wait_for("In step", ".lead")
    assert browser.words("h1").startswith("Order #")


def test_all_orders_of_a_cause_are_tried_again_together(set_up: Stage, browser: Browser) -> None:
    sku = set_up.unlinked()[-1]
    order_id = set_up.sell(sku["sku_id"])
    browser.go("orders/?sync=parked")
    browser.wait_for(order_id)

    walks.try_all_again(browser, "orders/?sync=parked")

    browser.wait_for(order_id)
    assert not set_up.in_saleor(order_id)
