"""Saleor's search vector of a new order, computed by PostgreSQL inside the INSERT.

Saleor builds the same vector out of one SQL expression per word group, which costs half of a bulk
insert. Neighbouring texts of one weight are joined here; positions and lexemes come out the same
(a test compares it with ``update_order_search_vector`` on every release).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from django.conf import settings
from django.contrib.postgres.search import SearchVectorField
from django.db.models import Expression
from saleor.account.models import Address, User
from saleor.order.models import Order, OrderLine
from saleor.payment.models import TransactionEvent, TransactionItem

from ..ids import global_id
from . import versions

Weighted = tuple[str, str]


class GroupedSearchVector(Expression):
    """``setweight(to_tsvector(...), 'A') || ...`` over texts that came with their weight."""

    contains_aggregate = False
    contains_over_clause = False

    def __init__(self, texts: Iterable[Weighted]) -> None:
        super().__init__(output_field=SearchVectorField())
        clean = _without_accents if versions.searches_without_accents() else str
        self.groups = [
            (weight, " ".join(clean(text) for _, text in group))
            for weight, group in groupby(texts, key=lambda pair: pair[0])
        ]

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[str | int]]:
        """SQL with one parameter per text and weight."""
        parts = ["setweight(to_tsvector('simple'::regconfig, %s), %s)"] * len(self.groups)
        params: list[str | int] = [
            value for weight, text in self.groups for value in (text, weight)
        ]
        return f"({' || '.join(parts)})", params


def search_vector(
    order: Order,
    lines: Iterable[OrderLine],
    transactions: Iterable[tuple[TransactionItem, list[TransactionEvent]]],
    notes: Iterable[str],
) -> GroupedSearchVector:
    """Of an order that is not saved yet, with everything that hangs on it."""
    return GroupedSearchVector(_texts(order, lines, transactions, notes))


def _texts(
    order: Order,
    lines: Iterable[OrderLine],
    transactions: Iterable[tuple[TransactionItem, list[TransactionEvent]]],
    notes: Iterable[str],
) -> Iterator[Weighted]:
    more = versions.searches_more_than_names()
    yield "A", str(order.number)
    if more:
        yield "A", global_id("Order", order.pk)
    yield from _email(order.user_email)
    if order.user:
        yield from _user(order.user, order.user_email)
    if more and order.customer_note:
        yield "B", order.customer_note
    for address in (order.billing_address, order.shipping_address):
        if address:
            yield from (("B", text) for text in _address(address) if text)
    if more and order.external_reference:
        yield "B", order.external_reference
    for line in list(lines)[: settings.SEARCH_ORDERS_MAX_INDEXED_LINES]:
        texts = (line.product_sku, line.product_name, line.variant_name)
        yield from (("C", text) for text in texts if text)
    limit = settings.SEARCH_ORDERS_MAX_INDEXED_TRANSACTIONS
    for item, events in list(transactions)[:limit]:
        yield "D", global_id("TransactionItem", item.token)
        references = [item.psp_reference, *(event.psp_reference for event in events[:limit])]
        yield from (("D", text) for text in references if text)
    if more:
        for note in list(reversed(list(notes)))[: settings.SEARCH_ORDERS_MAX_INDEXED_EVENTS]:
            yield "D", note


def _email(email: str) -> Iterator[Weighted]:
    if not email:
        return
    yield "A", email
    if versions.searches_email_domain() and "@" in email:
        yield "B", email.split("@")[-1]


def _user(user: User, order_email: str) -> Iterator[Weighted]:
    if user.email and (user.email != order_email or not versions.searches_email_domain()):
        yield from _email(user.email)
    yield from (("A", text) for text in (user.first_name, user.last_name) if text)


def _address(address: Address) -> tuple[str, ...]:
    return (
        address.first_name,
        address.last_name,
        address.street_address_1,
        str(address.country.name),
        str(address.country.code),
        address.company_name,
        address.country_area,
        address.city,
        address.city_area,
        address.street_address_2,
        address.postal_code,
        address.phone.as_e164 if address.phone else "",
    )


def _without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(char for char in decomposed if not unicodedata.combining(char))
