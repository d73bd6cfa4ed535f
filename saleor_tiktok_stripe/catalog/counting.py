"""The numbers of many SKUs at once, from the newest stock in Saleor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .. import accounts
from ..accounts import ChannelPolicy
from ..models import Connection, SkuLink, StockLevel
from ..saleor_api import Saleor, get_saleor
from .numbers import Terms, terms
from .problems import GONE
from .waiting import units_owed, units_waiting


@dataclass(frozen=True)
class Counted:
    """A linked SKU and its number."""

    link: SkuLink
    terms: Terms


class Counter:
    """Counts for one connection; reads the policy once, the stock at each call."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.saleor: Saleor = get_saleor()
        self.policy: ChannelPolicy = accounts.policy(connection)

    def of(self, sku_ids: Sequence[str]) -> dict[str, Counted]:
        """By SKU id; those without a variant are missing. Six queries, however many SKUs.

        Raises what ``Saleor.stock`` raises.
        """
        links = list(
            SkuLink.objects.filter(connection=self.connection, sku_id__in=list(sku_ids))
            .exclude(variant_id="")
            .order_by("sku_id")
        )
        if not links:
            return {}
        variants = sorted({link.variant_id for link in links})
        sharing = self._sharing(variants)
        stocks = self.saleor.stock(self.connection.channel_slug, variants)
        waiting = units_waiting(
            self.connection, (one for group in sharing.values() for one in group)
        )
        owed = units_owed(self.connection, (link.variant_sku for link in links if link.variant_sku))
        gone = self._gone(sharing)
        counted: dict[str, Counted] = {}
        for link in links:
            group = sharing[link.variant_id]
            # A SKU that sells nothing any more takes no share, but it is counted itself.
            live = [one for one in group if one == link.sku_id or one not in gone]
            made = terms(
                stocks.get(link.variant_id),
                self.policy,
                waiting=sum(waiting.get(one, 0) for one in group),
                owed=owed.get(link.variant_sku, 0),
                shared_by=len(live),
                place=live.index(link.sku_id),
            )
            counted[link.sku_id] = Counted(link, made)
        return counted

    def _sharing(self, variants: Sequence[str]) -> dict[str, list[str]]:
        """By variant: the SKUs that sell it, in the order in which they share."""
        rows = SkuLink.objects.filter(connection=self.connection, variant_id__in=variants)
        sharing: dict[str, list[str]] = {}
        for variant_id, sku_id in rows.order_by("sku_id").values_list("variant_id", "sku_id"):
            sharing.setdefault(variant_id, []).append(sku_id)
        return sharing

    def _gone(self, sharing: Mapping[str, Sequence[str]]) -> set[str]:
        shared = [one for group in sharing.values() if len(group) > 1 for one in group]
        if not shared:
            return set()
        rows = StockLevel.objects.filter(
            connection=self.connection, sku_id__in=shared, problem__code__in=sorted(GONE)
        )
        return set(rows.values_list("sku_id", flat=True))
