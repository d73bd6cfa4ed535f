"""What the auth address serves: the consent page and the two token calls (reference: OAuth)."""

from __future__ import annotations

import uuid
from html import escape
from urllib.parse import parse_qsl, urlencode

from saleor_tiktok_stripe.sandbox.tiktok.errors import ApiError
from saleor_tiktok_stripe.sandbox.tiktok.gateway import Request
from saleor_tiktok_stripe.sandbox.tiktok.web import (
    Answer,
    html_answer,
    json_answer,
    redirect_answer,
    text_answer,
)
from saleor_tiktok_stripe.sandbox.tiktok.world import World

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Authorize</title>
<h1>Sandbox TikTok Shop</h1>
<p>The app {app} asks for access to {shops}.</p>
<form method="post" action="{action}">
<input type="hidden" name="state" value="{state}">
<button name="answer" value="approve">Approve</button>
<button name="answer" value="refuse">Refuse</button>
</form></html>"""
_CONSENT = {
    "/open/authorize": "",
    "/us/open/authorize": "US",
    "/row/open/authorize": "ROW",
    "/oauth/authorize": "",
}


def _redirect(world: World, approved: bool, state: str) -> Answer:
    target = world.settings.redirect_url
    if not target:
        return html_answer("<p>The app has no redirect URL.</p>", 400)
    if approved:
        answer = {"code": world.authority.issue_code(), "locale": "en", "shop_region": ""}
        answer |= {"app_key": world.authority.app_key, "shop_region": world.authority.region}
    else:
        answer = {"code": "null", "error": "auth_denied"}
    if state:
        answer["state"] = state
    joint = "&" if "?" in target else "?"
    return redirect_answer(f"{target}{joint}{urlencode(answer)}")


def _consent(world: World, request: Request, region: str) -> Answer:
    query = dict(request.query)
    legacy = request.path == "/oauth/authorize"
    given = query.get("app_key") if legacy else query.get("service_id")
    if request.method == "POST":
        form = dict(parse_qsl(request.body.decode("latin-1")))
        return _redirect(world, form.get("answer") == "approve", form.get("state", ""))
    if given != (world.authority.app_key if legacy else world.authority.service_id):
        return html_answer("<p>This app is unknown.</p>", 400)
    home = "US" if world.authority.region == "US" else "ROW"
    if region and region != home:
        return html_answer("<p>This seller is not registered in this region.</p>", 400)
    state = query.get("state", "")
    if world.settings.auto_approve:
        return _redirect(world, True, state)
    shops = ", ".join(shop.name for shop in world.shops)
    return html_answer(
        _PAGE.format(
            app=escape(world.authority.app_key),
            shops=escape(shops),
            action=request.path,
            state=escape(state, quote=True),
        )
    )


def _tokens(world: World, request: Request) -> Answer:
    query = dict(request.query)
    envelope = {"code": 0, "message": "success", "request_id": uuid.uuid4().hex}
    app = query.get("app_key", ""), query.get("app_secret", "")
    grant_type = query.get("grant_type", "")
    try:
        if request.path.endswith("/get"):
            data = world.authority.exchange(*app, query.get("auth_code", ""), grant_type)
        else:
            data = world.authority.refresh(*app, query.get("refresh_token", ""), grant_type)
    except ApiError as error:
        return json_answer(envelope | {"code": error.code, "message": error.message, "data": None})
    return json_answer(envelope | {"data": data})


def handle(world: World, request: Request) -> Answer:
    """One request to the auth address; the token calls exist as GET only."""
    if request.path in _CONSENT:
        return _consent(world, request, _CONSENT[request.path])
    if request.method == "GET" and request.path in {
        "/api/v2/token/get",
        "/api/v2/token/refresh",
    }:
        return _tokens(world, request)
    return text_answer("404 page not found", 404)
