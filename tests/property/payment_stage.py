"""Where made-up payments happen: a sandbox Stripe and a sandbox Saleor of their own for each
history, reached without sockets, and one clock for everybody that only the history turns."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from django.db import connection as database
from django.test import RequestFactory, override_settings

from saleor_tiktok_stripe import inbox, jobs
from saleor_tiktok_stripe.inbox import doors
from saleor_tiktok_stripe.jobs import clock, kinds
from saleor_tiktok_stripe.models import Connection, Job, Vendor
from saleor_tiktok_stripe.saleor_api.over_http.requests import subscriptions
from saleor_tiktok_stripe.sandbox.saleor import Product, SaleorSandbox
from saleor_tiktok_stripe.sandbox.saleor.ids import parse_id
from saleor_tiktok_stripe.sandbox.saleor.records import Hook, Order
from saleor_tiktok_stripe.sandbox.saleor.server import run
from saleor_tiktok_stripe.sandbox.saleor.state import transaction_at
from saleor_tiktok_stripe.sandbox.stripe.control import Control
from saleor_tiktok_stripe.sandbox.stripe.sandbox import StripeSandbox
from saleor_tiktok_stripe.stripe_api.webhooks import EVENTS
from saleor_tiktok_stripe.web import saleor_requests
from tests.support.factories import make_stripe_connection

from .payment_doors import Killed, SaleorDoor, direct_saleor, direct_stripe, one_clock

CHANNEL = "tiktok-us"
GATEWAY = "saleor.tiktok_stripe"
SECRET = "a secret of saleor and the app"
PUBLIC_URL = "http://127.0.0.1:8000"
HOOK = f"{PUBLIC_URL}/plugins/channel/{CHANNEL}/{GATEWAY}/webhooks/stripe/"
OPERATIONS = Path(__file__).parents[2] / "graphql"
ADDRESS = {
    "firstName": "Ada",
    "lastName": "Lovelace",
    "streetAddress1": "1600 Amphitheatre Pkwy",
    "city": "Mountain View",
    "postalCode": "94043",
    "country": "US",
    "countryArea": "CA",
}
SUMS = ("authorized", "charged", "refunded", "canceled")
PENDING = ("authorize_pending", "charge_pending", "refund_pending", "cancel_pending")
SALEOR_ASKS_AGAIN = 5
TABLES = (
    "evidencefile", "disputeevidence", "dispute", "refundrequest", "capturerequest",
    "charge", "inboundevent", "job", "synccursor", "auditentry", "connection",
)  # fmt: skip


@dataclass(frozen=True)
class Told:
    """An event of a transaction in Saleor."""

    type: str
    reference: str
    amount: Decimal
    counts: bool


@dataclass(frozen=True)
class Books:
    """A transaction as Saleor keeps it."""

    sums: Mapping[str, Decimal]
    events: tuple[Told, ...]
    actions: tuple[str, ...]


@dataclass
class Courier:
    """Brings what Saleor asks to our own view. What staff asked for waits until it is brought.

    ``undelivered`` counts what Saleor wrote down as a failure itself because no answer came,
    ``failures`` our answers that something was refused at once: nothing has a name yet.
    """

    rng: Random
    undelivered: int = 0
    failures: int = 0
    _waiting: list[tuple[Any, bytes, Callable[[Any], None], int]] = field(default_factory=list)

    def ask(self, hook: Any, payload: Mapping[str, Any]) -> Any:
        """A session: Saleor waits. No answer when the process that should give it died."""
        status, answer = _posted(hook, _body(payload))
        return self._taken(status, answer)

    def request(self, hook: Any, payload: Mapping[str, Any], answered: Any) -> None:
        self._waiting.append((hook, _body(payload), answered, 0))

    def bring(self) -> None:
        """Bring what waits, in any order; an answer of 500 and above is asked for again later."""
        self.rng.shuffle(self._waiting)
        waiting, self._waiting = self._waiting, []
        for hook, body, answered, tries in waiting:
            status, answer = _posted(hook, body)
            if status >= 500 and tries < SALEOR_ASKS_AGAIN:
                self._waiting.append((hook, body, answered, tries + 1))
                continue
            answered(self._taken(status, answer))

    def _taken(self, status: int, answer: Any) -> Any:
        if status != 200:
            self.undelivered += 1
            return None
        refused = str(answer.get("result")).endswith("_FAILURE")
        self.failures += refused and not answer.get("pspReference")
        return answer


class Workers:
    """Time, and those who work in the background."""

    control: Control
    connection: Connection
    serving = False
    """A request of Saleor's own runs in this process, which cannot be left half way."""

    def turn(self, seconds: float) -> None:
        """It gets later for everybody."""
        clock._ahead += clock.timedelta(seconds=seconds)
        self.control.turn(int(seconds))

    def work(self, limit: int = 10_000) -> None:
        """Workers run what is due; one may die."""
        with suppress(Killed):
            jobs.work(limit=limit)

    def run(self, *names: str) -> None:
        """Jobs of these kinds, and all that follows from them."""
        for name in names:
            jobs.enqueue(name, self.connection)
        self.work()

    def run_all(self) -> None:
        """Also what waits for a later time."""
        Job.objects.filter(status="queued").update(run_after=clock.now())
        self.work()

    def notify(self, body: bytes, header: str) -> None:
        """A notification of Stripe's arrives."""
        assert inbox.receive(Vendor.STRIPE, CHANNEL, body, header).status == 200


