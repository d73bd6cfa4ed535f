"""What can be asked, a file per room."""

from __future__ import annotations

from typing import Final

import graphene

from .accounts import AccountQueries
from .aftersales import AfterSalesQueries
from .catalog import CatalogQueries
from .drift import DriftQueries
from .insights import InsightQueries
from .ledger import LedgerQueries
from .orders import OrderQueries
from .payments import PaymentQueries
from .work import WorkQueries

QUERIES: Final[tuple[type[graphene.ObjectType], ...]] = (
    AccountQueries,
    OrderQueries,
    WorkQueries,
    PaymentQueries,
    AfterSalesQueries,
    LedgerQueries,
    CatalogQueries,
    DriftQueries,
    InsightQueries,
)
"""Of the namespace, in the order in which they are shown."""
