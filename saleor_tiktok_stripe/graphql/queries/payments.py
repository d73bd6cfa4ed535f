"""Payments with Stripe."""

from __future__ import annotations

from typing import Any

import graphene

from ...access import MONEY
from ...models import Vendor
from ...models.paging import Page
from ...payments.listing import TransactionLine, transaction, transactions
from ..core.fields import RuledField, or_none
from ..core.ids import key_of
from ..core.pages import page_field
from ..core.shop import Shop
from ..types.payments import TiktokStripeTransaction, TiktokStripeTransactionState


class TiktokStripeTransactionFilter(graphene.InputObjectType):
    """Which payments; what is left out does not filter."""

    state = TiktokStripeTransactionState(description="Where they stand.")
    problem = graphene.Boolean(description="Whether something of them waits for somebody.")
    search = graphene.String(
        description="Stripe's id (pi_…), Saleor's id of the transaction or the order, or the "
        "order's number."
    )


def _listed(shop: Shop, **terms: Any) -> Page[TransactionLine]:
    return transactions(shop.of_vendor(Vendor.STRIPE), **terms)


def _one(
    shop: Shop,
    id: str | None = None,
    payment_id: str | None = None,  # noqa: A002
) -> TransactionLine | None:
    name = key_of("TiktokStripeTransaction", id) if id else payment_id or ""
    return or_none(transaction, shop.of_vendor(Vendor.STRIPE), name)


class PaymentQueries(graphene.ObjectType):
    """Of the namespace."""

    transactions = page_field(
        TiktokStripeTransaction,
        rule=MONEY,
        listed=_listed,
        wanted=TiktokStripeTransactionFilter,
        description="Payments with Stripe, the newest first.",
    )
    transaction = RuledField(
        TiktokStripeTransaction,
        rule=MONEY,
        resolve=_one,
        id=graphene.ID(description="Its id."),
        payment_id=graphene.String(description="In place of it: Stripe's id of it (pi_…)."),
        description="One payment with its captures, refunds and disputes.",
    )
