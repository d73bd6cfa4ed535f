"""What moved in the account's balance, and what was paid out of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel

from ..errors import VendorBug
from . import endpoints
from .balance_records import BalanceEntryWire, PayoutWire
from .balance_types import BalancePage, Payout, PayoutPage
from .calls import PAGE, Calls, seconds
from .endpoints import Endpoint

Built = TypeVar("Built")
Model = TypeVar("Model", bound=BaseModel)


class BalanceCalls(Calls):
    """Lists page by page, newest first, so that a worker can go on where another stopped. Needs
    ``Capability.FEES``, payouts ``Capability.PAYOUTS``."""

    def balance_page(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        payout_id: str = "",
        after: str = "",
    ) -> BalancePage:
        """Balance transactions made from ``since`` to ``until`` (both included), or all of an
        automatic payout that is complete. ``after``: the last page's ``next_after``.

        Raises ``Refused`` for a payout whose transactions are not (yet) told.
        """
        params = {
            **_window(since, until),
            "payout": payout_id or None,
            "expand": ["data.source"],
            "starting_after": after or None,
            "limit": PAGE,
        }
        found = self._page(
            endpoints.BALANCE_TRANSACTIONS, params, BalanceEntryWire, BalanceEntryWire.entry
        )
        return BalancePage(*found)

    def payout_page(
        self, *, since: datetime, until: datetime | None = None, after: str = ""
    ) -> PayoutPage:
        """Payouts made from ``since`` to ``until`` (both included)."""
        params = {**_window(since, until), "starting_after": after or None, "limit": PAGE}
        return PayoutPage(*self._page(endpoints.PAYOUTS, params, PayoutWire, PayoutWire.payout))

    def payout(self, payout_id: str) -> Payout:
        """The payout as it is now."""
        row = self._gateway.call(endpoints.PAYOUT, of=payout_id)
        return self._gateway.build(row, PayoutWire, PayoutWire.payout, endpoints.PAYOUT)

    def _page(
        self,
        endpoint: Endpoint,
        params: Mapping[str, Any],
        model: type[Model],
        make: Callable[[Model], Built],
    ) -> tuple[tuple[Built, ...], tuple[tuple[str, str], ...], str]:
        """A row that cannot be read is told by its id; the others are there."""
        rows, next_after = self._gateway.page(endpoint, params)
        built, broken = [], []
        for row in rows:
            try:
                built.append(self._gateway.build(row, model, make, endpoint))
            except VendorBug as error:
                broken.append((str(row.get("id", "")), error.message))
        return tuple(built), tuple(broken), next_after


def _window(since: datetime | None, until: datetime | None) -> dict[str, Any]:
    bounds = {"gte": since and seconds(since), "lte": until and seconds(until)}
    created = {name: value for name, value in bounds.items() if value is not None}
    return {"created": created or None}
