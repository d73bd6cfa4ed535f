"""Who may do what: the rule of every page, query and mutation, by Saleor's own permissions."""

from .rules import (
    CARRIER_LINKS,
    CARRIERS,
    CASE_ANSWERS,
    CASES,
    CATALOG,
    HEALTH,
    INSIGHTS,
    MONEY,
    ORDERS,
    PRIVACY,
    PUBLIC,
    SETTINGS,
    Denied,
    Rule,
    allows,
    check,
)
from .tokens import ip_of, token_of, who_asks

__all__ = [
    "CARRIERS",
    "CARRIER_LINKS",
    "CASES",
    "CASE_ANSWERS",
    "CATALOG",
    "Denied",
    "HEALTH",
    "INSIGHTS",
    "MONEY",
    "ORDERS",
    "PRIVACY",
    "PUBLIC",
    "Rule",
    "SETTINGS",
    "allows",
    "check",
    "ip_of",
    "token_of",
    "who_asks",
]
