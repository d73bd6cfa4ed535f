"""The Connect address: the page where an account's owner consents, and the calls that follow."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

from saleor_tiktok_stripe.sandbox.stripe import oauth
from saleor_tiktok_stripe.sandbox.stripe.errors import StripeError
from saleor_tiktok_stripe.sandbox.stripe.oauth import OAuthError, Platform
from saleor_tiktok_stripe.sandbox.stripe.params import Spec, flag, free, items, text
from saleor_tiktok_stripe.sandbox.stripe.registry import Reply, Request, route
from saleor_tiktok_stripe.sandbox.stripe.world import Object

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Connect</title>
<h1>Sandbox Stripe</h1>
<p>The platform {platform} asks to act for the account {account} ({scope}).</p>
<form method="post" action="/oauth/authorize">
{hidden}
<button name="answer" value="approve">Connect</button>
<button name="answer" value="deny">Cancel</button>
</form></html>"""
_FIELD = '<input type="hidden" name="{name}" value="{value}">'
_KEPT = ("client_id", "response_type", "scope", "state", "redirect_uri")
_AUTHORIZE: Spec = {
    **{name: text() for name in _KEPT},
    "always_prompt": flag(),
    "stripe_landing": text(choices=("login", "register")),
    "stripe_user": free(),
    "suggested_capabilities": items(),
}
_ANSWER: Spec = {**_AUTHORIZE, "answer": text(required=True, choices=("approve", "deny"))}
_TOKEN: Spec = {
    "assert_capabilities": items(),
    "client_secret": text(),
    "code": text(),
    "grant_type": text(),
    "refresh_token": text(),
    "scope": text(),
}
_DEAUTHORIZE: Spec = {"client_id": text(), "client_secret": text(), "stripe_user_id": text()}
_HTML = {"content-type": "text/html; charset=utf-8"}


@route("GET", "/oauth/authorize", params=_AUTHORIZE, auth="none", hosts=("connect",))
def authorize(request: Request) -> Reply:
    """The consent page; a platform set to approve by itself is sent back at once."""
    platform, target = _known(request)
    trouble = _trouble(request)
    if trouble:
        return _back(request, target, trouble)
    if platform.auto_approve:
        return _approved(request, platform, target)
    hidden = "\n".join(
        _FIELD.format(name=name, value=escape(request.params[name], quote=True))
        for name in _KEPT
        if request.get(name)
    )
    page = _PAGE.format(
        platform=escape(platform.account.id),
        account=escape(platform.merchant().id),
        scope=_scope(request),
        hidden=hidden,
    )
    return Reply(page.encode(), headers=_HTML)


@route("POST", "/oauth/authorize", params=_ANSWER, auth="none", hosts=("connect",))
def answer(request: Request) -> Reply:
    """What the owner chose on the page."""
    platform, target = _known(request)
    if request.params["answer"] == "approve":
        return _approved(request, platform, target)
    said = {"error": "access_denied", "error_description": "The user denied your request"}
    return _back(request, target, said)


def _known(request: Request) -> tuple[Platform, str]:
    """The platform and where its page leads back to; without both, nobody is sent anywhere."""
    platform = oauth.by_client_id(request.world, request.get("client_id", ""))
    if platform is None:
        raise StripeError(
            400, message="No application matches the supplied client identifier", stored=False
        )
    known = platform.redirect_uris
    target: str = request.get("redirect_uri") or (known[0] if known else "")
    if not target or (known and target not in known):
        raise StripeError(
            400,
            message=f"Invalid redirect URI '{target}'. Ensure this uri exactly matches one of the "
            "uris specified in your application settings",
            stored=False,
        )
    return platform, target


def _scope(request: Request) -> str:
    chosen: str = request.get("scope") or "read_only"
    return chosen


def _trouble(request: Request) -> Object | None:
    if request.get("response_type") != "code":
        said = "The response_type must be 'code'"
        return {"error": "unsupported_response_type", "error_description": said}
    if _scope(request) not in oauth.SCOPES:
        return {"error": "invalid_scope", "error_description": "Invalid scope"}
    return None


def _approved(request: Request, platform: Platform, target: str) -> Reply:
    scope = _scope(request)
    return _back(request, target, {"scope": scope, "code": platform.issue_code(scope)})


def _back(request: Request, target: str, said: Object) -> Reply:
    if request.get("state"):
        said = {**said, "state": request.params["state"]}
    joint = "&" if "?" in target else "?"
    return Reply(b"", 302, {"location": f"{target}{joint}{urlencode(said)}"})


def _caller(request: Request) -> Platform:
    """The platform whose secret key came in the header or as `client_secret`."""
    key = request.key
    if key.kind == "none":
        found = request.world.keys.get(request.get("client_secret", ""))
        key = found or key
    if key.kind != "secret":
        raise OAuthError("invalid_client", "No such API key: the platform's secret key is needed")
    return oauth.platform(key.account)


@route("POST", "/oauth/token", params=_TOKEN, auth="none", hosts=("connect",))
def token(request: Request) -> Object:
    """Tokens for a code, or for a refresh token."""
    platform = _caller(request)
    grant_type = request.get("grant_type")
    if grant_type == "authorization_code":
        return platform.exchange(_needed(request, "code"))
    if grant_type == "refresh_token":
        return platform.renew(_needed(request, "refresh_token"))
    raise OAuthError("unsupported_grant_type", f"Unsupported grant type: {grant_type}")


def _needed(request: Request, name: str) -> str:
    value: str = request.get(name, "")
    if not value:
        raise OAuthError("invalid_request", f"No {name} provided")
    return value


@route("POST", "/oauth/deauthorize", params=_DEAUTHORIZE, auth="none", hosts=("connect",))
def deauthorize(request: Request) -> Object:
    """The platform gives a consent back."""
    platform = _caller(request)
    if request.get("client_id") != platform.client_id:
        raise OAuthError("invalid_client", "No such application for this API key")
    account_id = _needed(request, "stripe_user_id")
    platform.end(account_id)
    return {"stripe_user_id": account_id}
