"""What buyers ask for at TikTok and what banks ask of Stripe: one queue by deadline, and the page
where a case is answered."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Final

from django.http import HttpResponse

from .... import access, aftersales
from ....aftersales import QueueItem
from ....aftersales.cases.actions import CaseAction, Name
from ....aftersales.cases.answering import COMMENT_LENGTH
from ....aftersales.listing import find_case
from ....aftersales.queue import item_of
from ....errors import ChannelError, InvalidInput
from ....models import AfterSalesCase, MarketplaceRequest
from ....tiktok.aftersales_types import RejectReason
from .. import amounts, entries, terms
from ..entries import KEY
from ..parts import (
    Attention,
    Badge,
    Choice,
    Code,
    Column,
    Fact,
    Form,
    Input,
    Lines,
    Link,
    Money,
    Table,
    table,
)
from ..visits import Visit

log = logging.getLogger("saleor_tiktok_stripe.web")

_BUTTONS: Final = {
    Name.ACCEPT: "Accept",
    Name.ACCEPT_KEEPS: "Accept, the buyer keeps the goods",
    Name.REFUND: "Refund instead",
    Name.OFFER: "Offer a part",
    Name.REJECT: "Reject",
}
_FINAL: Final = "TikTok is told at once. It cannot be taken back."


def show_queue(visit: Visit) -> HttpResponse:
    """What waits, the nearest deadline first; with ``?list=all`` also what is over."""
    everything = visit.query("list") == "all"
    page = aftersales.queue(visit.connections, open_only=not everything, after=visit.query("after"))
    rows = [
        (
            Lines(
                (
                    Link(terms.words(terms.CASE_KIND, one.kind), _url(visit, one)),
                    f"Order #{one.order_number}" if one.order_number else Code(one.id),
                )
            ),
            Lines((_asks(one), _reason(one))),
            terms.badge(terms.CASE if one.source == "case" else terms.DISPUTE, one.state),
            Lines((terms.left(one.due_by), one.due_by)) if _waits(one) else None,
            Money(one.amount, one.currency) if one.currency else None,
        )
        for one in page.items
    ]
    columns = ("Request", "What is asked", "State", "Deadline", Column("Amount", number=True))
    tabs = (("", "Waits for you"), ("all", "All"))
    kept = "all" if everything else ""
    return visit.show(
        "cases.html",
        tabs=[(Link(label, visit.url(query={"list": one})), one == kept) for one, label in tabs],
        name="All requests and disputes" if everything else "Waits for your answer",
        table=table(
            "Requests and disputes, the nearest deadline first",
            columns,
            rows,
            empty="Nothing waits for your answer."
            if not everything
            else "No buyer has asked for anything yet.",
        ),
        pager=visit.pager(page.after, list=kept),
    )


def show(visit: Visit) -> HttpResponse:
    """One case, with every answer that is possible."""
    case = _case(visit)
    item = item_of(case)
    may = visit.may(access.CASE_ANSWERS)
    reasons, unknown = _reasons(case, item) if may else ((), "")
    return visit.show(
        "case.html",
        f"{terms.words(terms.CASE_KIND, case.kind)} {case.case_id}",
        item=item,
        badges=(terms.badge(terms.CASE, case.state), *_left(item)),
        facts=list(_facts(visit, case, item)),
        units=_units(case),
        answers=[(one, _form(visit, case, one, reasons)) for one in item.actions] if may else [],
        closed=[one for one in item.actions if one.refusal][:1],
        unknown=unknown,
        may=may,
        missing=access.CASE_ANSWERS.words,
        sent=_sent(case),
    )


def accept(visit: Visit) -> HttpResponse:
    """Say yes, in one of the ways that there are."""
    how = visit.entered("how") or Name.ACCEPT.value
    if how not in (Name.ACCEPT, Name.ACCEPT_KEEPS, Name.REFUND):
        raise InvalidInput("CASE_ACTION_UNFIT", "This case cannot be answered like this.")
    aftersales.accept(
        _case(visit),
        actor=visit.actor,
        request_key=entries.sent_key(visit),
        buyer_keeps=how == Name.ACCEPT_KEEPS,
        instead_of_replacement=how == Name.REFUND,
    )
    return visit.go(visit.url(), "Accepted. TikTok is told now.")


def reject(visit: Visit) -> HttpResponse:
    """Say no, with one of TikTok's reasons."""
    aftersales.reject(
        _case(visit),
        visit.entered("reason"),
        comment=visit.entered("comment"),
        actor=visit.actor,
        request_key=entries.sent_key(visit),
    )
    return visit.go(visit.url(), "Rejected. TikTok is told now.")


def offer(visit: Visit) -> HttpResponse:
    """Offer a part of the money."""
    amount = entries.amount(visit)
    if amount is None:
        raise InvalidInput("CASE_OFFER_AMOUNT", "Say how much you offer.", field="amount")
    case = _case(visit)
    aftersales.offer(case, amount, actor=visit.actor, request_key=entries.sent_key(visit))
    return visit.go(
        visit.url(),
        f"{amounts.words(amount, case.currency)} offered. The buyer is asked by TikTok.",
    )


def _case(visit: Visit) -> AfterSalesCase:
    return find_case(visit.connections, visit.arguments["id"])


def _url(visit: Visit, one: QueueItem) -> str:
    return visit.url("case" if one.source == "case" else "dispute", id=one.id)


