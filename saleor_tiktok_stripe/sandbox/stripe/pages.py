"""What a buyer's browser sees: the bank's page of 3-D Secure or a redirect method, and receipts."""

from __future__ import annotations

from html import escape

from saleor_tiktok_stripe.sandbox.stripe import payments
from saleor_tiktok_stripe.sandbox.stripe.currencies import words
from saleor_tiktok_stripe.sandbox.stripe.errors import missing
from saleor_tiktok_stripe.sandbox.stripe.params import text
from saleor_tiktok_stripe.sandbox.stripe.registry import Reply, Request, route
from saleor_tiktok_stripe.sandbox.stripe.world import Account, Object

_HTML = {"content-type": "text/html; charset=utf-8"}
PATH = "/pages/authenticate/{account}/{id}"


def _page(title: str, body: str) -> Reply:
    document = f"<!doctype html><title>{escape(title)}</title><h1>{escape(title)}</h1>{body}"
    return Reply(document.encode(), 200, _HTML)


def _of(request: Request) -> tuple[Account, Object]:
    id_ = request.path["id"]
    for livemode in (False, True):
        account = request.world.accounts.get((request.path["account"], livemode))
        payment = account and account.find("payment_intent", id_)
        if account is not None and payment:
            return account, payment
    raise missing("payment_intent", id_)


@route("GET", PATH, auth="none")
def ask(request: Request) -> Reply:
    """The bank asks: complete or fail."""
    _, payment = _of(request)
    buttons = "".join(
        f'<button name="outcome" value="{value}">{label}</button>'
        for value, label in (("complete", "Complete authentication"), ("fail", "Fail"))
    )
    said = escape(words(payment["amount"], payment["currency"]))
    return _page("3-D Secure", f'<p>{said}</p><form method="post">{buttons}</form>')


@route(
    "POST", PATH, params={"outcome": text(required=True, choices=("complete", "fail"))}, auth="none"
)
def decide(request: Request) -> Reply:
    """What the buyer did; the browser goes on to the shop's return URL."""
    account, payment = _of(request)
    payments.authenticated(account, payment, passed=request.get("outcome") == "complete")
    back = account.note(payment["id"]).get("return_url")
    if not back:
        return _page("Done", "<p>You may close this page.</p>")
    joint = "&" if "?" in back else "?"
    result = "succeeded" if payment["status"] != "requires_payment_method" else "failed"
    url = (
        f"{back}{joint}payment_intent={payment['id']}"
        f"&payment_intent_client_secret={payment['client_secret']}&redirect_status={result}"
    )
    return Reply(b"", 303, {"location": url})


@route("GET", "/pages/receipts/{id}", auth="none")
def receipt(request: Request) -> Reply:
    """A charge's receipt."""
    for account in request.world.accounts.values():
        charge = account.find("charge", request.path["id"])
        if charge is not None:
            said = escape(words(charge["amount_captured"], charge["currency"]))
            return _page("Receipt", f"<p>{said}</p>")
    raise missing("charge", request.path["id"])
