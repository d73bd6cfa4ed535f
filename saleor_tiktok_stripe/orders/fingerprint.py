"""Did anything change that is brought over to Saleor?"""

from __future__ import annotations

import hashlib
import json

from ..tiktok.types import Order
from .address import address_hash
from .mapping import ORDER_FACTS


def fingerprint(order: Order) -> str:
    """Covers every fact that is kept in step: equal fingerprints mean that there is nothing to do.

    The order's own time of change is left out, so that a change which concerns nothing of ours
    (a chat, a review) costs no write.
    """
    payment = order.payment
    facts = {
        "facts": {key: fact(order) for key, fact in ORDER_FACTS.items()},
        "deadlines": {kind: at.isoformat() for kind, at in order.deadlines.items()},
        "fees": {kind: str(fee) for kind, fee in payment.fees.items()},
        "money": [payment.currency, str(payment.sub_total), str(payment.shipping_fee),
                  str(payment.tax), str(payment.total)],
        "units": sorted(
            [unit.id, unit.sku_id, unit.state.value, unit.package_id, unit.carrier,
             unit.tracking_number, str(unit.sale_price)]
            for unit in order.units
        ),
        "address": address_hash(order.recipient),
    }  # fmt: skip
    encoded = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(encoded.encode()).hexdigest()
