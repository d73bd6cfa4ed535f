"""What has to be done so that a Saleor order agrees with the marketplace's: pure.

It compares the newest state of both sides and never asks what happened in between, so doubled, late
or lost events all end alike. Planning again after the plan was carried out gives nothing; after a
crash half way it gives the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ..errors import Problem
from ..saleor_api.types import (
    Charge,
    Refund,
    SaleorOrder,
    SaleorOrderStatus,
    TransactionState,
)
from ..tiktok.aftersales_types import Return
from ..tiktok.types import Cancellation, Order
from .actions import (
    Action,
    Confirm,
    GrantRefund,
    RecordCharge,
    RecordRefunds,
    SetMetadata,
    Stop,
    UpdateAddress,
)
from .address import ERASED, address_hash, is_blank, to_address
from .goods import goods
from .mapping import (
    MASKED_KEY,
    PLATFORM_TRANSACTION,
    REFUNDED_KEY,
    is_order_fact,
    order_metadata,
    transaction_message,
)
from .money import Sums, settle
from .problems import problem
from .refunds import (
    Given,
    buyer_reference,
    is_charged,
    platform_reference,
    refunds,
    uncollected,
)
from .returned import goods_back
from .states import WAITING, is_cancelled


@dataclass(frozen=True)
class Known:
    """What was kept about an order when it was brought over (see ``OrderLink``). ``restock``: goods
    that come back are sold again. ``granted``: references of refunds that staff granted in Saleor
    themselves. ``tells_cancels``: see ``goods``."""

    line_map: Mapping[str, str]
    address_hash: str = ""
    region: str = ""
    restock: bool = False
    granted: frozenset[str] = frozenset()
    tells_cancels: bool = False


def plan(
    order: Order,
    saleor_order: SaleorOrder,
    known: Known,
    cancellations: Iterable[Cancellation],
    returns: Sequence[Return] = (),
) -> tuple[Action, ...]:
    """The steps, in the order in which they are safe; a ``Stop`` at the end if they do not suffice.

    Raises ``Parked`` when the marketplace's amounts do not add up.
    """
    sums = settle(order, known.region)
    problems = [*_different(order, saleor_order, known, sums)]
    steps: list[Action] = []
    if not problems:
        steps += _confirm(order, saleor_order)
        steps += _address(order, saleor_order, known)
        moved, problems = goods(
            order, saleor_order, known.line_map, tells_cancels=known.tells_cancels
        )
        steps += moved
        steps += goods_back(
            order, saleor_order, known.line_map, returns, moved, restock=known.restock
        )
        steps += _collected(order, saleor_order, sums)
        given = refunds(order, sums, cancellations, returns)
        steps += _money(order, saleor_order, known, sums, given)
        steps += _metadata(order, saleor_order, sums, known)
    return (*steps, *(Stop(one) for one in problems[:1]))


def _different(
    order: Order, saleor_order: SaleorOrder, known: Known, sums: Sums
) -> Iterable[Problem]:
    """Lines or totals that are not those that were imported: nothing is touched then."""
    lines = {line.id for line in saleor_order.lines}
    new = [unit.id for unit in order.units if unit.id not in known.line_map]
    lost = [unit.id for unit in order.units if known.line_map.get(unit.id, "") not in lines]
    if new:
        yield problem("LINES_DIFFER", order=order.id, detail=f"TikTok added item {new[0]}")
    elif lost:
        yield problem("LINES_DIFFER", order=order.id, detail=f"item {lost[0]} is missing in Saleor")
    elif saleor_order.total_gross != sums.total:
        yield problem(
            "AMOUNTS_DO_NOT_ADD_UP",
            order=order.id,
            currency=saleor_order.currency,
            what="the total in Saleor",
            expected=sums.total,
            actual=saleor_order.total_gross,
        )


def _confirm(order: Order, saleor_order: SaleorOrder) -> list[Action]:
    held = saleor_order.status is SaleorOrderStatus.UNCONFIRMED
    if held and order.state not in WAITING and not is_cancelled(order):
        return [Confirm()]
    return []


def _address(order: Order, saleor_order: SaleorOrder, known: Known) -> list[Action]:
    """A readable address that was not brought over yet. A masked one only where there is none (it
    was imported in its hold window): never over a readable one, nor after it was erased. In the
    hold window none: Saleor prices an unconfirmed order anew where its address changes."""
    if saleor_order.status is SaleorOrderStatus.CANCELED or known.address_hash == ERASED:
        return []
    if order.state in WAITING:
        return []
    address = to_address(order.recipient, known.region)
    readable = address_hash(order.recipient)
    if readable and readable != known.address_hash:
        return [UpdateAddress(address)]
    missing = not known.address_hash and is_blank(saleor_order.shipping_address)
    return [UpdateAddress(address)] if missing and not is_blank(address) else []


# --- money -------------------------------------------------------------------------------------


def _money(
    order: Order, saleor_order: SaleorOrder, known: Known, sums: Sums, given: Sequence[Given]
) -> list[Action]:
    """Refunds not recorded yet; the grant goes first, so that a crash in between repeats it (once
    per key) rather than loses it. Never more than was paid, whatever Saleor has recorded before.
    """
    buyer = _Payer.of(saleor_order, buyer_reference(order.id), sums.by_buyer)
    platform = _Payer.of(saleor_order, platform_reference(order.id), sums.by_platform)
    at_import = saleor_order.metadata.get(REFUNDED_KEY, "").split(",")
    steps: list[Action] = []
    found: list[Refund] = []
    for one in given:
        if one.key in at_import:
            continue
        missing = [
            refund
            for payer, amount in ((buyer, one.by_buyer), (platform, one.by_platform))
            if payer is not None and (refund := payer.refund(one, amount)) is not None
        ]
        if missing and not is_cancelled(order) and one.reference not in known.granted:
            steps.append(_grant(one, known))
        found += missing
    return [*steps, RecordRefunds(tuple(found))] if found else steps


def _transaction(saleor_order: SaleorOrder, reference: str) -> TransactionState | None:
    found = (one for one in saleor_order.transactions if one.psp_reference == reference)
    return next(found, None)


@dataclass
class _Payer:
    """A transaction, and what of it was not given back yet."""

    transaction: TransactionState
    left: Decimal

    @classmethod
    def of(cls, saleor_order: SaleorOrder, reference: str, paid: Decimal) -> _Payer | None:
        found = _transaction(saleor_order, reference)
        return cls(found, paid - found.refunded) if found else None

    def refund(self, given: Given, amount: Decimal) -> Refund | None:
        amount = min(amount, self.left)
        if amount <= 0 or given.reference in self.transaction.event_references:
            return None
        self.left -= amount
        return Refund(
            transaction_reference=self.transaction.psp_reference,
            reference=given.reference,
            amount=amount,
            message=given.words,
        )


def _grant(given: Given, known: Known) -> GrantRefund:
    lines = (known.line_map[unit_id] for unit_id in given.unit_ids if unit_id in known.line_map)
    return GrantRefund(
        key=given.reference,
        amount=given.total,
        quantities=dict(Counter(lines)),
        reason=given.reason or given.words,
    )


def _collected(order: Order, saleor_order: SaleorOrder, sums: Sums) -> list[Action]:
    """Cash on delivery: what was only authorized is charged once the goods are delivered."""
    if not order.is_cod or not is_charged(order) or is_cancelled(order):
        return []
    never = uncollected(order, sums)
    rows = ((buyer_reference(order.id), never[0]), (platform_reference(order.id), never[1]))
    steps: list[Action] = []
    for reference, outstanding in rows:
        transaction = _transaction(saleor_order, reference)
        charge_reference = f"delivered:{order.id}"
        if transaction is None or charge_reference in transaction.event_references:
            continue
        due = transaction.authorized - outstanding
        if due > 0:
            message = transaction_message(order, transaction.name or PLATFORM_TRANSACTION)
            steps.append(RecordCharge(Charge(reference, charge_reference, due, message)))
    return steps


# --- facts -------------------------------------------------------------------------------------


def _metadata(order: Order, saleor_order: SaleorOrder, sums: Sums, known: Known) -> list[Action]:
    """Facts that changed; one that no longer holds is emptied. An address that was readable once
    stays so in Saleor, whatever the marketplace shows later.
    """
    wanted = order_metadata(order, sums, known.region)
    if known.address_hash:
        wanted.pop(MASKED_KEY, None)
    ours = {key for key in saleor_order.metadata if is_order_fact(key)}
    changed = {
        key: wanted.get(key, "")
        for key in sorted(ours | wanted.keys())
        if saleor_order.metadata.get(key, "") != wanted.get(key, "")
    }
    return [SetMetadata(changed)] if changed else []
