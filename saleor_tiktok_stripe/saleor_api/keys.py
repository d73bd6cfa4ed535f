"""Metadata keys under which both hosts leave our own marks on Saleor's objects."""

from __future__ import annotations

from typing import Final

PACKAGE_KEY: Final = "tiktok.package_id"
"""On a fulfillment: ``Package.key``. Makes recording a shipment idempotent."""

RETURN_KEY: Final = "tiktok.return_id"
"""On a returned fulfillment: ``GoodsReturn.key``. Makes recording a return idempotent."""

CANCELLED_KEY: Final = "tiktok.cancelled"
"""On a returned fulfillment of units that never left: Saleor has no other word for cancelled ones,
and they must not be taken for goods that came back."""

LINE_KEY: Final = "tiktok.line_key"
"""In an order line's private metadata: ``NewLine.key``, so that a second import of an order that
exists already can name its lines."""
