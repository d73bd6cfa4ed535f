"""What ``orderBulkCreate`` cannot carry, added to an order right after it was made.

Every step looks first, so that it can be run again on an order that a crash left half done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..keys import PACKAGE_KEY
from ..types import CreatedOrder, Grant, NewFulfillment, NewOrder, SaleorOrder
from . import changing, reading
from .client import Client

_SHIPPED = frozenset({"FULFILLED"})
_RETURNED = frozenset({"RETURNED"})
IMPORT_GRANT_KEY = "tiktok.import"


def is_needed(order: NewOrder) -> bool:
    """Most orders need nothing more."""
    return bool(order.fulfillments) or order.granted_refund > 0


def own_transactions(client: Client, made: Sequence[tuple[NewOrder, Mapping[str, Any]]]) -> None:
    """Become the owner of transactions that staff may ask something of: ``orderBulkCreate`` leaves
    them without one, and Saleor asks the owner alone. One request for all orders.
    """
    claims = []
    for order, row in made:
        actions = {one.psp_reference: one.actions for one in order.transactions}
        for item in row["transactions"]:
            wanted = actions.get(item["pspReference"], ())
            if wanted and item["createdBy"] is None:
                token = reading.transaction_token(item["id"])
                data = {"availableActions": list(wanted)}
                claims.append({"token": token, "transaction": data})
    client.mutate_each("transactionUpdate", claims)


def complete(client: Client, order: NewOrder, made: CreatedOrder) -> None:
    """Keys on packages, units cancelled early as a returned group, the granted refund.

    Raises as the single changes do.
    """
    state = changing.read_order(client, made.order_id)
    for one in order.fulfillments:
        _settle(client, state, one, made)
    if order.granted_refund > 0:
        reason = "Refunded before the import."
        grant = Grant(IMPORT_GRANT_KEY, order.granted_refund, {}, reason)
        changing.grant_refund(client, made.order_id, grant)


def _settle(client: Client, state: SaleorOrder, one: NewFulfillment, made: CreatedOrder) -> None:
    quantities = {made.line_ids[key]: count for key, count in one.quantities.items()}
    known = changing.adopt(
        client,
        state,
        one.key,
        quantities,
        status=_RETURNED if one.returned else _SHIPPED,
        tracking_number="" if one.returned else one.tracking_number,
        metadata=one.metadata,
    )
    if known is None and one.returned:
        group = changing.cancel_lines(client, made.order_id, quantities)
        if group is not None:
            changing.set_metadata(client, group, {PACKAGE_KEY: one.key, **one.metadata})