def _asks(one: QueueItem) -> str:
    """Of a dispute, its state and reason have words of their own."""
    if one.source == "case":
        return one.asks
    return "The buyer's bank questions the payment"


def _left(item: QueueItem) -> tuple[Badge, ...]:
    left = terms.left(item.due_by)
    return () if left is None else (left,)


def _reason(one: QueueItem) -> str:
    return one.reason if one.source == "case" else terms.words(terms.REASON, one.reason)


def _waits(one: QueueItem) -> bool:
    return one.due_by is not None and bool(one.actions)


def _facts(visit: Visit, case: AfterSalesCase, item: QueueItem) -> Iterator[Fact]:
    yield Fact("What is asked" if item.actions else "Where it stands", item.asks)
    yield Fact("Reason", item.reason)
    if case.currency:
        yield Fact("The buyer would get", Money(case.amount, case.currency))
        if case.shipping_amount:
            yield Fact("Of it, shipping", Money(case.shipping_amount, case.currency))
        if case.tax_amount:
            yield Fact("Of it, tax", Money(case.tax_amount, case.currency))
    if case.offer is not None:
        yield Fact("Offered instead", Money(case.offer, case.currency))
    if item.due_by is not None:
        yield Fact(terms.answer_by(item.due_by), item.due_by)
    if item.otherwise:
        yield Fact("If nobody answers", item.otherwise)
    number = f"#{case.order_number}" if case.order_number else case.order_id
    yield Fact("Order", Link(number, visit.url("order", id=case.order_id)))
    if case.tracking_number:
        yield Fact("Sent back with", f"{case.carrier} {case.tracking_number}".strip())
    if case.buyer_keeps_item:
        yield Fact("Goods", "The buyer keeps them")
    yield Fact("Opened", case.opened_at)
    yield Fact("At TikTok", (terms.readable(case.raw_state.lower()), Code(case.case_id)))


def _units(case: AfterSalesCase) -> Table | None:
    rows = [
        (Code(unit), Money(entries.kept(amount), case.currency))
        for unit, amount in case.units.items()
    ]
    columns = ("Item at TikTok", Column("Goes back for it", number=True))
    return table("Items that it is about", columns, rows) if rows else None


def _reasons(case: AfterSalesCase, item: QueueItem) -> tuple[tuple[RejectReason, ...], str]:
    """TikTok's reasons for a rejection, and why they are not known where they are not."""
    if not any(one.name == Name.REJECT and one.allowed for one in item.actions):
        return (), ""
    try:
        return aftersales.reject_reasons(case), ""
    except ChannelError as error:
        log.info("reasons to reject %s: %s", case.case_id, error.code)
        return (), "TikTok cannot be asked for its reasons now. Load this page again in a minute."


def _form(
    visit: Visit, case: AfterSalesCase, one: object, reasons: tuple[RejectReason, ...]
) -> Form | None:
    if not isinstance(one, CaseAction) or not one.allowed:
        return None
    hidden = {KEY: entries.form_key(visit)}
    label = _BUTTONS[one.name]
    if one.name == Name.OFFER:
        return _offer_form(case, label, hidden)
    if one.name == Name.REJECT:
        return _reject_form(label, hidden, reasons) if reasons else None
    return Form(
        "accept",
        "Yes, do it",
        name=f"answer-{one.name.value}",
        tone="primary",
        hidden={**hidden, "how": one.name.value},
        summary=f"{label}…",
        confirm=f"{one.does} {_FINAL}",
    )


def _offer_form(case: AfterSalesCase, label: str, hidden: dict[str, str]) -> Form:
    most = f"More than nothing, and less than {amounts.plain(case.amount, case.currency)}."
    amount = Input(
        "amount",
        f"Amount in {case.currency}",
        help=most,
        required=True,
        inputmode="decimal",
    )
    return Form(
        "offer", "Offer it", (amount,), name="answer-offer", hidden=hidden, summary=f"{label}…",
        confirm=_FINAL,
    )  # fmt: skip


def _reject_form(label: str, hidden: dict[str, str], reasons: tuple[RejectReason, ...]) -> Form:
    choices = tuple(Choice(one.key, one.text) for one in reasons)
    inputs = (
        Input("reason", "Reason", "radio", "From TikTok's list.", choices=choices, required=True),
        Input(
            "comment",
            "Comment",
            "textarea",
            f"The buyer may read it. At most {COMMENT_LENGTH} characters.",
            rows=3,
        ),
    )
    return Form(
        "reject", "Reject it", inputs, name="answer-reject", tone="danger", hidden=hidden,
        summary=f"{label}…", confirm=_FINAL,
    )  # fmt: skip


def _sent(case: AfterSalesCase) -> list[Attention]:
    """What was answered so far."""
    rows = MarketplaceRequest.objects.filter(
        connection=case.connection, kind=MarketplaceRequest.Kind.ANSWER, subject=case.case_id
    )
    return [_told(row) for row in rows.order_by("created_at", "pk")]


def _told(row: MarketplaceRequest) -> Attention:
    state = terms.badge(terms.REQUEST, row.state)
    problem = row.problem or {}
    what = _BUTTONS.get(row.body.get("action", ""), terms.readable(row.body.get("action", "")))
    amount = f"{amounts.words(row.amount, row.currency)}. " if row.amount and row.currency else ""
    return Attention(
        state.tone,
        f"{what}: {state.text.lower()}",
        f"{amount}By {terms.person(row.actor) or 'somebody'}. {problem.get('cause', '')}".strip(),
        str(problem.get("cure", "")),
    )
