"""Goods that left and came back, over Saleor's API: each once, whatever a crash left half done.

Saleor takes a return in one call and its mark in another, and puts nothing back into stock. So what
is about to happen is written down on the order first (``PLAN_PREFIX``): the returns there were
before, and which stock gets how many units. A return that appeared since is ours; a stock that has
the planned quantity has been set.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from .. import returned
from ..keys import RETURN_KEY
from ..types import FulfillmentState, GoodsReturn
from . import reading
from .changing import order_gone, set_metadata
from .client import Client

PLAN_PREFIX: Final = "tiktok.returning."
"""In an order's metadata, with a return's key: what is left to be done of it; "" when done."""
View = Mapping[str, Any]


@dataclass(frozen=True)
class _Refill:
    """Units for a stock. ``found`` and ``target``: its quantities before and after, once read."""

    variant: str
    warehouse: str
    units: int
    found: int | None = None
    target: int | None = None


@dataclass(frozen=True)
class _Plan:
    older: tuple[str, ...]
    refills: tuple[_Refill, ...] = field(default=())

    def text(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> _Plan:
        said = json.loads(text)
        return cls(tuple(said["older"]), tuple(_Refill(**one) for one in said["refills"]))


def return_goods(client: Client, order_id: str, goods: GoodsReturn) -> str:
    """See ``Saleor.return_goods``. A return that staff recorded themselves is adopted: their stock
    is left as they left it. ``Parked`` when the order has not shipped so many units.
    """
    view = _view(client, order_id)
    known = [reading.fulfillment(item) for item in view["fulfillments"]]
    text = reading.metadata(view).get(PLAN_PREFIX + goods.key, "")
    plan = _Plan.read(text) if text else None
    done = returned.keyed(known, goods.key)
    if done is None:
        done = returned.unclaimed(known, goods.quantities, older=plan.older if plan else ())
        if done is not None:
            set_metadata(client, done.id, {**goods.metadata, RETURN_KEY: goods.key})
    if done is not None:
        if plan:
            _refill(client, order_id, goods.key, plan)
        return done.id
    return _return(client, order_id, goods, view, known)


def _view(client: Client, order_id: str) -> View:
    view: View | None = client.query("orderShipped", {"id": order_id})["order"]
    if view is None:
        order_gone(order_id)
    return view


def _return(
    client: Client,
    order_id: str,
    goods: GoodsReturn,
    view: View,
    known: Sequence[FulfillmentState],
) -> str:
    lines, refills = _shipped(view, goods, order_id)
    plan = _Plan(tuple(one.id for one in known if one.status in returned.RETURNED), refills)
    if goods.restock and refills:
        set_metadata(client, order_id, {PLAN_PREFIX + goods.key: plan.text()})
    made = client.mutate(
        "orderFulfillmentReturnProducts", {"order": order_id, "fulfillmentLines": lines}
    )["returnFulfillment"]["id"]
    set_metadata(client, made, {**goods.metadata, RETURN_KEY: goods.key})
    if goods.restock and refills:
        _refill(client, order_id, goods.key, plan)
    return str(made)


def _shipped(
    view: View, goods: GoodsReturn, order_id: str
) -> tuple[list[dict[str, Any]], tuple[_Refill, ...]]:
    """Lines of shipments to take the units from, the earliest first that the marketplace knows of,
    and where they go back to."""
    missing = {line: units for line, units in goods.quantities.items() if units}
    lines = []
    back: Counter[tuple[str, str]] = Counter()
    told_first = sorted(
        view["fulfillments"], key=lambda one: not returned.is_told(reading.metadata(one))
    )
    for shipment in told_first:
        if shipment["status"] != "FULFILLED":
            continue
        for item in shipment["lines"] or ():
            line = item["orderLine"] or {}
            taken = min(missing.get(line.get("id", ""), 0), item["quantity"])
            if not taken:
                continue
            missing[line["id"]] -= taken
            lines.append({"fulfillmentLineId": item["id"], "quantity": taken})
            if shipment["warehouse"] and (line["variant"] or {}).get("trackInventory"):
                back[line["productVariantId"], shipment["warehouse"]["id"]] += taken
    if any(missing.values()):
        raise returned.too_many(order_id)
    return lines, tuple(_Refill(*key, units) for key, units in back.items())


def _refill(client: Client, order_id: str, key: str, plan: _Plan) -> None:
    """Saleor's mutation sets a quantity and adds none. Interrupted, it goes on where the stock
    still is as it was found; where it is not, it was set, or somebody counted it since.
    """
    now = _quantities(client, plan.refills)
    if any(one.target is None for one in plan.refills):
        refills = tuple(
            replace(one, found=found, target=found + one.units)
            for one in plan.refills
            for found in (now.get((one.variant, one.warehouse), 0),)
        )
        plan = replace(plan, refills=refills)
        set_metadata(client, order_id, {PLAN_PREFIX + key: plan.text()})
    for one in plan.refills:
        if now.get((one.variant, one.warehouse), 0) == one.found:
            stock = {"warehouse": one.warehouse, "quantity": one.target}
            client.mutate(
                "productVariantStocksUpdate", {"variantId": one.variant, "stocks": [stock]}
            )
    set_metadata(client, order_id, {PLAN_PREFIX + key: ""})


def _quantities(client: Client, refills: Sequence[_Refill]) -> dict[tuple[str, str], int]:
    ids = list(dict.fromkeys(one.variant for one in refills))
    page = client.query("variantQuantities", {"ids": ids})["productVariants"]
    return {
        (edge["node"]["id"], stock["warehouse"]["id"]): stock["quantity"]
        for edge in page["edges"]
        for stock in edge["node"]["stocks"] or ()
    }
