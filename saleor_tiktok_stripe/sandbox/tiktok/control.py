"""The controls: everything a test may do to the sandbox, in process and over HTTP alike.

Over HTTP: `POST /_sandbox/<name>` with a JSON object of the arguments; the answer is
`{"ok": true, "result": …}`, or HTTP 400 with `{"ok": false, "error": …}`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from saleor_tiktok_stripe.sandbox.components.faults import Fault
from saleor_tiktok_stripe.sandbox.tiktok import money, render, truth
from saleor_tiktok_stripe.sandbox.tiktok.auth import TokenSettings
from saleor_tiktok_stripe.sandbox.tiktok.life import Life
from saleor_tiktok_stripe.sandbox.tiktok.webhooks import Notification
from saleor_tiktok_stripe.sandbox.tiktok.world import World

_LIFE = (
    "create_order", "walk_to", "pay", "end_hold", "ship", "in_transit", "deliver", "complete",
    "split", "combine", "uncombine", "ship_package", "buy_label", "change_tracking",
     "change_address", "touch", "cancel", "request_cancel", "resolve_cancel",
    "complete_cancel", "request_return", "advance_return", "complete_return", "deauthorize",
    "buyer_ships", "parcel_arrives", "answer_offer", "withdraw_return", "edit_return", "dispute",
    "decide", "pass_time", "buy", "set_stock", "promote", "set_product_status",
)  # fmt: skip
_OWN = (
    "credentials", "new_auth_code", "configure", "configure_tokens", "inject_fault",
    "clear_faults", "armed_faults", "set_time", "advance_time", "set_clock_rate", "now",
    "settle_day", "deliver_due", "pending_webhooks", "webhook_log", "set_default_webhook",
    "reorder_webhooks", "order", "order_ids", "summary", "calls", "catalog",
    "random_step", "writes", "write_log", "add_adjustment", "release_reserve", "pay_out",
    "fail_payment", "truth", "statement_ids",
)  # fmt: skip
_UNLOCKED = frozenset({"deliver_due"})
_SETTINGS = frozenset(
    {
        "rate_limit", "rate_burst", "redirect_url", "auto_approve", "gateway_skew",
        "cancel_spelling", "strict_webhook_urls", "refund_delay",
        "payout_currency", "exchange_rate",
    }
)  # fmt: skip


class Controls:
    """Each public method is a control; life controls are those of `Life`."""

    def __init__(self, world: World, addresses: dict[str, str] | None = None) -> None:
        self.world = world
        self.life = Life(world)
        world.pass_time = self.life.pass_time
        self.addresses = addresses if addresses is not None else {}

    def call(self, name: str, arguments: dict[str, Any]) -> Any:
        """Run a control by name; KeyError when there is none, ValueError when it does not fit."""
        if name in _LIFE:
            target: Any = self.life
        elif name in _OWN:
            target = self
        else:
            raise KeyError(f"no control {name}; there are: {', '.join((*_LIFE, *_OWN))}")
        if name in _UNLOCKED:
            return getattr(target, name)(**arguments)
        with self.world.lock:
            return getattr(target, name)(**arguments)

    def credentials(self) -> dict[str, str]:
        """What a client needs to connect."""
        authority, shop = self.world.authority, self.world.shops[0]
        return {
            **self.addresses,
            "app_key": authority.app_key,
            "app_secret": authority.app_secret,
            "service_id": authority.service_id,
            "auth_code": authority.issue_code(),
            "shop_cipher": shop.cipher,
            "shop_id": shop.id,
            "region": shop.region.code,
            "currency": shop.region.currency,
        }

    def new_auth_code(self) -> str:
        """Another auth code, as if the seller had approved."""
        authority = self.world.authority
        authority.shop_numbers[:] = [shop.number for shop in self.world.shops]
        return authority.issue_code()

    def configure(self, **settings: Any) -> dict[str, Any]:
        """Change the fields of `world.Settings`; cancel_spelling is CANCEL, CANCELLED or MIXED."""
        unknown = settings.keys() - _SETTINGS
        if unknown:
            raise ValueError(f"no setting {sorted(unknown)[0]}")
        for name, value in settings.items():
            setattr(self.world.settings, name, value)
        return vars(self.world.settings)

    def configure_tokens(
        self,
        *,
        access_life: int | None = None,
        refresh_life: int | None = None,
        scopes: Sequence[str] | None = None,
        shops: Sequence[int] | None = None,
    ) -> None:
        """Lives (seconds) and scopes of tokens issued from now on, and the shops they cover."""
        authority = self.world.authority
        former = authority.settings
        authority.settings = TokenSettings(
            access_life=former.access_life if access_life is None else access_life,
            refresh_life=former.refresh_life if refresh_life is None else refresh_life,
            scopes=former.scopes if scopes is None else tuple(scopes),
        )
        if shops is not None:
            authority.shop_numbers[:] = list(shops)

    def inject_fault(
        self,
        kind: str,
        *,
        path: str = "",
        times: int | None = 1,
        probability: float | None = None,
        **params: Any,
    ) -> None:
        """Arm a fault: it strikes the next `times` calls (None: all) whose path contains `path`.

        With a `probability` each such call only may be struck. Webhook faults match the event type.
        """
        self.world.faults.arm(Fault(kind, path, times, probability, params))

    def clear_faults(self) -> None:
        """Nothing goes wrong any more."""
        self.world.faults.clear()

    def armed_faults(self) -> list[dict[str, Any]]:
        """What is still to strike."""
        return self.world.faults.armed()

    def set_time(self, timestamp: float) -> int:
        """Turn the sandbox clock to a time."""
        now = self.world.clock.set(timestamp)
        self.life.pass_time()
        return now

    def advance_time(self, seconds: float) -> int:
        """Push the sandbox clock forward; deadlines that pass have their effect."""
        now = self.world.clock.advance(seconds)
        self.life.pass_time()
        return now

    def set_clock_rate(self, rate: float) -> int:
        """Sandbox seconds per real second; 0 stops the clock."""
        return self.world.clock.set_rate(rate)

    def now(self) -> int:
        """The sandbox time."""
        return self.world.clock.now()

    def settle_day(self, shop_id: str = "", *, reserve: bool | None = None) -> str:
        """Close the day: a statement of everything not yet settled; "" when there is nothing.
        `reserve`: whether a part is held back (as the calendar of the market says, when None)."""
        ledger = self.world.ledger(self.world.shop(shop_id))
        made = ledger.settle(self.world.clock.now(), reserve=reserve)
        return made.id if made else ""

    def statement_ids(self, shop_id: str = "") -> list[str]:
        """Ids of all statements, oldest first. A big shop's are made when first asked for, which
        takes seconds: ask here before a client with a timeout does."""
        return [row.id for row in self.world.ledger(self.world.shop(shop_id)).statements()]

    def add_adjustment(
        self, kind: str, amount: str, *, order_id: str = "", shop_id: str = ""
    ) -> str:
        """A PLATFORM_PENALTY, CHARGE_BACK, SHIPPING_FEE_ADJUSTMENT and so on (signed amount in
        major units) that the next statement carries; returns the row's id."""
        shop = self.world.shop(shop_id)
        minor = money.minor(amount, shop.region.exponent)
        return self.world.ledger(shop).add_adjustment(kind, minor, order_id)

    def release_reserve(self, reserve_id: str = "", shop_id: str = "") -> list[str]:
        """Release a reserve, or all, with the next statement; returns the reserves' ids."""
        return self.world.ledger(self.world.shop(shop_id)).release_reserve(reserve_id)

    def pay_out(self, shop_id: str = "") -> str:
        """Send all that is not paid to the bank now; returns the payment's id, "" for nothing."""
        return self.world.ledger(self.world.shop(shop_id)).pay_out(self.world.clock.now())

    def fail_payment(self, payment_id: str = "", shop_id: str = "") -> str:
        """A payment (the newest) comes back from the bank; returns its id."""
        ledger = self.world.ledger(self.world.shop(shop_id))
        return ledger.fail_payment(self.world.clock.now(), payment_id)

    def truth(self, order_id: str) -> dict[str, Any]:
        """What really happened to an order: see `truth.of_order`."""
        for shop in self.world.shops:
            order = shop.find(order_id)
            if order is not None:
                now = self.world.clock.now()
                return truth.of_order(shop, order, self.world.ledger(shop), now)
        raise KeyError(f"no order {order_id}")

    def deliver_due(self) -> int:
        """Send the webhooks that are due at the sandbox time; returns how many were tried."""
        return self.world.outbox.deliver_due()

    def pending_webhooks(self) -> list[dict[str, Any]]:
        """Webhooks not yet delivered or given up."""
        return self.world.outbox.pending()

    def webhook_log(self) -> list[dict[str, Any]]:
        """Every attempt made."""
        return [
            {"id": d.id, "type": d.type, "attempt": d.attempt, "answer": d.answer, "body": d.body}
            for d in self.world.outbox.log
        ]

    def set_default_webhook(self, address: str, *, newer_events: bool = False) -> None:
        """The app's own address, used where a shop has registered none; with the `newer_events`
        (64 and up: requests, refunds, stock) or without."""
        self.world.outbox.default_address = address
        self.world.outbox.newer_events = newer_events

    def reorder_webhooks(self, on: bool = True) -> None:
        """Send what is due together in a random order."""

        def shuffle(items: list[Notification]) -> None:
            self.world.rng.shuffle(items)

        self.world.outbox.shuffle = shuffle if on else None

    def order(self, order_id: str, shop_id: str = "") -> dict[str, Any]:
        """An order as the API shows it now."""
        shop = self.world.shop(shop_id)
        found = shop.find(order_id)
        if found is None:
            raise KeyError(f"no order {order_id}")
        return render.order(found, shop.warehouse_id(found), self.world.clock.now())

    def order_ids(self, *, status: str = "", limit: int = 0, shop_id: str = "") -> list[str]:
        """Ids of orders, oldest first, of one status or of all."""
        shop = self.world.shop(shop_id)
        found: list[str] = []
        for index in range(shop.next_index):
            if limit and len(found) == limit:
                break
            if not status or shop.status_of(index) == status:
                found.append(shop.order(index).id)
        return found

    def summary(self, shop_id: str = "") -> dict[str, Any]:
        """Truth to compare with: count and total_amount of the orders by status and currency."""
        shop = self.world.shop(shop_id)
        counts: Counter[str] = Counter()
        totals: Counter[str] = Counter()
        for order in shop.all_orders():
            counts[order.status] += 1
            totals[order.status] += order.total
        exponent = shop.region.exponent
        return {
            "currency": shop.region.currency,
            "orders": sum(counts.values()),
            "by_status": {
                status: {"orders": counts[status], "total": money.text(totals[status], exponent)}
                for status in sorted(counts)
            },
        }

    def calls(self) -> dict[str, int]:
        """Answered calls by path and code."""
        return dict(self.world.calls)

    def writes(self) -> dict[str, int]:
        """Accepted writes by endpoint (`POST /fulfillment/packages/{package_id}/ship`): repeats
        that an idempotency key caught are not among them, those whose answer was lost are."""
        return dict(self.world.writes)

    def write_log(self) -> list[dict[str, Any]]:
        """Accepted writes in order: endpoint, path, body."""
        return list(self.world.write_log)

    def catalog(self, shop_id: str = "") -> list[dict[str, Any]]:
        """The shop's SKUs."""
        shop = self.world.shop(shop_id)
        return [
            {
                "product_id": sku.product_id,
                "product_name": sku.product_name,
                "sku_id": sku.sku_id,
                "sku_name": sku.sku_name,
                "seller_sku": sku.seller_sku,
                "barcode": sku.barcode,
                "price": str(money.decimal(shop.prices[sku.sku_id], sku.exponent)),
                "currency": sku.currency,
                "linked": sku.linked,
                "available": shop.stock.total(sku.sku_id),
            }
            for sku in shop.skus
        ]

    def random_step(self, order_id: str) -> str:
        """Let the next thing happen to an order, at random; returns its status after it."""
        shop = next(s for s in self.world.shops if s.find(order_id) is not None)
        order = shop.find(order_id)
        if order is None:
            raise KeyError(f"no order {order_id}")
        steps: Mapping[str, tuple[Callable[[str], str], ...]] = {
            "UNPAID": (self.life.pay, self.life.pay, self.life.cancel),
            "ON_HOLD": (self.life.end_hold, self.life.end_hold, self.life.cancel),
            "AWAITING_SHIPMENT": (self.life.ship, self.life.change_address, self.life.cancel),
            "PARTIALLY_SHIPPING": (self.life.ship,),
            "AWAITING_COLLECTION": (self.life.in_transit,),
            "IN_TRANSIT": (self.life.deliver,),
            "DELIVERED": (self.life.request_return, self.life.complete),
        }
        choices = steps.get(order.status, (self.life.touch,))
        if order.returns:
            choices = tuple(step for step in choices if step != self.life.request_return)
        self.world.rng.choice(choices)(order_id)
        after = shop.find(order_id)
        return after.status if after else ""
