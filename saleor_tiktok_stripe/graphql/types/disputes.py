"""Disputes, and answers to them."""

from __future__ import annotations

from typing import Any

import graphene

from ...aftersales.evidence import FILE_FIELDS, TEXT_FIELDS, Advice, advice
from ...aftersales.queue import of_dispute
from ...aftersales.words import dispute_words
from ...jobs import clock
from ...models import Dispute, DisputeEvidence, EvidenceFile
from ..core.enums import enum
from ..core.ids import global_id
from ..core.scalars import DateTime
from .common import Money, TiktokStripeMoney, money, of, text

TiktokStripeDisputeState = enum(
    "TiktokStripeDisputeState",
    "Where a dispute stands.",
    {
        "inquiry_needs_response": "The bank asks; no money moved. It waits for an answer.",
        "inquiry_under_review": "The bank looks at the answer to its inquiry.",
        "inquiry_closed": "The inquiry is over; no money moved.",
        "needs_response": "The bank took the money back. It waits for an answer.",
        "under_review": "The bank looks at the answer.",
        "won": "The bank gave the money back to the merchant.",
        "lost": "The buyer keeps the money.",
        "prevented": "It was settled before it began.",
        "appeal_needs_response": "It may be appealed.",
        "appeal_under_review": "The bank looks at the appeal.",
        "unknown": "Stripe names a state that this version does not know.",
    },
)
TiktokStripeEvidenceState = enum(
    "TiktokStripeEvidenceState",
    "How far an answer is.",
    {
        "draft": "A draft, only here.",
        "staged": "A draft, kept at Stripe too; the bank sees nothing.",
        "submitting": "It is being sent.",
        "in_doubt": "It was sent, and Stripe's answer was not seen: it is being looked up.",
        "submitted": "The bank has it.",
        "accepting": "The dispute is being accepted.",
        "accepted": "The dispute was accepted: the buyer keeps the money.",
    },
)
TiktokStripeActionName = enum(
    "TiktokStripeActionName",
    "What can be done about something that waits for an answer.",
    {
        "accept": "Say yes.",
        "accept_buyer_keeps": "Say yes, and let the buyer keep the goods.",
        "refund": "Give the money back instead of a replacement.",
        "offer": "Offer a part of the money.",
        "reject": "Say no.",
        "answer": "Send evidence to the buyer's bank.",
    },
)


class TiktokStripeAction(graphene.ObjectType):
    """Something that can be done, or cannot, and why not."""

    name = graphene.Field(TiktokStripeActionName, required=True, description="What.")
    does = text("What it does.")
    allowed = graphene.Boolean(required=True, description="Whether it can be done now.")
    refusal = text("Why it cannot be done; empty where it can.")
    code = text("The stable code of that.")

    @staticmethod
    def resolve_name(action: Any, info: Any) -> str:
        return str(action.name)


class TiktokStripeEvidenceFile(graphene.ObjectType):
    """A file of an answer."""

    filename = text("Its name.")
    content_type = text("What it is by its content.")
    size = graphene.Int(required=True, description="Bytes.")
    pages = graphene.Int(required=True, description="Pages; 1 for a picture.")
    generated = graphene.Boolean(
        required=True, description="Whether this plugin made it from the order."
    )
    uploaded_by = text("Who put it there.")


class TiktokStripeEvidenceField(graphene.ObjectType):
    """A field of an answer, by Stripe's name of it."""

    field = text("Stripe's name of it: what `tiktokStripeDisputeEvidenceUpdate` takes.")
    takes_file = graphene.Boolean(required=True, description="A file, else a text.")
    wanted = graphene.Boolean(
        required=True, description="Whether it helps in a dispute of this reason."
    )
    words = text("What should be in it, where it helps.")
    filled = graphene.Boolean(required=True, description="Whether there is something in it.")
    text = graphene.String(
        description="What is in it. Texts about the buyer (name, e-mail, addresses, IP, logins) "
        "are not shown."
    )
    file = graphene.Field(TiktokStripeEvidenceFile, description="The file in it.")


ABOUT_BUYER = frozenset(
    {
        "access_activity_log",
        "billing_address",
        "customer_email_address",
        "customer_name",
        "customer_purchase_ip",
        "shipping_address",
    }
)
"""Texts that name the buyer: they are sent, and not shown by the API."""


class TiktokStripeEvidence(graphene.ObjectType):
    """An answer to a dispute: a draft that is edited, then sent once."""

    state = graphene.Field(TiktokStripeEvidenceState, required=True, description="How far it is.")
    version = graphene.Int(
        required=True, description="Grows with each edit: an edit names the version it saw."
    )
    edited_by = text("Who edited it last.")
    submitted_by = text("Who sent it.")
    submitted_at = DateTime(description="When it was sent.")
    message = text("What came of it, where there is something to say.")
    sent_fields = of(graphene.String, "Names of the fields that were sent to the bank.")

    @staticmethod
    def resolve_sent_fields(held: DisputeEvidence, info: Any) -> list[str]:
        return sorted(held.sent)


