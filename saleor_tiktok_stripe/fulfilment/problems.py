"""Every reason why a shipment or a cancellation made in Saleor waits for somebody, in the
merchant's words, in one place.

A row of ``TEXTS`` is code -> (cause, cure); both texts are filled from ``params``, which hold ids,
numbers and names of carriers, never buyer data.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..errors import Parked, Problem

STAGE: Final = "fulfil"
_NO_UNDO: Final = (
    "If the goods did not leave, ask TikTok's seller support; otherwise record the shipment again."
)

TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "TRACKING_MISSING": (
        "Order {order} was fulfilled in Saleor without a tracking number, which TikTok wants for "
        "what the seller ships.",
        "Add the tracking number to the fulfillment in Saleor: TikTok is then told by itself.",
    ),
    "CARRIER_UNKNOWN": (
        "Which of TikTok's carriers ships order {order} cannot be told: {why}. TikTok knows: "
        "{choices}.",
        "Put the carrier's name into the fulfillment's metadata key carrier, link the name to one "
        "of these carriers, or set a default carrier in the settings. Then retry.",
    ),
    "LABEL_NEEDS_PURCHASE": (
        "Order {order} ships with a label that has to be bought from TikTok first.",
        "Buy the label in TikTok Seller Center: carrier and tracking number then come to Saleor "
        "by themselves.",
    ),
    "PACKAGE_MISSING": (
        "TikTok has not made a package for order {order} yet.",
        "Nothing: as soon as TikTok makes it, the shipment is told. If it stays, look at the order "
        "in TikTok Seller Center.",
    ),
    "SHIPPED_BY_MARKETPLACE": (
        "Order {order} is shipped from TikTok's own warehouse, so the fulfillment made in Saleor "
        "cannot be told to TikTok.",
        "Cancel the fulfillment in Saleor: TikTok's shipment is recorded as soon as it leaves.",
    ),
    "CANCEL_REQUEST_OPEN": (
        "The buyer asked to cancel order {order}, and TikTok waits for the answer before anything "
        "else can be done.",
        "Accept or reject the request: the rest then happens by itself.",
    ),
    "SHIPPED_BUT_CANCELLED": (
        "Order {order} was fulfilled in Saleor, but TikTok has cancelled these items.",
        "Do not send the goods, or call them back; then cancel the fulfillment in Saleor.",
    ),
    "SHIPMENTS_DIFFER": (
        "A fulfillment of order {order} holds items that TikTok has as shipped in other packages.",
        "Cancel that fulfillment in Saleor, then retry: it is recorded as TikTok shows it.",
    ),
    "SHIPMENT_CANNOT_BE_UNDONE": (
        "A fulfillment of order {order} was cancelled in Saleor after TikTok had been told that it "
        "left (package {package}).",
        _NO_UNDO,
    ),
    "SEVERAL_PACKAGES": (
        "A fulfillment of order {order} holds items that TikTok has in {number} packages, each of "
        "which needs a tracking number of its own.",
        "Cancel the fulfillment in Saleor and make one for each package.",
    ),
    "PARCEL_NOT_COMBINABLE": (
        "Order {order} has the tracking number of another order ({others}), but TikTok cannot send "
        "both in one package: {why}.",
        "Give each order a tracking number of its own in Saleor, or combine them in TikTok Seller "
        "Center; then retry.",
    ),
    "SPLIT_REFUSED": (
        "TikTok does not let order {order} leave in several packages: {why}.",
        "Cancel the fulfillments in Saleor and ship all open items in one, or ask the buyer's "
        "agreement to cancel what cannot be shipped.",
    ),
    "SPLIT_BY_SKU_ONLY": (
        "In this market TikTok splits orders only by whole SKU, but a fulfillment of order {order} "
        "holds a part of the pieces of {skus}.",
        "Cancel the fulfillment in Saleor and ship all pieces of a SKU together.",
    ),
    "MUST_SPLIT": (
        "TikTok wants order {order} to leave in several packages: {why}.",
        "Cancel the fulfillment in Saleor and make one for each package.",
    ),
    "TRACKING_FINAL": (
        "The tracking number of a package of order {order} was changed in Saleor, but TikTok no "
        "longer takes it: {why}.",
        "Put the number back in Saleor, or ask TikTok's seller support to change it.",
    ),
    "CANCEL_TOO_LATE": (
        "Order {order}, or a part of it, was to be cancelled, but {shipped} of its items had left "
        "already: TikTok does not cancel those any more.",
        "Refund the buyer on the order's TikTok transaction, or wait until the goods come back. If "
        "they were cancelled in Saleor, its stock still counts them: correct it until they are "
        "back.",
    ),
    "CANCEL_PART_REFUSED": (
        "{units} items of order {order} were taken out in Saleor, but TikTok cancels parts of an "
        "order only in some markets, and only because they are out of stock.",
        "Ship them all the same, or cancel the whole order; after delivery a part can be refunded.",
    ),
    "CANCEL_REASON_MISSING": (
        "Order {order} cannot be cancelled at TikTok for the reason {reason}.",
        "Choose another cancel reason in the settings, then retry.",
    ),
}


def problem(code: str, *, waits_for: tuple[str, ...] = (), **params: object) -> Problem:
    """The problem ``code`` with its words filled in; ``KeyError`` for a code not in the table."""
    cause, cure = TEXTS[code]
    facts = {name: str(value) for name, value in params.items()}
    return Problem(
        code=code,
        stage=STAGE,
        cause=cause.format(**facts),
        cure=cure.format(**facts),
        params=facts,
        waits_for=waits_for,
    )


def parked(code: str, *, waits_for: tuple[str, ...] = (), **params: object) -> Parked:
    """The same as an error to raise."""
    return Parked(problem(code, waits_for=waits_for, **params))
