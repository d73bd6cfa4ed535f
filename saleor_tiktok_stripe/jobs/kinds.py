"""The table of all kinds of jobs. A door: it names the feature rooms, which are imported at the
first job of each kind, so that starting up stays cheap and ``jobs`` knows no feature room."""

from __future__ import annotations

from typing import Any, Final

from ..models import Vendor
from . import registry, schedule

_ROOMS: Final = "saleor_tiktok_stripe"

KINDS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "order.sync": ("orders.jobs:sync_orders", {"batch": 50}),
    "order.reference": ("orders.jobs:send_references", {"batch": 50}),
    "order.push": ("fulfilment.jobs:push", {"batch": 20}),
    "orders.poll": ("orders.jobs:poll", {}),
    "orders.watch": ("fulfilment.jobs:watch", {}),
    "orders.backfill": ("orders.jobs:backfill", {}),
    "catalog.refresh": ("catalog.jobs:refresh", {}),
    "carriers.refresh": ("fulfilment.jobs:refresh_carriers", {}),
    "stock.push": ("catalog.jobs:push_stock", {"batch": 50}),
    "stock.compare": ("catalog.jobs:compare_stock", {}),
    "price.push": ("catalog.jobs:push_prices", {}),
    "case.sync": ("aftersales.jobs:sync_cases", {"batch": 50}),
    "case.answer": ("aftersales.jobs:answer_case", {}),
    "case.open": ("aftersales.jobs:open_case", {}),
    "cases.poll": ("aftersales.jobs:poll_cases", {}),
    "ledger.import": ("payments.jobs:import_ledger", {}),
    "ledger.reconcile": ("payments.jobs:reconcile", {}),
    "drift.check": ("drift.jobs:check", {"batch": 50}),
    "insights.update": ("insights.jobs:update", {}),
    "accounts.refresh": ("accounts.jobs:refresh", {}),
    "accounts.verify": ("accounts.jobs:verify", {"needs_active": False}),
    "accounts.deauthorized": ("accounts.jobs:deauthorized", {"needs_active": False}),
    "accounts.end": ("accounts.jobs:end", {"needs_active": False}),
    "payment.sync": ("payments.jobs:sync", {"batch": 20}),
    "payment.act": ("payments.jobs:act", {}),
    "payment.refund": ("aftersales.jobs:refund", {}),
    "payments.sweep": ("payments.jobs:sweep", {}),
    "payments.catch_up": ("payments.jobs:catch_up", {}),
    "payments.mirror": ("payments.jobs:mirror", {}),
    "dispute.answer": ("aftersales.jobs:answer", {}),
    "dispute.tell": ("aftersales.jobs:tell", {}),
    "disputes.watch": ("aftersales.jobs:watch", {}),
    "notices.look": ("notices.jobs:look", {}),
    "notice.send": ("notices.jobs:send", {}),
}
PERIODIC: Final = {
    Vendor.TIKTOK: (
        "accounts.refresh",
        "orders.poll",
        "cases.poll",
        "ledger.import",
        "drift.check",
        "insights.update",
    ),
    Vendor.STRIPE: (
        "accounts.refresh",
        "payments.catch_up",
        "payments.sweep",
        "payments.mirror",
        "disputes.watch",
        "ledger.import",
        "drift.check",
        "insights.update",
    ),
}
ALONE: Final = ("notices.look",)
"""One job for all connections, also while none is active: somebody must be told of just that."""
OFTEN: Final = {Vendor.TIKTOK: ("orders.watch", "stock.push", "price.push")}
"""What changed in Saleor is looked for more often: a look costs next to nothing."""


def register_all() -> None:
    """Make every kind known to the workers. Called once when the host starts."""
    for name, (target, options) in KINDS.items():
        registry.register(name, f"{_ROOMS}.{target}", **options)
    registry.on_needs_reauth(f"{_ROOMS}.accounts:mark_needs_reauth")
    schedule.register_periodic(PERIODIC, OFTEN, ALONE)
    schedule.register_cleaner(f"{_ROOMS}.inbox:remove_old_events")
    schedule.register_cleaner(f"{_ROOMS}.aftersales.forgetting:forget_old")
    schedule.register_cleaner(f"{_ROOMS}.notices.jobs:forget_old")
