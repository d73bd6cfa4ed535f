"""Staff at Saleor's GraphQL API and buyers at TikTok, on one stage, and what each side shows then.

Every deed ends with ``settle``: notifications are delivered, workers do what is due, and what was
done in Saleor is looked for, twice. ``assert_still`` proves the echo guard.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Protocol

import requests

from saleor_tiktok_stripe import jobs
from saleor_tiktok_stripe.jobs import schedule
from saleor_tiktok_stripe.models import (
    AfterSalesCase,
    InboundEvent,
    Job,
    MarketplaceRequest,
    OrderLink,
)
from saleor_tiktok_stripe.saleor_api import get_saleor
from saleor_tiktok_stripe.sandbox.tiktok.webhooks import TYPES
from tests.support.shop import CHANNEL

from .stage import Side, Stage

OPERATIONS = Path(__file__).parents[2] / "graphql" / "staff"
BUYER, PLATFORM = "TikTok Shop", "TikTok Shop platform discount"
SHIP: Final = "POST /fulfillment/orders/{order_id}/packages"
LABEL: Final = "POST /fulfillment/packages/{package_id}/ship"
CANCEL: Final = "POST /return_refund/cancellations"
RETURN: Final = "POST /return_refund/returns"
CONFIRM = """mutation orderConfirm($id: ID!) {
  orderConfirm(id: $id) { order { id } errors { field message } }
}"""
NOTE = """mutation updateMetadata($id: ID!, $input: [MetadataInput!]!) {
  updateMetadata(id: $id, input: $input) { errors { field message } }
}"""
_EVENTS = {number: name for name, number in TYPES.items()}
_ROUNDS = 40
_numbers = itertools.count(1)


def usps() -> str:
    """A new tracking number whose form names the carrier (22 digits, mod 10)."""
    body = f"94001118995600{next(_numbers):07d}"
    total = sum(int(sign) * (3, 1)[at % 2] for at, sign in enumerate(reversed(body)))
    return f"{body}{-total % 10}"


def ups() -> str:
    """The same of another carrier (1Z; letters count as code - 63, mod 10)."""
    body = f"999AA1{next(_numbers):09d}"
    values = [int(sign) if sign.isdigit() else (ord(sign) - 63) % 10 for sign in body]
    total = sum(value * (1, 2)[at % 2] for at, value in enumerate(values))
    return f"1Z{body}{-total % 10}"


class TradeSide(Side, Protocol):
    """``hooks``: Saleor tells at once what its staff do; elsewhere it is looked for. ``api`` is its
    GraphQL address."""

    hooks: bool
    api: str
    staff_token: str

    def wait(self) -> None:
        """Until Saleor has told us all that its staff asked for."""

    def set_price(self, sku: str, price: Decimal) -> None: ...


@dataclass
class Trade:
    """One shop's staff and buyers."""

    stage: Stage
    side: TradeSide

    # --- staff --------------------------------------------------------------------------------

    def do(self, name: str, query: str = "", **variables: Any) -> dict[str, Any]:
        """The one field of an operation of ``graphql/staff/`` (or of ``query``); it must have
        brought no errors."""
        reply = requests.post(
            self.side.api,
            json={
                "query": query or (OPERATIONS / f"{name}.graphql").read_text("utf-8"),
                "variables": variables,
            },
            headers={"Authorization": f"Bearer {self.side.staff_token}"},
            timeout=60,
        ).json()
        assert "errors" not in reply, reply
        [value] = reply["data"].values()
        assert isinstance(value, dict)
        assert value.get("errors", []) == [], value
        return value

    def fulfill(self, order_id: str, units: int, tracking: str = "") -> str:
        """Ship units of the order's only line; the fulfillment's id."""
        [line] = self.shipments(order_id)["lines"]
        made = self.do(
            "orderFulfill",
            order=self.saleor_id(order_id),
            input={
                "lines": [
                    {
                        "orderLineId": line["id"],
                        "stocks": [{"quantity": units, "warehouse": self.warehouse}],
                    }
                ],
                "trackingNumber": tracking,
                "notifyCustomer": False,
                "allowStockToBeExceeded": True,
            },
        )
        return str(made["fulfillments"][0]["id"])

    def track(self, fulfillment_id: str, number: str) -> None:
        given = {"trackingNumber": number, "notifyCustomer": False}
        self.do("orderFulfillmentUpdateTracking", id=fulfillment_id, input=given)

    def call_back(self, fulfillment_id: str) -> None:
        """Take a shipment back that has not left."""
        given = {"warehouseId": self.warehouse}
        self.do("orderFulfillmentCancel", id=fulfillment_id, input=given)

    def note(self, fulfillment_id: str, key: str, value: str) -> None:
        self.do("updateMetadata", NOTE, id=fulfillment_id, input=[{"key": key, "value": value}])

    def cancel(self, order_id: str) -> None:
        self.do("orderCancel", id=self.saleor_id(order_id))

    def confirm(self, order_id: str) -> None:
        self.do("orderConfirm", CONFIRM, id=self.saleor_id(order_id))

    def take_out(self, order_id: str, units: int) -> None:
        """Take unshipped units of the order's only line out of it."""
        [line] = self.shipments(order_id)["lines"]
        given = {"orderLines": [{"orderLineId": line["id"], "quantity": units}], "refund": False}
        self.do("orderFulfillmentReturnProducts", order=self.saleor_id(order_id), input=given)

    def refund(self, order_id: str, amount: str = "", of: str = BUYER) -> None:
        """Refund a TikTok-collected payment in the Dashboard; all of it where no amount is told."""
        amounts = {"amount": amount} if amount else {}
        self.do("transactionRefund", id=self.payment(order_id, of)["id"], **amounts)

    def grant(self, order_id: str, amount: str, units: int) -> str:
        """Grant a refund of units of the order's only line, and have TikTok's transaction pay it;
        the granted refund's id."""
        [line] = self.shipments(order_id)["lines"]
        made = self.do(
            "orderGrantRefundCreate",
            id=self.saleor_id(order_id),
            input={
                "amount": amount,
                "lines": [{"id": line["id"], "quantity": units}],
                "transactionId": self.payment(order_id)["id"],
            },
        )["grantedRefund"]["id"]
        self.do("transactionRequestRefundForGrantedRefund", grantedRefundId=made)
        return str(made)

    def count(self, sku: str, quantity: int) -> None:
        """Count a variant's stock."""
        [variant] = get_saleor().find_variants(CHANNEL, skus=[sku])
        self.do(
            "productVariantStocksUpdate",
            variantId=variant.id,
            stocks=[{"warehouse": self.warehouse, "quantity": quantity}],
        )

    @property
    def warehouse(self) -> str:
        return get_saleor().channel(CHANNEL).warehouses[0].id

    # --- what happens then --------------------------------------------------------------------

    def settle(self, *, looks: int = 2) -> None:
        """Both sides hear of everything."""
        for _ in range(looks):
            self.side.wait()
            schedule.look()
            self._rest()

    def _rest(self) -> None:
        for _ in range(_ROUNDS):
            delivered = self.stage.tiktok.deliver_due()
            if not self._hurry() and not delivered:
                return
        raise AssertionError("the jobs do not end")

    def _hurry(self) -> int:
        """Run what is due, also what was put off for a moment; how much that was."""
        now = jobs.clock.now()
        waiting = Job.objects.filter(status="queued", run_after__lte=now + timedelta(seconds=60))
        waiting.filter(connection__state="active").update(run_after=now)
        return jobs.work(deadline_seconds=60).handled

    def poll(self, *kinds: str) -> None:
        """The jobs that come round by themselves."""
        for kind in kinds:
            jobs.enqueue(kind, self.stage.connection)
        self._rest()

    def assert_still(self, *order_ids: str) -> None:
        """The echo guard: every notification again, every look and poll and every job of these
        orders once more, and nothing is written on either side."""
        before, heard = self._written(order_ids), InboundEvent.objects.count()
        for order_id in order_ids:
            self._tell_again(order_id)
        # As if nothing were known of what came over last: everything is compared again.
        OrderLink.objects.filter(order_id__in=order_ids).update(fingerprint="")
        for kind in ("order.sync", "order.push", "case.sync"):
            jobs.enqueue_many(kind, self.stage.connection, order_ids)
        self.side.wait()
        self.poll("orders.watch", "orders.poll", "cases.poll", "stock.push", "price.push")
        assert InboundEvent.objects.count() > heard
        assert self._written(order_ids) == before

    def _tell_again(self, order_id: str) -> None:
        """Each notification about an order with another id, as if it were new."""
        seen: set[str] = set()
        for one in self.stage.tiktok.webhook_log():
            data = json.loads(one["body"])["data"]
            text = json.dumps(data, sort_keys=True)
            if order_id in text and (key := f"{one['type']}{text}") not in seen:
                seen.add(key)
                outbox = self.stage.tiktok.world.outbox
                outbox.emit(self.stage.connection.account_id, _EVENTS[one["type"]], data)
        assert seen

    def _written(self, order_ids: Sequence[str]) -> dict[str, Any]:
        requests_ = MarketplaceRequest.objects.filter(order_id__in=order_ids)
        skus = {line.sku for one in order_ids for line in self.stage.read(one).lines}
        return {
            "at TikTok": self.stage.tiktok.write_log(),
            "TikTok": {one: self.stage.tiktok.truth(one) for one in order_ids},
            "Saleor": {one: self.side.activity(one) for one in order_ids},
            "orders": {one: self.stage.side.orders_of(one) for one in order_ids},
            "stock": {sku: self.side.stock(sku) for sku in sorted(skus)},
            "asked": sorted(requests_.values_list("kind", "subject", "state", "reference")),
        }

    # --- looking ------------------------------------------------------------------------------

    def saleor_id(self, order_id: str) -> str:
        return self.stage.link(order_id).saleor_order_id

    def shipments(self, order_id: str) -> dict[str, Any]:
        return self.do("orderShipments", id=self.saleor_id(order_id))

    def seen(self, order_id: str) -> dict[str, Any]:
        """The order as staff see it: its status, units still to be shipped, and the fulfillments
        as status, tracking number and units."""
        shown = self.shipments(order_id)
        return {
            "status": shown["status"],
            "open": sum(line["quantityToFulfill"] for line in shown["lines"]),
            "parcels": sorted(
                (
                    one["status"],
                    one["trackingNumber"] or "",
                    sum(line["quantity"] for line in one["lines"]),
                )
                for one in shown["fulfillments"]
            ),
        }

    def payment(self, order_id: str, of: str = BUYER) -> dict[str, Any]:
        rows = self.do("orderPayments", id=self.saleor_id(order_id))["transactions"]
        [found] = [one for one in rows if one["name"] == of]
        return dict(found)

    def money(self, order_id: str) -> dict[str, str]:
        """What is charged, refunded and being refunded of the buyer's payment and of the platform's
        (sums of nothing left out), and granted refunds."""
        shown = self.do("orderPayments", id=self.saleor_id(order_id))
        found = {}
        for one in shown["transactions"]:
            name = "platform " if one["name"] == PLATFORM else ""
            for what in ("charged", "refunded", "refundPending"):
                amount = one[f"{what}Amount"]["amount"]
                found |= {f"{name}{what}": cash(amount)} if amount else {}
        grants = sorted((cash(g["amount"]["amount"]), g["status"]) for g in shown["grantedRefunds"])
        return found | ({"grants": grants} if grants else {})

    def refunds(self, order_id: str, of: str = BUYER) -> list[tuple[str, str, str]]:
        """Type, amount and reference of all that was told of refunds, oldest first."""
        events = [one for one in self.payment(order_id, of)["events"] if "REFUND" in one["type"]]
        return [
            (one["type"], cash(one["amount"]["amount"]), one["pspReference"])
            for one in sorted(events, key=lambda one: (one["createdAt"], one["type"]))
        ]

    def words(self, order_id: str, kind: str = "REFUND_FAILURE") -> list[str]:
        events = self.payment(order_id)["events"]
        return [one["message"] for one in events if one["type"] == kind]

    def theirs(self, order_id: str) -> dict[str, Any]:
        """TikTok's books: status; units waiting, shipped (each once) and cancelled; packages as
        tracking number and units; what was paid and given back."""
        truth = self.stage.tiktok.truth(order_id)
        units = truth["units"].values()
        assert all(one["shipments"] == int(one["shipped"]) for one in units)
        cancelled = sum(one["cancelled"] for one in units)
        shipped = sum(one["shipped"] for one in units)
        return {
            "status": truth["status"],
            "units": (len(units) - cancelled - shipped, shipped, cancelled),
            "packages": sorted(
                (one["tracking_number"], len(one["line_ids"])) for one in truth["packages"]
            ),
            "paid": cash(truth["paid"]),
            "refunded": cash(truth["refunded"]),
        }

    def package_keys(self, order_id: str) -> dict[str, str]:
        """Of fulfillments that say so: the package, by tracking number."""
        found = {}
        for one in self.shipments(order_id)["fulfillments"]:
            known = {row["key"]: row["value"] for row in one["metadata"]}
            if "tiktok.package_id" in known:
                found[one["trackingNumber"]] = known["tiktok.package_id"]
        return found

    def packages(self, order_id: str) -> dict[str, str]:
        """TikTok's, by tracking number."""
        truth = self.stage.tiktok.truth(order_id)
        return {one["tracking_number"]: one["id"] for one in truth["packages"]}

    @contextmanager
    def writes(self, **expected: int) -> Iterator[list[dict[str, Any]]]:
        """What is written at TikTok inside, stock and prices aside, must be so many writes by
        their endpoint's last words (``ship=1``)."""
        before = len(self.stage.tiktok.write_log())
        made: list[dict[str, Any]] = []
        yield made
        made += [
            one
            for one in self.stage.tiktok.write_log()[before:]
            if "/inventory/" not in one["endpoint"] and "/prices/" not in one["endpoint"]
        ]
        assert len(made) == sum(expected.values()), made
        for name, number in expected.items():
            assert sum(name in one["endpoint"] for one in made) == number, made

    def push(self, order_id: str) -> tuple[str, str, str]:
        """How the last push of an order ended: status, outcome or error, the problem's words."""
        job = Job.objects.filter(kind="order.push", subject=order_id).latest("id")
        problem = job.problem or {}
        return job.status, job.error_code or job.outcome, problem.get("cause", "")

    def case(self, case_id: str) -> AfterSalesCase:
        return AfterSalesCase.objects.select_related("connection").get(case_id=case_id)

    @contextmanager
    def settings(self, **fields: str) -> Iterator[None]:
        """Other choices in the form, and back."""
        usual = {
            "hold_policy": "wait",
            "restock_returns": "false",
            "price_push": "false",
            "cancel_reason": "out_of_stock",
        }
        self.side.save_settings(**fields)
        try:
            yield
        finally:
            self.side.save_settings(**{name: usual[name] for name in fields})


def cash(amount: Any) -> str:
    return f"{Decimal(str(amount)):.2f}"


def group(region: str) -> str:
    """What the form's field Region wants for a market."""
    return "US" if region == "US" else "ROW"
