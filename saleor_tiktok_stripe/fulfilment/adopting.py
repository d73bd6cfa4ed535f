"""What the marketplace made of a fulfillment, kept at the fulfillment: it is known from then on."""

from __future__ import annotations

from ..models import MarketplaceRequest, OrderLink
from ..orders.parcels import TOLD_KEY, TRACKING_KEY
from ..orders.shipments import joined, keys_of
from ..saleor_api import Saleor
from ..saleor_api.keys import PACKAGE_KEY
from .carriers import CarrierBook
from .steps import Retrack


def adopt(saleor: Saleor, link: OrderLink, row: MarketplaceRequest, book: CarrierBook) -> bool:
    """Write the packages of a request that succeeded to its fulfillment; False when it, or another
    one, has them already."""
    packages = [str(key) for key in row.body.get("made", ())]
    with saleor.exclusive(link.saleor_order_id):
        current = saleor.orders([link.saleor_order_id]).get(link.saleor_order_id)
        if current is None or not packages:
            return False
        taken = {key for one in current.fulfillments for key in keys_of(one)}
        found = next((one for one in current.fulfillments if one.id == row.subject), None)
        if found is None or keys_of(found) or taken & set(packages):
            return False
        number, carrier_id = row.body.get("number", ""), row.body.get("carrier_id", "")
        facts = {
            PACKAGE_KEY: joined(packages),
            TRACKING_KEY: number,
            TOLD_KEY: found.tracking_number,
            "tiktok.carrier": book.known.get(carrier_id, ""),
            "tiktok.carrier_id": carrier_id,
        }
        saleor.set_metadata(found.id, {key: value for key, value in facts.items() if value})
    return True


def adopt_tracking(saleor: Saleor, step: Retrack, book: CarrierBook) -> None:
    """The marketplace took a changed number."""
    number, carrier_id = step.tracking.number, step.tracking.carrier_id
    facts = {
        TRACKING_KEY: number,
        TOLD_KEY: number,
        "tiktok.carrier": book.known.get(carrier_id, ""),
        "tiktok.carrier_id": carrier_id,
    }
    saleor.set_metadata(step.fulfillment_id, {key: value for key, value in facts.items() if value})
