"""Consent and tokens. The two token calls are plain GETs with the app secret in the query.

Source: the authorization guide of the Open API. Nothing here writes a URL to a log or an error; the
transport guards urllib3's logger as well. A token call whose answer was not seen may have rotated
both tokens: see ``TokensInDoubt``.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from ..errors import ChannelError, InDoubt, InvalidInput, VendorBug
from ..transport import Call, Lane, Reply, Transport, Verdict
from .endpoints import AUTH_URL, CONSENT_URLS
from .envelope import Envelope, judge, read
from .errors import Refusal, TokensInDoubt, error_for
from .gateway import AppCredentials, account_key, build
from .records import TokenWire
from .regions import region
from .types import Tokens

SELLER = 0


def consent_url(app: AppCredentials, region_code: str, state: str, *, host: str = "") -> str:
    """Where to send a seller to consent: US sellers and the rest of the world have own hosts.

    ``host`` overrides the scheme and host (sandbox). The redirect address is set in Partner Center.
    Raises ``InvalidInput`` when the app's service id is missing.
    """
    if not app.service_id:
        raise InvalidInput(
            "SERVICE_ID_MISSING",
            "Enter the app's service id from Partner Center; it differs from the app key.",
            field="service_id",
        )
    base = (host or CONSENT_URLS[region(region_code).consent]).rstrip("/")
    query = urlencode({"service_id": app.service_id, "state": state})
    return f"{base}/open/authorize?{query}"


def exchange_code(
    app: AppCredentials,
    auth_code: str,
    transport: Transport,
    *,
    auth_url: str = AUTH_URL,
    lane: Lane = Lane.INTERACTIVE,
) -> Tokens:
    """The first tokens for a consent's code (single use, 30 minutes).

    Raises ``NeedsReauthorization`` when the code or the credentials are refused, ``TokensInDoubt``
    when the answer was not seen or cannot be read (the code may be used up: start connecting
    again), ``RetryLater`` when nothing was sent or TikTok is busy.
    """
    query = {"auth_code": auth_code, "grant_type": "authorized_code"}
    return _tokens(app, "token.get", "/api/v2/token/get", query, transport, auth_url, lane)


def refresh(
    app: AppCredentials,
    refresh_token: str,
    transport: Transport,
    *,
    auth_url: str = AUTH_URL,
    lane: Lane = Lane.BACKGROUND,
) -> Tokens:
    """New access and refresh tokens; store both before using either.

    Call it under the account's lease: two refreshes at once can invalidate each other. Raises
    ``NeedsReauthorization`` on a terminal refusal (expired, unknown), ``TokensInDoubt`` when the
    answer was not seen or cannot be read: the refresh token may have been rotated, so the next try
    decides, and ``RetryLater`` when it passes.
    """
    query = {"refresh_token": refresh_token, "grant_type": "refresh_token"}
    return _tokens(app, "token.refresh", "/api/v2/token/refresh", query, transport, auth_url, lane)


def _tokens(
    app: AppCredentials,
    label: str,
    path: str,
    query: Mapping[str, str],
    transport: Transport,
    auth_url: str,
    lane: Lane,
) -> Tokens:
    params = {"app_key": app.app_key, "app_secret": app.app_secret, **query}
    call = Call(
        method="GET",
        url=auth_url.rstrip("/") + path,
        label=label,
        params=tuple(params.items()),
        safe=False,
        group="tokens",
        account=account_key(app.app_key, ""),
        lane=lane,
    )
    in_doubt = None
    envelope = None
    try:
        envelope = _send(call, transport)
    except InDoubt as error:
        in_doubt = error
    if envelope is None:
        raise _doubt(label, in_doubt)
    if envelope.accepted:
        return _read_tokens(envelope, label)
    secrets = (app.app_secret, *query.values())
    found = error_for(_refusal(envelope, label, secrets))
    raise _doubt(label, found) if isinstance(found, InDoubt) else found


def _send(call: Call, transport: Transport) -> Envelope:
    answers: list[Envelope] = []

    def judge_reply(reply: Reply) -> Verdict:
        answers.append(read(reply))
        return judge(answers[-1], reply)

    transport.send(call, judge_reply)
    return answers[-1]


def _read_tokens(envelope: Envelope, label: str) -> Tokens:
    """Raises ``TokensInDoubt`` when they cannot be read: TikTok gave them out all the same."""
    try:
        return build(envelope.data, TokenWire, _of_a_seller, label)
    except VendorBug as error:
        unreadable = error
    raise TokensInDoubt(
        unreadable.code,
        f"{unreadable.message} The tokens may have changed.",
        request_id=envelope.request_id,
    )


def _of_a_seller(wire: TokenWire) -> Tokens:
    if wire.user_type != SELLER:
        raise InvalidInput(
            "NOT_A_SELLER", "This account is no seller: consent with the shop's seller account."
        )
    return wire.tokens()


def _refusal(envelope: Envelope, label: str, secrets: tuple[str, ...]) -> Refusal:
    return Refusal(
        code=envelope.code,
        message=envelope.message,
        status=envelope.status,
        request_id=envelope.request_id,
        label=label,
        safe=False,
        retry_after=envelope.retry_after,
        secrets=secrets,
    )


def _doubt(label: str, error: ChannelError | None) -> TokensInDoubt:
    return TokensInDoubt(
        "TIKTOK_TOKENS_IN_DOUBT",
        f"{label}: TikTok's answer was not seen; the tokens may have changed.",
        request_id=error.request_id if error else "",
    )
