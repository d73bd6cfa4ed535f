"""Saleor's own scalars, for the schema that both share."""

from __future__ import annotations

from saleor.graphql.core.scalars import Date, DateTime
from saleor.graphql.core.types.upload import Upload

__all__ = ["Date", "DateTime", "Upload"]
