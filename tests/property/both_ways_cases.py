"""What the merchant decides about an order's cases, and goods that come back."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import QuerySet

from saleor_tiktok_stripe.aftersales.cases import answering
from saleor_tiktok_stripe.aftersales.cases.actions import Name, possible_actions
from saleor_tiktok_stripe.jobs import clock
from saleor_tiktok_stripe.models import AfterSalesCase

from .both_ways_parts import TO_COME_BACK
from .both_ways_staff import StaffMoves
from .both_ways_tiktok import Sale


class CaseMoves(StaffMoves):
    """Through our own services."""

    def answer(self, sale: Sale) -> None:
        """The merchant decides one of the order's cases, or another one's."""
        rows = self._to_answer()
        mine = list(rows.filter(order_id=sale.order_id)) or list(rows)
        if not mine:
            return
        case = self.rng.choice(mine)
        names = [one.name for one in possible_actions(case, now=clock.now())]
        if not names:
            return
        about = next((one for one in self.sales if one.order_id == case.order_id), sale)
        self._answer(about, case, self.rng.choice(names))

    def agree(self, sale: Sale) -> None:
        """The merchant takes back what the buyer wants to send, or has sent."""
        for case in self._to_answer().filter(order_id=sale.order_id):
            names = [one.name for one in possible_actions(case, now=clock.now())]
            if Name.ACCEPT in names:
                self._answer(sale, case, Name.ACCEPT)

    def parcels_come_back(self) -> None:
        """Returns have many steps: few would come to their end by the steps of orders alone."""
        for sale in self.sales:
            open_ones = [one for one in self.order_of(sale).returns if one.open]
            if not open_ones and self.rng.random() < 0.3:
                self._do(((CaseMoves.want_back, 1),), sale)
            elif any(one.status in TO_COME_BACK for one in open_ones):
                self._do(((CaseMoves.send_back, 1),), sale)
            elif open_ones and self.rng.random() < 0.6:
                self._do(((CaseMoves.agree, 3), (CaseMoves.answer, 1)), sale)

    def _to_answer(self) -> QuerySet[AfterSalesCase]:
        rows = AfterSalesCase.objects.filter(connection=self.stage.connection, state="needs_answer")
        return rows.order_by("pk")

    def _answer(self, sale: Sale, case: AfterSalesCase, name: Name) -> None:
        actor = "merchant"
        match name:
            case Name.REJECT:
                reasons = answering.reject_reasons(case)
                if reasons:
                    answering.reject(case, self.rng.choice(reasons).key, actor=actor)
            case Name.OFFER:
                part = (case.amount / 2).quantize(
                    Decimal(1) if self._coin() > 1 else Decimal("0.01")
                )
                answering.offer(case, part, actor=actor)
            case _:
                answering.accept(
                    case,
                    actor=actor,
                    buyer_keeps=name is Name.ACCEPT_KEEPS,
                    instead_of_replacement=name is Name.REFUND,
                )
        self._note(sale, f"answer {name}", case.case_id)
