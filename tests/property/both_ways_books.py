"""All sides compared when everything has come to rest: TikTok's own books, Saleor's as staff see
them, and our rows; units, money, stock, and that there is nothing left to be done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from saleor_tiktok_stripe.fulfilment.pushing import Pusher
from saleor_tiktok_stripe.models import (
    AfterSalesCase,
    Job,
    MarketplaceRequest,
    OrderLink,
    StockLevel,
    WaitingOrder,
)
from saleor_tiktok_stripe.orders import following
from saleor_tiktok_stripe.orders.applying import Facts, known_of
from saleor_tiktok_stripe.orders.reading import cancellations_of, returns_of
from saleor_tiktok_stripe.sandbox.tiktok.model import SHIPPED, Order

from . import payment_books
from .both_ways_money import money_differences
from .both_ways_persons import persons
from .both_ways_stage import QUANTITY

if TYPE_CHECKING:
    from .both_ways_histories import BothWays

PACKAGE, RETURN = "tiktok.package_id", "tiktok.return_id"
BACK = "return:"


@dataclass(frozen=True)
class Units:
    """Of an order, by SKU."""

    open: Counter[str]
    shipped: Counter[str]
    cancelled: Counter[str]
    returned: Counter[str]


def differences(histories: BothWays) -> list[str]:
    """Everything that is not as it should be, in words; empty when all sides agree."""
    asked = persons(histories)
    return [
        *asked.unjustified,
        *_of_orders(histories, asked.orders),
        *_of_plans(histories, asked.orders),
        *_of_cases(histories, asked.orders),
        *_of_stock(histories, asked.orders),
        *money_differences(histories, asked.orders),
        *_of_payments(histories),
        *(histories.stage.attempts.twice() if histories.stage.attempts else ()),
    ]


# --- orders ---------------------------------------------------------------------------------------


def _of_orders(histories: BothWays, asked: set[str]) -> Iterator[str]:
    for sale in histories.sales:
        order = histories.order_of(sale)
        for line in order.lines:
            if line.shipments > 1:
                yield f"{sale.order_id}: item {line.id} was shipped {line.shipments} times"
        shown = histories.shown(sale)
        if shown is None:
            if _belongs_in_saleor(histories, order):
                yield f"{sale.order_id}: is {order.status} at TikTok and not in Saleor"
            continue
        if sale.order_id not in asked:
            yield from _of_order(sale.order_id, order, shown)


def _belongs_in_saleor(histories: BothWays, order: Order) -> bool:
    if order.status == "UNPAID":
        return False
    if order.status == "ON_HOLD":
        return histories.stage.world.policy["hold_policy"] != "wait"
    never_paid = not order.paid_time and not order.cash_on_delivery
    return not (order.status == "CANCELLED" and (never_paid or order.hold_end == 0))


def _of_order(order_id: str, order: Order, shown: dict[str, Any]) -> Iterator[str]:
    theirs, ours = theirs_of(order), ours_of(shown)
    if shown["status"] == "CANCELED":
        if theirs.open or theirs.shipped:
            yield f"{order_id}: canceled in Saleor, at TikTok {theirs}"
        return
    if theirs != ours:
        yield f"{order_id}: Saleor ({shown['status']}) has {ours}, TikTok ({order.status}) {theirs}"
    numbers = {one.id: one.tracking for one in order.packages}
    for one in shown["fulfillments"]:
        facts = _facts(one)
        keys = [key.partition("+")[0] for key in facts.get(PACKAGE, "").split(",")]
        wanted = {numbers[key] for key in keys if key in numbers}
        if one["status"] == "FULFILLED" and facts.get("tiktok.tracking_number") not in wanted:
            yield f"{order_id}: Saleor tracks {facts}, TikTok {numbers}"


def theirs_of(order: Order) -> Units:
    """By TikTok's own record."""
    found = Units(Counter(), Counter(), Counter(), Counter())
    back = returned_lines(order)
    for line in order.lines:
        if not line.active:
            found.cancelled[line.sku.seller_sku] += 1
        elif line.id in back:
            found.returned[line.sku.seller_sku] += 1
        elif line.status in SHIPPED:
            found.shipped[line.sku.seller_sku] += 1
        else:
            found.open[line.sku.seller_sku] += 1
    return found


def returned_lines(order: Order) -> set[str]:
    """Items whose parcel came back."""
    found: set[str] = set()
    for case in order.returns:
        goods = case.kind == "RETURN_AND_REFUND" or (case.kind == "REPLACEMENT" and case.tracking)
        if case.paid_back and goods and not case.buyer_keeps and not case.next_id:
            found |= set(case.line_ids)
    return found


