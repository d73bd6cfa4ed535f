"""PaymentIntents over the API."""

from __future__ import annotations

from typing import Any

from saleor_tiktok_stripe.sandbox.stripe import payment_params as spec
from saleor_tiktok_stripe.sandbox.stripe import payments
from saleor_tiktok_stripe.sandbox.stripe.buyer_methods import METHODS, method_types
from saleor_tiktok_stripe.sandbox.stripe.currencies import check_amount, check_currency
from saleor_tiktok_stripe.sandbox.stripe.errors import StripeError, invalid, missing, refused
from saleor_tiktok_stripe.sandbox.stripe.events import emit
from saleor_tiktok_stripe.sandbox.stripe.expand import expandable
from saleor_tiktok_stripe.sandbox.stripe.paging import page
from saleor_tiktok_stripe.sandbox.stripe.params import PAGING, merged_metadata, text, when
from saleor_tiktok_stripe.sandbox.stripe.payment_methods import from_data, named
from saleor_tiktok_stripe.sandbox.stripe.registry import Request, route
from saleor_tiktok_stripe.sandbox.stripe.world import Account, Object, letters

KIND = "payment_intent"
SCOPE = "payment_intent"
_ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")
# What a publishable key may see of a payment.
_PUBLIC = (
    "id", "object", "amount", "amount_details", "automatic_payment_methods", "canceled_at",
    "cancellation_reason", "capture_method", "client_secret", "confirmation_method", "created",
    "currency", "description", "last_payment_error", "livemode", "next_action", "payment_method",
    "payment_method_configuration_details", "payment_method_types", "processing", "receipt_email",
    "setup_future_usage", "shipping", "source", "status",
)  # fmt: skip
_PLAIN = (
    "description", "receipt_email", "setup_future_usage", "statement_descriptor",
    "statement_descriptor_suffix", "transfer_group",
)  # fmt: skip
expandable(
    KIND,
    customer="customer",
    latest_charge="charge",
    payment_method="payment_method",
    review="review",
)


def shipping(given: Any) -> Object | None:
    """`shipping`, complete."""
    if not given:
        return None
    return {
        "address": {name: given["address"].get(name) for name in _ADDRESS},
        "carrier": given.get("carrier"),
        "name": given["name"],
        "phone": given.get("phone"),
        "tracking_number": given.get("tracking_number"),
    }


def _types(params: dict[str, Any], currency: str, capture_method: str) -> list[str]:
    automatic = params.get("automatic_payment_methods") or {}
    named_types = params.get("payment_method_types")
    if named_types and automatic.get("enabled"):
        raise invalid(
            "You may only specify one of these parameters: automatic_payment_methods, "
            "payment_method_types."
        )
    known = {method.type for method in METHODS.values()} | {"link"}
    for type_ in named_types or ():
        if type_ not in known:
            raise invalid(f"Invalid payment_method_types: {type_}", "payment_method_types")
    found = named_types or method_types(
        currency,
        redirects=automatic.get("allow_redirects") != "never",
        capture_later=capture_method == "manual",
    )
    excluded = params.get("excluded_payment_method_types") or ()
    return [type_ for type_ in found if type_ not in excluded]


def _automatic(params: dict[str, Any]) -> Object | None:
    given = params.get("automatic_payment_methods")
    # Without either of the two, current versions take payment methods from the Dashboard.
    if params.get("payment_method_types"):
        return None
    redirects = (given or {}).get("allow_redirects", "always")
    return {"allow_redirects": redirects, "enabled": (given or {}).get("enabled", True)}


