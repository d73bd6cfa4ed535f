"""What Saleor asks the sidecar, as it asks any payment app. Inside Saleor there is no such address:
there the plugin's hooks are asked."""

from __future__ import annotations

import json
import logging
from typing import Any

from django.http import HttpRequest, HttpResponse

from .. import conf, payments
from ..errors import InvalidInput
from ..saleor_api import answers as said
from ..saleor_api import runs_inside_saleor
from ..saleor_api.over_http import requests
from ..saleor_api.transactions import ActionRequest, GatewayRequest, SessionRequest
from . import answers
from .notifications import read_body

log = logging.getLogger("saleor_tiktok_stripe.web")


def receive(request: HttpRequest) -> HttpResponse:
    """401 without a fitting signature, 413 for a body that is too large, 400 for one that cannot be
    read, 503 when Saleor is to ask again; else the answer as JSON.

    One address serves all channels (Saleor's webhooks know none): the body names the channel. 404
    inside Saleor, and without ``SALEOR_WEBHOOK_SECRET``.
    """
    secret = conf.saleor_webhook_secret()
    if runs_inside_saleor() or not secret:
        return answers.not_found()
    if request.method != "POST":
        return answers.not_allowed("POST")
    body = read_body(request)
    if body is None:
        return answers.empty(413)
    if not requests.is_signed(secret, body, request.headers.get("Saleor-Signature", "")):
        return answers.empty(401)
    try:
        kind, asked = requests.parse(body)
    except InvalidInput as error:
        log.warning("saleor asked: %s", error.message)
        return answers.empty(400)
    answer = _answer(kind, asked)
    if answer is None:
        return answers.empty(503)
    return answers.data(json.loads(json.dumps(answer, default=str)))


def _answer(kind: str, asked: requests.Asked) -> dict[str, Any] | None:
    if isinstance(asked, GatewayRequest):
        return said.gateway(payments.gateway(asked))
    if isinstance(asked, SessionRequest):
        ask = payments.initialize if kind == "initialize" else payments.process
        return said.session(ask(asked))
    return _acted(asked)


def _acted(asked: ActionRequest) -> dict[str, Any] | None:
    outcome = payments.carry_out(asked)
    log.info(
        "saleor asked %s of %s: %s",
        asked.kind,
        asked.transaction_id,
        "not known yet" if outcome is None else "refused" if outcome.refusal else "taken",
    )
    return None if outcome is None else said.action(outcome, asked.kind)