class TiktokStripeDispute(graphene.ObjectType):
    """A buyer's bank questions a payment with Stripe."""

    id = graphene.ID(required=True, description="Its id.")
    dispute_id = text("Stripe's id of it (du_…).")
    payment_id = text("Stripe's id of the payment (pi_…).")
    order_id = text("Saleor's id of the order.")
    order_number = text("Saleor's number of the order.")
    state = graphene.Field(TiktokStripeDisputeState, required=True, description="Where it stands.")
    words = text("Where it stands, and what is needed until when.")
    reason = text("Why, in Stripe's words, such as `product_not_received`.")
    network_reason_code = text("Why, as the card network codes it.")
    is_inquiry = graphene.Boolean(
        required=True, description="Whether the bank only asks, and took nothing."
    )
    amount = graphene.Field(TiktokStripeMoney, required=True, description="What is disputed.")
    withdrawn = graphene.Field(
        TiktokStripeMoney, description="What was taken from the balance, in its currency."
    )
    reinstated = graphene.Field(TiktokStripeMoney, description="What came back of it.")
    fee = graphene.Field(TiktokStripeMoney, description="Stripe's fee for it.")
    due_by = DateTime(description="Until when it can be answered.")
    has_evidence = graphene.Boolean(
        required=True, description="Whether Stripe has evidence, sent or staged."
    )
    auto_submits = graphene.Boolean(
        required=True, description="Whether Stripe answers by itself if nobody does."
    )
    submission_count = graphene.Int(required=True, description="How often it was answered.")
    livemode = graphene.Boolean(required=True, description="Whether real money is in question.")
    opened_at = DateTime(required=True, description="When it was opened.")
    closed_at = DateTime(description="When it was closed.")

    @staticmethod
    def resolve_id(row: Dispute, info: Any) -> str:
        return global_id("TiktokStripeDispute", row.dispute_id)

    @staticmethod
    def resolve_payment_id(row: Dispute, info: Any) -> str:
        return row.charge.payment_id

    @staticmethod
    def resolve_order_id(row: Dispute, info: Any) -> str:
        return row.charge.order_id

    @staticmethod
    def resolve_order_number(row: Dispute, info: Any) -> str:
        return row.charge.order_number

    @staticmethod
    def resolve_words(row: Dispute, info: Any) -> str:
        return dispute_words(row)

    @staticmethod
    def resolve_amount(row: Dispute, info: Any) -> Money:
        return Money(row.amount, row.currency)

    @staticmethod
    def resolve_withdrawn(row: Dispute, info: Any) -> Money | None:
        return money(row.withdrawn, row.settlement_currency)

    @staticmethod
    def resolve_reinstated(row: Dispute, info: Any) -> Money | None:
        return money(row.reinstated, row.settlement_currency)

    @staticmethod
    def resolve_fee(row: Dispute, info: Any) -> Money | None:
        return money(row.fee, row.settlement_currency)


class DetailsOfDispute:
    """A dispute with its answer, and what belongs into that."""

    def __init__(self, dispute: Dispute) -> None:
        self.dispute = dispute
        self.evidence: DisputeEvidence | None = getattr(dispute, "evidence", None)
        self._advice: Advice = advice(dispute.reason)
        self.decides, self.instead = self._advice.decides, self._advice.instead
        self.answerable = self._advice.answerable
        item = of_dispute(dispute, now=clock.now())
        self.actions, self.otherwise, self.hours_left = (
            item.actions,
            item.otherwise,
            item.hours_left,
        )
        files = {} if self.evidence is None else _files(self.evidence)
        texts = {} if self.evidence is None else self.evidence.fields
        wanted = {one.field: one.what for one in self._advice.wanted}
        others = sorted((TEXT_FIELDS | FILE_FIELDS) - set(wanted))
        self.fields = [
            _field(name, wanted.get(name, ""), texts.get(name, ""), files.get(name))
            for name in (*wanted, *others)
        ]


def _files(held: DisputeEvidence) -> dict[str, EvidenceFile]:
    return {one.field: one for one in held.files.defer("content")}


def _field(name: str, words: str, held: str, file: EvidenceFile | None) -> dict[str, Any]:
    return {
        "field": name,
        "takes_file": name in FILE_FIELDS,
        "wanted": bool(words),
        "words": words,
        "filled": bool(held or file),
        "text": held or None if name in TEXT_FIELDS and name not in ABOUT_BUYER else None,
        "file": file,
    }


class TiktokStripeDisputeDetails(graphene.ObjectType):
    """A dispute, its answer, and what decides it."""

    dispute = graphene.Field(TiktokStripeDispute, required=True, description="As in the list.")
    decides = text("What the bank looks for.")
    instead = text("What may be better than to answer; empty where nothing is.")
    answerable = graphene.Boolean(
        required=True, description="False: usually lost, or not open to an answer."
    )
    otherwise = text("What happens if nobody answers.")
    hours_left = graphene.Int(description="Whole hours until it is too late; negative afterwards.")
    actions = of(TiktokStripeAction, "What can be done.")
    evidence = graphene.Field(
        TiktokStripeEvidence, description="The answer; null until a draft was made."
    )
    fields = of(TiktokStripeEvidenceField, "Fields of the answer, the most telling first.")


__all__ = [
    "DetailsOfDispute",
    "TiktokStripeAction",
    "TiktokStripeDispute",
    "TiktokStripeDisputeDetails",
    "TiktokStripeDisputeState",
    "TiktokStripeEvidence",
]
