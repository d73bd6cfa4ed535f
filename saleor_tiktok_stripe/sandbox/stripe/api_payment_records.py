"""Payment Records: payments collected elsewhere and reported here, without effect on any balance.

Facts: the Stripe sheet, 5. A feature that an account may lack (`off` in its `features` note).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from saleor_tiktok_stripe.sandbox.stripe.errors import invalid, refused
from saleor_tiktok_stripe.sandbox.stripe.params import (
    ADDRESS,
    Spec,
    integer,
    merged_metadata,
    metadata,
    obj,
    text,
)
from saleor_tiktok_stripe.sandbox.stripe.registry import Request, route
from saleor_tiktok_stripe.sandbox.stripe.world import Account, Object

FEATURES = "features"
_PERSON = ("email", "name", "phone")
_OUTCOMES = ("guaranteed", "failed", "canceled")
_AMOUNTS = ("authorized", "canceled", "failed", "guaranteed", "refunded", "requested")
_NOTED = (
    "customer_details", "customer_presence", "description", "payment_method_details",
    "processor_details", "shipping_details",
)  # fmt: skip

_AMOUNT = {"currency": text(required=True), "value": integer(required=True, low=1)}
_PARTY: Spec = {"address": obj(ADDRESS), "name": text(), "phone": text()}
_REFERENCE = {"payment_reference": text(required=True)}
_METHOD: Spec = {
    "billing_details": obj({**_PARTY, "email": text()}),
    "custom": obj({"display_name": text(), "type": text()}),
    "payment_method": text(),
    "type": text(choices=("custom",)),
}
_INFORMATION: Spec = {
    "customer_details": obj({"customer": text(), **{name: text() for name in _PERSON}}),
    "description": text(),
    "metadata": metadata(),
    "shipping_details": obj(_PARTY),
}
_ATTEMPT: Spec = {
    **{key: value for key, value in _INFORMATION.items() if key != "customer_details"},
    **{name: obj({f"{name}_at": integer(required=True)}) for name in _OUTCOMES},
    "initiated_at": integer(required=True, low=1),
    "outcome": text(choices=_OUTCOMES),
    "payment_method_details": obj(_METHOD),
}
_PAYMENT: Spec = {
    **_ATTEMPT,
    "amount_requested": obj(_AMOUNT, required=True),
    "customer_details": _INFORMATION["customer_details"],
    "customer_presence": text(choices=("off_session", "on_session")),
    "payment_method_details": obj(_METHOD, required=True),
    "processor_details": obj(
        {"custom": obj(_REFERENCE), "type": text(required=True, choices=("custom",))}
    ),
}
_REFUND: Spec = {
    "amount": obj(_AMOUNT),
    "initiated_at": integer(low=1),
    "metadata": metadata(),
    "outcome": text(required=True, choices=("refunded",)),
    "processor_details": obj(
        {
            "custom": obj({"refund_reference": text(required=True)}),
            "type": text(required=True, choices=("custom",)),
        },
        required=True,
    ),
    "refunded": obj({"refunded_at": integer(required=True)}),
}


def _check_feature(account: Account) -> None:
    if account.note(FEATURES).get("payment_records") is False:
        raise invalid(
            "Your account is not set up to use Payment Records. Please visit "
            "https://docs.stripe.com/payments/payment-records to learn more."
        )


@route("POST", "/v1/payment_records/report_payment", params=_PAYMENT, scope="payment_record")
def report_payment(request: Request) -> Object:
    """Record a payment that another processor took."""
    account = request.account
    _check_feature(account)
    _check_outcome(request.params)
    method = request.params["payment_method_details"]
    if method.get("type") != "custom" or not method.get("custom"):
        raise invalid("Missing required param: payment_method_details[custom].",
                      "payment_method_details[custom]", "parameter_missing")  # fmt: skip
    asked = request.params["amount_requested"]
    record = account.put(_blank(account, "payment_record", "pr", asked))
    record["latest_payment_attempt_record"] = None
    _attempt(account, record, request.params)
    return record


def _check_outcome(given: Mapping[str, Any]) -> None:
    outcome = given.get("outcome")
    if outcome and outcome not in given:
        raise invalid(f"Missing required param: {outcome}.", outcome, "parameter_missing")
    for name in _OUTCOMES:
        if name in given and name != outcome:
            raise invalid(f"You may only pass '{name}' when outcome is '{name}'.", name)


def _money(value: int, currency: str) -> Object:
    return {"currency": currency, "value": value}


def _blank(account: Account, kind: str, prefix: str, asked: Mapping[str, Any]) -> Object:
    currency, value = asked["currency"].lower(), asked["value"]
    thing: Object = {
        "id": account.new_id(prefix),
        "object": kind,
        "amount": _money(value, currency),
        **{f"amount_{name}": _money(0, currency) for name in _AMOUNTS},
        "application": None,
        "created": account.now(),
        "livemode": account.livemode,
        "metadata": {},
        "reported_by": "self",
        **dict.fromkeys(_NOTED),
        "processor_details": {"type": "custom"},
    }
    thing["amount_requested"]["value"] = value
    return thing


def _attempt(account: Account, record: Object, given: Mapping[str, Any]) -> None:
    """Another attempt at a payment; the record shows the latest one."""
    attempt = account.put(_blank(account, "payment_attempt_record", "par", record["amount"]))
    attempt["payment_record"] = record["id"]
    record["latest_payment_attempt_record"] = attempt["id"]
    for thing in (record, attempt):
        _inform(thing, given)
        for name in _OUTCOMES:
            thing[f"amount_{name}"]["value"] = 0
    if given.get("outcome"):
        _settle(account, record, given["outcome"])


def _settle(account: Account, record: Object, outcome: str) -> None:
    attempt = account.get("payment_attempt_record", record["latest_payment_attempt_record"])
    for thing in (record, attempt):
        thing[f"amount_{outcome}"]["value"] = thing["amount"]["value"]


def _inform(thing: Object, given: Mapping[str, Any]) -> None:
    for name in _NOTED:
        if name in given:
            thing[name] = _SHAPES.get(name, lambda value: value)(given[name])
    thing["metadata"] = merged_metadata(thing["metadata"], given.get("metadata"))


def _address(given: Any) -> Object:
    return {**dict.fromkeys(ADDRESS), **(given or {})}


def _shipping(given: Any) -> Object | None:
    if not given:
        return None
    party = {name: given.get(name) for name in ("name", "phone")}
    return {"address": _address(given.get("address")), **party}


def _customer(given: Any) -> Object | None:
    return {name: given.get(name) for name in ("customer", *_PERSON)} if given else None


def _method(given: Any) -> Object:
    billing = given.get("billing_details") or {}
    custom = given.get("custom") or {}
    return {
        "billing_details": {
            "address": _address(billing.get("address")),
            **{name: billing.get(name) for name in _PERSON},
        },
        "custom": {"display_name": custom.get("display_name") or "", "type": custom.get("type")},
        "payment_method": given.get("payment_method"),
        "type": "custom",
    }


_SHAPES = {
    "customer_details": _customer,
    "payment_method_details": _method,
    "shipping_details": _shipping,
}


def _record(request: Request) -> Object:
    _check_feature(request.account)
    return request.account.get("payment_record", request.path["id"])


def _rest(record: Object) -> int:
    left: int = record["amount_guaranteed"]["value"] - record["amount_refunded"]["value"]
    return left


@route("POST", "/v1/payment_records/{id}/report_refund", params=_REFUND, scope="payment_record")
def report_refund(request: Request) -> Object:
    """Record that money of the payment went back: never more than there was, each one once."""
    account, record = request.account, _record(request)
    custom = request.params["processor_details"].get("custom")
    if not custom:
        raise invalid("Missing required param: processor_details[custom].",
                      "processor_details[custom]", "parameter_missing")  # fmt: skip
    rest = _rest(record)
    amount = request.get("amount") or _money(rest, record["amount"]["currency"])
    if amount["currency"].lower() != record["amount"]["currency"]:
        raise refused("The currency must be that of the payment.", param="amount[currency]")
    if rest <= 0 or amount["value"] > rest:
        raise refused(
            f"The refund ({amount['value']}) is greater than what is left of the payment ({rest}).",
            param="amount",
        )
    known = account.note(FEATURES).setdefault("refund_references", set())
    reference = custom["refund_reference"]
    if reference in known:
        raise refused(
            f"A refund with the reference '{reference}' has been reported already.",
            param="processor_details[custom][refund_reference]",
        )
    known.add(reference)
    attempt = account.get("payment_attempt_record", record["latest_payment_attempt_record"])
    for thing in (record, attempt):
        thing["amount_refunded"]["value"] += amount["value"]
    record["metadata"] = merged_metadata(record["metadata"], request.get("metadata"))
    return record


@route(
    "POST",
    "/v1/payment_records/{id}/report_payment_attempt",
    params=_ATTEMPT,
    scope="payment_record",
)
def report_attempt(request: Request) -> Object:
    """Record another attempt, after the former one failed or was canceled."""
    record = _record(request)
    _check_outcome(request.params)
    if not (record["amount_failed"]["value"] or record["amount_canceled"]["value"]):
        raise refused("The latest payment attempt has not failed and was not canceled.")
    _attempt(request.account, record, request.params)
    return record


def _report(request: Request, outcome: str) -> Object:
    record = _record(request)
    if any(record[f"amount_{name}"]["value"] for name in _OUTCOMES):
        raise refused("The outcome of the latest payment attempt is known already.")
    _settle(request.account, record, outcome)
    record["metadata"] = merged_metadata(record["metadata"], request.get("metadata"))
    return record


def _at(outcome: str) -> Spec:
    return {f"{outcome}_at": integer(required=True), "metadata": metadata()}


_PATH = "/v1/payment_records/{id}/report_payment_attempt_"


@route("POST", f"{_PATH}guaranteed", params=_at("guaranteed"), scope="payment_record")
def report_guaranteed(request: Request) -> Object:
    """The money of the latest attempt is sure."""
    return _report(request, "guaranteed")


@route("POST", f"{_PATH}failed", params=_at("failed"), scope="payment_record")
def report_failed(request: Request) -> Object:
    """The latest attempt failed."""
    return _report(request, "failed")


@route("POST", f"{_PATH}canceled", params=_at("canceled"), scope="payment_record")
def report_canceled(request: Request) -> Object:
    """The latest attempt was canceled."""
    return _report(request, "canceled")


@route("POST", f"{_PATH}informational", params=_INFORMATION, scope="payment_record")
def report_information(request: Request) -> Object:
    """More of what is known about a payment."""
    record = _record(request)
    _inform(record, request.params)
    return record


@route("GET", "/v1/payment_records/{id}", scope="payment_record")
def retrieve_record(request: Request) -> Object:
    """One payment record."""
    return _record(request)


@route("GET", "/v1/payment_attempt_records/{id}", scope="payment_record")
def retrieve_attempt(request: Request) -> Object:
    """One attempt of a payment record."""
    return request.account.get("payment_attempt_record", request.path["id"])