@dataclass
class SandboxStage(Workers):
    """Saleor's doors for a storefront and for staff, and Stripe's ``control``."""

    control: Control
    saleor: SaleorSandbox
    connection: Connection
    courier: Courier
    door: SaleorDoor

    # --- a storefront

    def checkout(self, quantity: int) -> str:
        """A buyer's checkout, delivery chosen."""
        made = self._run(
            "storefront/checkoutCreate",
            input={
                "channel": CHANNEL,
                "email": "ada@example.com",
                "lines": [{"variantId": self.saleor.state.by_sku["PEN"].id, "quantity": quantity}],
                "shippingAddress": ADDRESS,
                "billingAddress": ADDRESS,
            },
        )["checkout"]
        method = made["shippingMethods"][0]["id"]
        name = "storefront/checkoutDeliveryMethodUpdate"
        assert self._run(name, id=made["id"], deliveryMethodId=method)["errors"] == []
        return str(made["id"])

    def initialize(self, checkout: str, key: str) -> dict[str, Any]:
        """``transactionInitialize``."""
        gateway = {"id": GATEWAY}
        name = "storefront/transactionInitialize"
        return self._run(name, id=checkout, paymentGateway=gateway, idempotencyKey=key)

    def process(self, transaction_id: str) -> dict[str, Any]:
        """``transactionProcess``."""
        return self._run("storefront/transactionProcess", id=transaction_id)

    def complete(self, checkout: str) -> str:
        """``checkoutComplete``: the order's id, "" when Saleor refused."""
        done = self._run("storefront/checkoutComplete", id=checkout)
        return str(done["order"]["id"]) if done["order"] else ""

    # --- staff

    def request(self, kind: str, transaction_id: str, amount: Decimal | None) -> None:
        """Ask for CHARGE, CANCEL or REFUND."""
        name = {"CHARGE": "Capture", "CANCEL": "Cancel", "REFUND": "Refund"}[kind]
        more = {} if amount is None or kind == "CANCEL" else {"amount": str(amount)}
        self._staff(f"staff/transaction{name}", id=transaction_id, **more)

    def grant(self, order_id: str, transaction_id: str, amount: Decimal) -> None:
        """Grant a refund, and ask for it."""
        wanted = {"amount": str(amount), "transactionId": transaction_id}
        made = self._staff("staff/orderGrantRefundCreate", id=order_id, input=wanted)
        if made["errors"]:
            return
        granted = made["grantedRefund"]["id"]
        self._staff("staff/transactionRequestRefundForGrantedRefund", grantedRefundId=granted)

    def cancel_order(self, order_id: str) -> None:
        self._order(order_id).status = "CANCELED"

    def order_status(self, order_id: str) -> str:
        return self._order(order_id).status

    @property
    def answered_failures(self) -> int:
        return self.courier.failures

    def books(self, transaction_id: str) -> Books:
        """What Saleor has now."""
        found = transaction_at(self.saleor.state, transaction_id)
        assert found is not None
        item = found.item
        events = tuple(Told(e.type, e.psp_reference, e.amount, e.counts) for e in item.events)
        sums = {name: getattr(item, name) for name in (*SUMS, *PENDING)}
        return Books(sums, events, tuple(item.actions))

    def grants(self) -> list[tuple[str, str, tuple[Told, ...]]]:
        """Status of each granted refund, its transaction's id, and the events that belong to it."""
        return [
            (
                grant.status,
                str(order.transactions[grant.transaction].key),
                tuple(
                    Told(e.type, e.psp_reference, e.amount, e.counts)
                    for e in order.transactions[grant.transaction].events
                    if e.grant == index
                ),
            )
            for order in self.saleor.state.orders.values()
            for index, grant in enumerate(order.grants)
        ]

    def _order(self, order_id: str) -> Order:
        return self.saleor.state.orders[parse_id(order_id)[1]]

    def _run(self, name: str, token: str = "", **variables: Any) -> dict[str, Any]:
        return self._say(_operation(name), token, **variables)

    def _say(self, text: str, token: str = "", **variables: Any) -> dict[str, Any]:
        state = self.saleor.state
        _, said = run(state, token, text, variables, courier=self.courier)
        assert "errors" not in said, said
        (payload,) = said["data"].values()
        return dict(payload)

    def _staff(self, name: str, **variables: Any) -> dict[str, Any]:
        return self._run(name, self.saleor.staff_token, **variables)

    # --- news and trouble

    def trouble(self, kind: str) -> None:
        """Our next call to Saleor goes astray: ``busy`` or ``lost``."""
        self.door.trouble.append(kind)

    def bring(self) -> None:
        """Saleor's requests reach us."""
        self.courier.bring()


