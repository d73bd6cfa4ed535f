"""Answering a case: checked, written down, sent by the job ``case.answer``."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from django.db import IntegrityError, transaction

from ... import accounts, jobs
from ...accounts import audit
from ...errors import InvalidInput
from ...jobs import clock
from ...models import AfterSalesCase, MarketplaceRequest
from ...tiktok.aftersales_types import RejectReason
from ...tiktok.regions import decimals
from ..request_keys import fitting
from ..words import money
from .actions import CaseAction, Name, hindrance, possible_actions
from .deadlines import answering
from .rows import is_return

ANSWER: Final = "case.answer"
COMMENT_LENGTH: Final = 200


def actions(case: AfterSalesCase) -> tuple[CaseAction, ...]:
    """What can be done about ``case`` now, each with the reason where it cannot."""
    on_its_way = bool(answering([case.connection], [case.case_id]))
    return possible_actions(case, now=clock.now(), answering=on_its_way)


def reject_reasons(case: AfterSalesCase) -> tuple[RejectReason, ...]:
    """The reasons with which the marketplace lets ``case`` be rejected now; it is asked. Raises
    what the marketplace's client raises."""
    locale = accounts.policy(case.connection).language_code
    return accounts.client(case.connection).reject_reasons(case.case_id, locale)


def accept(
    case: AfterSalesCase,
    *,
    actor: str,
    request_key: str = "",
    buyer_keeps: bool = False,
    instead_of_replacement: bool = False,
    dry_run: bool = False,
) -> MarketplaceRequest:
    """Say yes to what the buyer asks (or that the returned parcel is in order).

    ``buyer_keeps``: a return is paid back without the goods. ``instead_of_replacement``: the money
    goes back instead of other goods. The row that will be sent; the same ``request_key`` again
    gives the same row. ``dry_run``: the checks only, the row is not saved. Raises ``InvalidInput``
    in the merchant's words (``CASE_*``, ``REQUEST_KEY_*``).
    """
    name = Name.ACCEPT
    if buyer_keeps:
        name = Name.ACCEPT_KEEPS
    elif instead_of_replacement:
        name = Name.REFUND
    asked = _asked(case, name, actor, request_key, amount=case.amount)
    return _write_down(case, name, asked, dry_run=dry_run)


def reject(
    case: AfterSalesCase,
    reason: str,
    *,
    comment: str = "",
    actor: str,
    request_key: str = "",
    dry_run: bool = False,
) -> MarketplaceRequest:
    """Say no, with the key of one of ``reject_reasons``; otherwise as ``accept``."""
    if not reason:
        raise InvalidInput(
            "CASE_REASON_REQUIRED", "Choose one of TikTok's reasons.", field="reason"
        )
    asked = _asked(case, Name.REJECT, actor, request_key, reason=reason, comment=comment)
    return _write_down(case, Name.REJECT, asked, dry_run=dry_run)


def offer(
    case: AfterSalesCase,
    amount: Decimal,
    *,
    actor: str,
    request_key: str = "",
    dry_run: bool = False,
) -> MarketplaceRequest:
    """Offer the buyer a part of the money instead of all of it; otherwise as ``accept``."""
    if amount <= 0 or amount >= case.amount:
        raise InvalidInput(
            "CASE_OFFER_AMOUNT",
            f"Offer more than nothing and less than {money(case.amount, case.currency)}; to give "
            "all of it back, accept the request.",
            field="amount",
        )
    if amount != amount.quantize(Decimal(1).scaleb(-decimals(case.currency))):
        raise InvalidInput(
            "CASE_OFFER_AMOUNT", f"{case.currency} has no such fraction.", field="amount"
        )
    asked = _asked(case, Name.OFFER, actor, request_key, amount=amount, offer=format(amount, "f"))
    return _write_down(case, Name.OFFER, asked, dry_run=dry_run)


def _asked(
    case: AfterSalesCase,
    name: Name,
    actor: str,
    request_key: str,
    *,
    amount: Decimal | None = None,
    **body: Any,
) -> MarketplaceRequest:
    if "comment" in body:
        body["comment"] = str(body["comment"])[:COMMENT_LENGTH]
    return MarketplaceRequest(
        connection=case.connection,
        kind=MarketplaceRequest.Kind.ANSWER,
        order_id=case.order_id,
        subject=case.case_id,
        body={
            "action": name.value,
            "awaited": case.awaited,
            **({} if is_return(case) else {"cancellation": True}),
            **body,
        },
        amount=amount,
        currency=case.currency,
        actor=actor,
        request_key=fitting(request_key),
    )


def _write_down(
    case: AfterSalesCase, name: Name, asked: MarketplaceRequest, *, dry_run: bool
) -> MarketplaceRequest:
    with transaction.atomic():
        locked = AfterSalesCase.objects.select_for_update(no_key=True).get(pk=case.pk)
        earlier = _earlier(asked)
        if earlier is not None:
            return earlier
        _check(locked, name)
        if dry_run:
            return asked
        save(asked)
        audit.record(
            f"case.{name.value}",
            asked.connection,
            asked.actor,
            subject=case.case_id,
            data={"order": case.order_id, **_told(asked)},
        )
    return asked


def save(asked: MarketplaceRequest) -> None:
    """Keep it and have it sent, in the caller's transaction. Raises ``InvalidInput``
    (``CASE_ANSWERED``) when another answer is on its way."""
    try:
        with transaction.atomic():
            asked.save()
    except IntegrityError:
        message = "It is answered already; TikTok's confirmation is awaited."
        raise InvalidInput("CASE_ANSWERED", message) from None
    jobs.enqueue(ANSWER, asked.connection, asked.subject, lane=jobs.LANE_CLICK)


def _told(asked: MarketplaceRequest) -> dict[str, str]:
    reason = str(asked.body.get("reason", ""))
    shown = {"reason": reason} if reason else {}
    if asked.amount is not None and asked.currency:
        shown["amount"] = money(asked.amount, asked.currency)
    return shown


def _earlier(asked: MarketplaceRequest) -> MarketplaceRequest | None:
    """The row of the same key; one of another answer is refused."""
    if not asked.request_key:
        return None
    rows = MarketplaceRequest.objects.filter(
        connection=asked.connection, request_key=asked.request_key
    )
    found = rows.first()
    if found is None:
        return None
    same = (found.kind, found.subject, found.amount, found.body.get("action"))
    if same != (asked.kind, asked.subject, asked.amount, asked.body["action"]):
        raise InvalidInput(
            "REQUEST_KEY_REUSED",
            "This key was used before, for something else. Use a new key.",
            field="idempotency_key",
        )
    return found


def _check(case: AfterSalesCase, name: Name) -> None:
    now = clock.now()
    on_its_way = bool(answering([case.connection], [case.case_id]))
    code, refusal = hindrance(case, now, answering=on_its_way)
    if refusal:
        raise InvalidInput(code, refusal)
    if name not in {one.name for one in possible_actions(case, now=now)}:
        raise InvalidInput(
            "CASE_ACTION_UNFIT", f"This case cannot be answered with {name.value!r}."
        )