def ours_of(shown: dict[str, Any]) -> Units:
    """As staff see it. Units that are taken out before they left are in a returned group."""
    sku_of = {line["id"]: line["productSku"] for line in shown["lines"]}
    found = Units(Counter(), Counter(), Counter(), Counter())
    for line in shown["lines"]:
        if line["quantityToFulfill"]:
            found.open[line["productSku"]] += line["quantityToFulfill"]
    for one in shown["fulfillments"]:
        if one["status"] == "CANCELED":
            continue
        returned = one["status"] in {"RETURNED", "REFUNDED_AND_RETURNED"}
        part = found.shipped
        if returned:
            part = found.returned if _came_back(one) else found.cancelled
        for item in one["lines"]:
            if item["quantity"]:
                part[sku_of[item["orderLine"]["id"]]] += item["quantity"]
    return found


def _facts(fulfillment: dict[str, Any]) -> dict[str, str]:
    return {pair["key"]: pair["value"] for pair in fulfillment["metadata"]}


def _of_plans(histories: BothWays, asked: set[str]) -> Iterator[str]:
    """Planned again there is nothing to do, in neither direction."""
    connection = histories.stage.connection
    links = [one for one in OrderLink.objects.order_by("pk") if one.order_id not in asked]
    pusher = Pusher(connection)
    ids = [link.order_id for link in links]
    both = pusher.read(links)
    cancellations = cancellations_of(pusher.client, ids)
    returns = returns_of(pusher.client, ids)
    for link in links:
        saleor_order, order = both[link.order_id]
        push = pusher.plan(link, both[link.order_id])
        if push.steps or push.problems or push.unrecorded:
            yield f"{link.order_id}: TikTok is still to be told: {push.lines()}"
        facts = Facts(
            region=connection.region,
            cancellations=cancellations.get(link.order_id, ()),
            returns=returns.get(link.order_id, ()),
            restock=pusher.policy.restock_returns,
            tells_cancels=pusher.policy.cancel_push,
        )
        known = known_of(link, facts)
        left = following.plan(order, saleor_order, known, facts.cancellations, facts.returns)
        if left:
            yield f"{link.order_id}: Saleor is still to be brought in step: {left}"


# --- cases ----------------------------------------------------------------------------------------


def _of_cases(histories: BothWays, asked: set[str]) -> Iterator[str]:
    theirs = {}
    for sale in histories.sales:
        order = histories.order_of(sale)
        theirs |= {one.id: one.status for one in (*order.cancellations, *order.returns)}
        back = Decimal(histories.tiktok.truth(sale.order_id)["refunded"])
        if back > Decimal(histories.tiktok.truth(sale.order_id)["paid"]):
            yield f"{sale.order_id}: {back} were paid back, more than was paid"
    ours = dict(AfterSalesCase.objects.values_list("case_id", "raw_state"))
    wrong = {key: (ours.get(key), state) for key, state in theirs.items() if ours.get(key) != state}
    for key, (here, there) in sorted(wrong.items()):
        yield f"case {key} is {here} here, {there} at TikTok"
    open_ = MarketplaceRequest.objects.filter(state__in=("waiting", "in_doubt"))
    for row in open_.exclude(order_id__in=asked):
        yield f"{row.order_id}: request {row.kind} {row.subject} is {row.state}: {row.problem}"
    yield from _of_refund_requests()


def _of_refund_requests() -> Iterator[str]:
    """What was opened at TikTok was opened for one request."""
    rows = MarketplaceRequest.objects.filter(kind="return").exclude(reference="")
    opened = Counter(rows.values_list("reference", flat=True))
    for reference, times in opened.items():
        if times > 1:
            yield f"{times} requests say that they became {reference}"
    asked = {
        row.case_id: row.order_id
        for row in AfterSalesCase.objects.filter(role="seller").exclude(kind="cancellation")
    }
    for case_id, order_id in asked.items():
        if case_id not in opened:
            yield f"{order_id}: refund {case_id} was opened, and no request knows it"


# --- stock ----------------------------------------------------------------------------------------