@contextmanager
def sandbox_stage(
    seed: int, *, currency: str, price: Decimal, shipping: Decimal, flow: str, sockets: bool
) -> Iterator[SandboxStage]:
    """Everything new but for the database's tables; ``sockets``: Stripe is called over HTTP."""
    stripe = StripeSandbox(seed=seed, clock_rate=0)
    saleor = SaleorSandbox()
    pen = Product("PEN", "", "Pen", price)
    saleor.add_channel(CHANNEL, currency, "US", [pen], shipping_price=shipping, flow=flow)
    for number, (event, query) in enumerate(_subscriptions().items()):
        saleor.app.hooks[event] = Hook(1000 + number, event, "", SECRET, query)
    settings = {
        "TIKTOK_STRIPE_SANDBOX": "1",
        "TIKTOK_STRIPE_PUBLIC_URL": PUBLIC_URL,
        "TIKTOK_STRIPE_STRIPE_API_URL": stripe.base_url,
        "TIKTOK_STRIPE_STRIPE_FILES_URL": stripe.files_url,
        "SALEOR_API_URL": "http://127.0.0.1:9/graphql/",
        "SALEOR_APP_TOKEN": saleor.token,
        "SALEOR_WEBHOOK_SECRET": SECRET,
    }
    with stripe if sockets else unserved(stripe), override_settings(**settings):
        kinds.register_all()
        doors.forget()
        with (
            one_clock(seed),
            direct_stripe(stripe, sockets=sockets),
            direct_saleor(saleor) as door,
        ):
            courier = Courier(Random(f"courier-{seed}"))
            yield SandboxStage(stripe.control, saleor, connected(stripe.control), courier, door)
            forget_all()


def connected(control: Control) -> Connection:
    """The channel's account, with a webhook endpoint."""
    return make_stripe_connection(
        CHANNEL,
        secret_key=control.secret_key,
        publishable_key=control.publishable_key,
        account_id=control.account_id,
        webhook_secrets=[control.add_endpoint(HOOK, EVENTS)],
    )


def forget_all() -> None:
    """An empty database for the next history."""
    with database.cursor() as cursor:
        cursor.execute("".join(f"DELETE FROM saleor_tiktok_stripe_{name};" for name in TABLES))


@contextmanager
def unserved(stripe: StripeSandbox) -> Iterator[None]:
    """Its ports are given back."""
    try:
        yield
    finally:
        for sock in stripe._server._sockets:
            sock.close()


def _posted(hook: Any, body: bytes) -> tuple[int, Any]:
    signature = hmac.new(hook.secret.encode(), body, hashlib.sha256).hexdigest()
    request = RequestFactory().post(
        "/webhooks/saleor/", body, "application/json", headers={"Saleor-Signature": signature}
    )
    try:
        answer = saleor_requests.receive(request)
    except Killed:
        return 502, None
    return answer.status_code, json.loads(answer.content) if answer.content else None


def _body(payload: Mapping[str, Any]) -> bytes:
    return json.dumps(payload, default=str).encode()


@cache
def _operation(name: str) -> str:
    return (OPERATIONS / f"{name}.graphql").read_text("utf-8")


@cache
def _subscriptions() -> dict[str, str]:
    return subscriptions()
