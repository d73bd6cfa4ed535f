"""Why a case could not be answered, or a refund not be asked for: in the merchant's words, in one
place. A row of ``TEXTS`` is code -> (stage, cause, cure), filled from ``params``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ...errors import Problem
from ...models import AfterSalesCase
from .words import state_words

TEXTS: Final[Mapping[str, tuple[str, str, str]]] = {
    "CASE_MOVED_ON": (
        "case",
        "Case {case} {state}. The answer was not sent.",
        "Nothing, unless it asks for an answer again.",
    ),
    "CASE_CAME_TO_NOTHING": (
        "case",
        "Case {case} {state}: no money goes back to the buyer.",
        "Look at the case in TikTok Seller Center before you ask for the refund again.",
    ),
    "CASE_GONE": (
        "case",
        "TikTok does not list case {case} any more. The answer was not sent.",
        "Look at the order in TikTok Seller Center.",
    ),
    "ANSWER_ON_ITS_WAY": (
        "refund",
        "The buyer's request {case} is being answered already.",
        "Wait for what comes of it.",
    ),
    "PLATFORM_DISCOUNT": (
        "refund",
        "This is the discount that TikTok paid for, not the buyer's money.",
        "Refund the buyer's own payment: TikTok takes its share back by itself.",
    ),
    "REFUND_ABOVE_LEFT": (
        "refund",
        "{amount} is more than the {left} of this order that can still be given back.",
        "Ask for at most {left}.",
    ),
    "NOTHING_LEFT_OF_LINES": (
        "refund",
        "Fewer pieces of order {order} are left than were to be refunded: the rest was cancelled "
        "or given back meanwhile.",
        "Look at what was given back already, and ask for what is left.",
    ),
    "NOT_COLLECTED_YET": (
        "refund",
        "The buyer pays order {order} on delivery and has paid nothing yet.",
        "Cancel the order instead.",
    ),
    "ORDER_COMPLETED": (
        "refund",
        "Order {order} is completed at TikTok: it gives no money back any more.",
        "Pay the buyer back outside TikTok, or ask TikTok's seller support.",
    ),
    "ORDER_CANCELLED": (
        "refund",
        "Order {order} is cancelled at TikTok.",
        "Wait: TikTok pays the buyer back by itself, and Saleor follows.",
    ),
    "CASE_OPEN": (
        "refund",
        "The buyer has a request open for {asked} (case {case}), which {state}.",
        "Answer that request, or ask for exactly its amount.",
    ),
    "WHOLE_ORDER_ONLY": (
        "refund",
        "Nothing of order {order} has left yet: TikTok gives back all of it ({left}) by cancelling "
        "it, or single items by their refund after delivery.",
        "Refund {left} to cancel the order, or ship it first.",
    ),
    "ITEMS_NOT_NAMED": (
        "refund",
        "{amount} is not what TikTok gives back for certain items of order {order} before they "
        "leave.",
        "Grant a refund that names the items to cancel ({prices}), or refund {left} to cancel the "
        "order.",
    ),
    "SHIPPED_AND_OPEN_ITEMS": (
        "refund",
        "Some items of order {order} have left and some have not.",
        "Grant one refund for items that left, and another for those that have not.",
    ),
    "NOT_ELIGIBLE": (
        "refund",
        "TikTok does not let this order be refunded now: {reason}",
        "Wait for the next state of the order, or refund it in TikTok Seller Center.",
    ),
    "NO_RETURN_REASON": (
        "refund",
        "TikTok's market {region} has no reason that fits this refund.",
        "Refund the order in TikTok Seller Center.",
    ),
    "SHOP_NOT_CONNECTED": (
        "refund",
        "The TikTok shop of this channel is not connected, so nothing was sent.",
        "Connect the shop again, then refund.",
    ),
    "SHOP_NOT_REACHED": (
        "refund",
        "TikTok could not be reached in time, so nothing was sent.",
        "Try again later.",
    ),
}


def problem(code: str, **params: object) -> Problem:
    """The problem ``code`` with its words filled in; ``KeyError`` for a code not in the table."""
    stage, cause, cure = TEXTS[code]
    facts = {name: str(value) for name, value in params.items()}
    return Problem(code, stage, cause.format(**facts), cure.format(**facts), facts)


def moved_on(case: AfterSalesCase) -> Problem:
    """The marketplace, or the buyer, was faster."""
    return problem("CASE_MOVED_ON", case=case.case_id, state=state_words(case))


def came_to_nothing(case: AfterSalesCase) -> Problem:
    """What was opened or accepted ended without a refund."""
    return problem("CASE_CAME_TO_NOTHING", case=case.case_id, state=state_words(case))