def _new(account: Account, params: dict[str, Any], currency: str) -> Object:
    id_ = account.new_id("pi")
    capture_method = params.get("capture_method") or "automatic_async"
    automatic = _automatic(params)
    return {
        "id": id_,
        "object": KIND,
        "amount": params["amount"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": automatic,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": capture_method,
        "client_secret": f"{id_}_secret_{letters(id_, 25)}",
        "confirmation_method": params.get("confirmation_method") or "automatic",
        "created": account.now(),
        "currency": currency,
        "customer": None,
        "customer_account": None,
        "excluded_payment_method_types": params.get("excluded_payment_method_types") or None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": account.livemode,
        "managed_payments": None,
        "metadata": merged_metadata({}, params.get("metadata")),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": automatic
        and {"id": f"pmc_{letters(account.id, 24)}", "parent": None},
        "payment_method_options": {},
        "payment_method_types": _types(params, currency, capture_method),
        "processing": None,
        "review": None,
        "shipping": shipping(params.get("shipping")),
        "source": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        **{name: params.get(name) or None for name in _PLAIN},
    }


@route("POST", "/v1/payment_intents", params=spec.CREATE, scope=SCOPE)
def create(request: Request) -> Object:
    """A new payment; with `confirm` also its first attempt."""
    account, params = request.account, request.params
    currency = check_currency(params["currency"])
    check_amount(params["amount"], currency)
    if params.get("return_url") and not params.get("confirm"):
        raise invalid(
            "The parameter `return_url` cannot be passed when creating a PaymentIntent unless "
            "`confirm` is set to true.",
            "return_url",
        )
    _known_customer(params)
    payment = _new(account, params, currency)
    _options(payment, params)
    chosen = _chosen(request)
    account.put(payment)
    emit(account, "payment_intent.created", payment)
    if chosen is not None:
        payment.update(payment_method=chosen["id"], status="requires_confirmation")
    if params.get("confirm"):
        _confirm(request, payment)
    return payment


def _known_customer(params: dict[str, Any]) -> None:
    if params.get("customer"):
        # The sandbox has no customers: no integration under test makes any.
        raise missing("customer", params["customer"], "customer", 400)


def _options(payment: Object, params: dict[str, Any]) -> None:
    for type_, given in (params.get("payment_method_options") or {}).items():
        own = dict(given) if isinstance(given, dict) else {}
        method = own.get("capture_method")
        if method not in (None, "", "manual"):
            name = f"payment_method_options[{type_}][capture_method]"
            raise invalid(f"Invalid {name}: must be manual", name)
        payment["payment_method_options"][type_] = {
            "installments": None,
            "mandate_options": None,
            "network": None,
            "request_three_d_secure": "automatic",
            **own,
        } if type_ == "card" else own  # fmt: skip


def _chosen(request: Request) -> Object | None:
    by_buyer = request.key.kind == "publishable"
    if request.get("payment_method_data"):
        return from_data(request.account, request.get("payment_method_data"), by_buyer=by_buyer)
    name = request.get("payment_method")
    return named(request.account, name) if name else None


def _confirm(request: Request, payment: Object) -> None:
    account = request.account
    if payment["payment_method"] is None:
        raise payments.unexpected(
            payment,
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can "
            "either update the PaymentIntent with a payment method and then confirm it again, or "
            "confirm it again directly with a payment method or ConfirmationToken.",
        )
    automatic = payment["automatic_payment_methods"] or {}
    may_redirect = automatic.get("enabled") and automatic.get("allow_redirects") == "always"
    if may_redirect and not request.get("return_url") and not request.get("off_session"):
        raise refused(
            "This PaymentIntent is configured to accept payment methods enabled in your "
            "Dashboard. Because some of these payment methods might redirect your customer off of "
            "your page, you must provide a `return_url`. If you don't want to accept "
            "redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` "
            "and `automatic_payment_methods[allow_redirects]` to `never` when creating Setup "
            "Intents and Payment Intents."
        )
    method = account.get("payment_method", payment["payment_method"])
    payments.confirm(account, payment, method, request.params)


def _own(request: Request) -> Object:
    """The payment of the path; a publishable key needs its client secret too."""
    payment = request.account.get(KIND, request.path["id"], "intent")
    if request.key.kind != "publishable":
        return payment
    given = request.get("client_secret")
    if not given:
        said = "Missing required param: client_secret."
        raise invalid(said, "client_secret", "parameter_missing")
    if given != payment["client_secret"]:
        raise StripeError(
            400,
            code="payment_intent_invalid_parameter",
            param="client_secret",
            message="The client_secret provided does not match any associated PaymentIntent on "
            "this account. Ensure the publishable key used belongs to the same account that "
            "created the PaymentIntent.",
        )
    return payment


def _shown(request: Request, payment: Object) -> Object:
    if request.key.kind != "publishable":
        return payment
    return {name: payment[name] for name in _PUBLIC}


@route(
    "GET",
    "/v1/payment_intents/{id}",
    params=spec.CLIENT_SECRET,
    scope=SCOPE,
    auth="publishable",
    js_params=spec.JS,
)
def retrieve(request: Request) -> Object:
    """A payment as it is now."""
    return _shown(request, _own(request))


@route("POST", "/v1/payment_intents/{id}", params=spec.UPDATE, scope=SCOPE)
def update(request: Request) -> Object:
    """Metadata at any time, the rest before the payment was made."""
    payment, params = _own(request), request.params
    if set(params) - {"metadata", "description"}:
        payments.only_in(
            payment, payments.CONFIRMABLE, "This PaymentIntent could not be updated", "updated"
        )
    _known_customer(params)
    currency = check_currency(params.get("currency") or payment["currency"])
    amount: int = params.get("amount") or payment["amount"]
    check_amount(amount, currency)
    payment |= {name: params[name] or None for name in _PLAIN if name in params}
    payment["metadata"] = merged_metadata(payment["metadata"], params.get("metadata"))
    payment["currency"] = currency
    payment["amount"] = amount
    _paying(request, payment)
    return payment


def _paying(request: Request, payment: Object) -> None:
    params = request.params
    if "shipping" in params:
        payment["shipping"] = shipping(params["shipping"])
    if params.get("receipt_email"):
        payment["receipt_email"] = params["receipt_email"]
    if params.get("capture_method"):
        payment["capture_method"] = params["capture_method"]
    if params.get("payment_method_types"):
        payment["payment_method_types"] = params["payment_method_types"]
    _options(payment, params)
    chosen = _chosen(request)
    if chosen is not None:
        payment.update(payment_method=chosen["id"], status="requires_confirmation")


@route(
    "POST",
    "/v1/payment_intents/{id}/confirm",
    params=spec.CONFIRM,
    scope=SCOPE,
    auth="publishable",
    js_params=spec.JS,
)
def confirm(request: Request) -> Object:
    """The buyer pays (with the publishable key), or the merchant does for them."""
    payment = _own(request)
    if payment["status"] not in payments.CONFIRMABLE:
        done = "it has already succeeded after being previously confirmed"
        if payment["status"] != "succeeded":
            done = f"it has a status of {payment['status']}"
        said = f"You cannot confirm this PaymentIntent because {done}."
        raise payments.unexpected(payment, said)
    _paying(request, payment)
    _confirm(request, payment)
    return _shown(request, payment)


@route("POST", "/v1/payment_intents/{id}/capture", params=spec.CAPTURE, scope=SCOPE)
def capture(request: Request) -> Object:
    """Take what was authorized, all of it or a part."""
    payment = _own(request)
    if request.get("final_capture") is False:
        raise refused(
            "Multicapture is not available for this PaymentIntent.", None, "final_capture"
        )
    payments.capture(request.account, payment, request.get("amount_to_capture"))
    payment["metadata"] = merged_metadata(payment["metadata"], request.get("metadata"))
    return payment


@route("POST", "/v1/payment_intents/{id}/cancel", params=spec.CANCEL, scope=SCOPE)
def cancel(request: Request) -> Object:
    """Give the payment up."""
    payment = _own(request)
    payments.cancel(request.account, payment, request.get("cancellation_reason"))
    return payment


@route(
    "GET",
    "/v1/payment_intents",
    params={**PAGING, "created": when(), "customer": text()},
    scope=SCOPE,
)
def listed(request: Request) -> Object:
    """Payments, newest first."""
    rows = request.account.of(KIND)
    if request.get("customer"):
        rows = [row for row in rows if row["customer"] == request.get("customer")]
    return page(request, rows, "/v1/payment_intents", KIND)
