"""Ask the API as somebody, without a server: the schema with the context that its address makes."""

from __future__ import annotations

from typing import Any

from graphql import parse, validate
from graphql.execution import execute

from saleor_tiktok_stripe.graphql.core.asking import Asking, Context
from saleor_tiktok_stripe.graphql.core.errors import formatted
from saleor_tiktok_stripe.graphql.schema import schema
from saleor_tiktok_stripe.saleor_api.requestors import ANONYMOUS, Requestor

EVERY = frozenset(
    {"MANAGE_ORDERS", "MANAGE_PLUGINS", "MANAGE_PRODUCTS", "HANDLE_PAYMENTS", "MANAGE_USERS"}
)
STAFF = Requestor("staff", "VXNlcjox", "admin@example.com", EVERY)


def ask(
    query: str, who: Requestor = STAFF, channel: str = "tiktok-us", **variables: Any
) -> dict[str, Any]:
    """``data`` and ``errors`` of one request."""
    document = parse(query)
    wrong = validate(schema(), document)
    assert wrong == [], wrong
    context = Context(Asking(who, channel, ip="192.0.2.1"))
    result = execute(schema(), document, context_value=context, variable_values=variables)
    return {"data": result.data, "errors": [formatted(one) for one in result.errors or ()]}


__all__ = ["ANONYMOUS", "EVERY", "STAFF", "ask"]