def _of_stock(histories: BothWays, asked: set[str]) -> Iterator[str]:
    stage = histories.stage
    shop = stage.tiktok.world.shops[0]
    left: Counter[str] = Counter()
    back: Counter[str] = Counter()
    came: Counter[str] = Counter()
    still_open: Counter[str] = Counter()
    set_aside: Counter[str] = Counter()
    for sale in histories.sales:
        shown, order = histories.shown(sale), histories.order_of(sale)
        if shown is not None and shown["status"] != "CANCELED":
            if order.platform_fulfilled:
                set_aside += _set_aside_again(shown)
            else:
                still_open += ours_of(shown).open
        if shown is None or (order.platform_fulfilled and stage.spares_marketplace_goods):
            continue
        left += _taken_from_stock(shown, histories.taken_out)
        came += stage.came_shipped.get(f"tiktok:{sale.order_id}", Counter())
        if stage.world.policy["restock_returns"]:
            back += _restocked(order, shown, histories.taken_out)
    open_question = {
        line.sku.seller_sku
        for sale in histories.sales
        if sale.order_id in asked
        for line in histories.order_of(sale).lines
    }
    levels = {row.sku_id: row for row in StockLevel.objects.all()}
    for sku_id, sku in stage.skus().items():
        level = stage.saleor.level(sku)
        wanted = QUANTITY + histories.counted[sku] + back[sku] - left[sku] + came[sku]
        if level.quantity != wanted:
            yield f"{sku}: Saleor has {level.quantity}, {wanted} should be there"
        if level.allocated < 0:
            yield f"{sku}: {level.allocated} are allocated"
        free = level.quantity - still_open[sku]
        if sku not in histories.lowered | open_question and free < 0:
            yield f"{sku}: {-free} more were sold than there are: {level}"
        there = shop.stock.total(sku_id)
        offered = _offered(stage.world.policy, free - set_aside[sku])
        if sku not in open_question and there != offered:
            yield f"{sku}: TikTok offers {there}, {offered} may be sold: {level}"
        row = levels.get(sku_id)
        if row is None or row.wanted != there or row.due:
            told = (row.wanted, row.pushed, row.due, row.problem) if row else None
            yield f"{sku}: TikTok offers {there}, we want {told}"
    if shop.stock.oversold:
        yield f"TikTok took orders for more than it had: {shop.stock.oversold}"
    for waiting in WaitingOrder.objects.all():
        if OrderLink.objects.filter(order_id=waiting.order_id).exists():
            yield f"{waiting.order_id}: holds stock twice"


def _set_aside_again(shown: dict[str, Any]) -> Counter[str]:
    """By SKU, pieces that Saleor does not offer although TikTok ships the order from its own
    warehouse: an import sets none aside for it, but what staff fulfilled and then called back is
    set aside by Saleor, until the order leaves. No more than that, whatever Saleor says."""
    back: Counter[str] = Counter()
    for one in shown["fulfillments"]:
        if one["status"] == "CANCELED":
            for item in one["lines"]:
                back[item["orderLine"]["id"]] += item["quantity"]
    found: Counter[str] = Counter()
    for line in shown["lines"]:
        held = sum(one["quantity"] for one in line["allocations"])
        most = min(back[line["id"]], line["quantityToFulfill"])
        found[line["productSku"]] += min(held, most)
    return found


def _offered(policy: Mapping[str, Any], free: int) -> int:
    """By the merchant's rule."""
    return max(0, max(0, free) * policy["stock_percent"] // 100 - policy["stock_buffer"])


def _taken_from_stock(shown: dict[str, Any], taken_out: AbstractSet[str]) -> Counter[str]:
    """What is recorded as shipped, or as come back. ``taken_out``: ids of groups that staff took
    out unshipped, which Saleor never took from stock; where they left all the same and came back,
    the product marks staff's own group as the return's, and leaves stock as staff left it."""
    ours = ours_of(shown)
    kept = _units(shown, lambda one: one["id"] in taken_out and _came_back(one))
    return ours.shipped + (ours.returned - kept)


def _restocked(order: Order, shown: dict[str, Any], taken_out: AbstractSet[str]) -> Counter[str]:
    """What came back with a parcel, and was recorded."""
    tracked = {f"{BACK}{one.id}" for one in order.returns if one.tracking}
    return _units(
        shown,
        lambda one: (
            one["status"] == "RETURNED"
            and one["id"] not in taken_out
            and _facts(one).get(RETURN) in tracked
        ),
    )


def _came_back(one: dict[str, Any]) -> bool:
    return _facts(one).get(RETURN, "").startswith(BACK)


def _units(shown: dict[str, Any], wanted: Callable[[dict[str, Any]], bool]) -> Counter[str]:
    """Of these fulfillments, by SKU."""
    sku_of = {line["id"]: line["productSku"] for line in shown["lines"]}
    found: Counter[str] = Counter()
    for one in filter(wanted, shown["fulfillments"]):
        for item in one["lines"]:
            found[sku_of[item["orderLine"]["id"]]] += item["quantity"]
    return found


# --- payments at Saleor's own checkout ------------------------------------------------------------


def _of_payments(histories: BothWays) -> Iterator[str]:
    if histories.payments is None or histories.stage.payments is None:
        return
    lives = [one.transaction_id for one in histories.payments.lives if one.transaction_id]
    stage = histories.stage.payments
    currency = histories.payments.currency
    yield from payment_books.of_transactions(stage, lives, currency)
    for job in Job.objects.filter(connection__vendor="stripe").exclude(status="done"):
        told = job.kind == "dispute.answer" and job.error_code == "DISPUTE_MOVED_ON"
        if not told:
            yield f"job {job.kind} {job.subject} is {job.status}: {job.error_code} {job.problem}"
