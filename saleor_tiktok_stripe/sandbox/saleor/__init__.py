"""A sandbox Saleor: the slice of its GraphQL API that ``saleor_api/operations`` uses, over HTTP.

It keeps state in memory and shows what Saleor 3.20-3.24 was observed to do, defects included.
"""

from .program import read_catalog, run
from .server import ADMIN_EMAIL, ADMIN_PASSWORD, SaleorSandbox
from .state import Product, State

__all__ = [
    "ADMIN_EMAIL",
    "ADMIN_PASSWORD",
    "Product",
    "SaleorSandbox",
    "State",
    "read_catalog",
    "run",
]
