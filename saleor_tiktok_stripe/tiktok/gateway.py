"""One signed call: sign, send through the door, read the envelope, raise what it means."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ..errors import VendorBug
from ..transport import Call, Lane, Reply, Transport, Verdict
from .endpoints import Endpoint
from .envelope import Envelope, judge, read, server_time
from .errors import Refusal, error_for
from .signing import serialise, sign
from .wire import Unreadable

logger = logging.getLogger("saleor_tiktok_stripe.tiktok")

Built = TypeVar("Built")
Model = TypeVar("Model", bound=BaseModel)
Broken = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class AppCredentials:
    """The app as Partner Center shows it. ``service_id`` names it in consent links only."""

    app_key: str
    app_secret: str = field(repr=False)
    service_id: str = ""


class Gateway:
    """Signs and sends calls for one app, authorization and shop.

    ``clock`` gives Unix seconds. ``skew`` is the other side's clock minus ours in seconds, as of
    the last answer, or None before the first.
    """

    def __init__(
        self,
        app: AppCredentials,
        transport: Transport,
        base_url: str,
        *,
        access_token: str,
        shop_cipher: str = "",
        lane: Lane = Lane.BACKGROUND,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._app = app
        self._transport = transport
        self._base_url = base_url.rstrip("/")
        self._token = access_token
        self._cipher = shop_cipher
        self._lane = lane
        self._clock = clock
        self._account = account_key(app.app_key, shop_cipher)
        self.skew: float | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}(account={self._account!r}, lane={self._lane.value!r})"

    def call(
        self,
        endpoint: Endpoint,
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> Mapping[str, Any]:
        """The ``data`` of an accepted answer; may hold ``errors`` of single rows.

        Raises what ``tiktok.errors`` maps the refusal to, or what the transport raises.
        """
        answers: list[Envelope] = []

        def judge_reply(reply: Reply) -> Verdict:
            answers.append(read(reply))
            return judge(answers[-1], reply)

        reply = self._transport.send(self._signed(endpoint, path, query, body), judge_reply)
        now = server_time(reply)
        if now is not None:
            self.skew = now - self._clock()
        envelope = answers[-1]
        if envelope.accepted:
            return envelope.data
        raise error_for(self._refusal(endpoint, envelope))

    def _signed(
        self,
        endpoint: Endpoint,
        path: Mapping[str, str] | None,
        query: Mapping[str, str] | None,
        body: Mapping[str, object] | None,
    ) -> Call:
        where = endpoint.path.format(**path) if path else endpoint.path
        params = {
            "app_key": self._app.app_key,
            "timestamp": str(int(self._clock())),
            **(query or {}),
        }
        if endpoint.cipher:
            params["shop_cipher"] = self._cipher
        raw = serialise(body) if body is not None else b""
        params["sign"] = sign(self._app.app_secret, where, params.items(), raw)
        return Call(
            method=endpoint.method,
            url=self._base_url + where,
            label=endpoint.label,
            params=tuple(params.items()),
            headers={
                "content-type": "application/json",
                "x-tts-access-token": self._token,
            },
            body=raw or None,
            safe=endpoint.safe,
            group=endpoint.group,
            account=self._account,
            lane=self._lane,
        )

    def _refusal(self, endpoint: Endpoint, envelope: Envelope) -> Refusal:
        return Refusal(
            code=envelope.code,
            message=envelope.message,
            status=envelope.status,
            request_id=envelope.request_id,
            label=endpoint.label,
            safe=endpoint.safe,
            scope=endpoint.scope,
            retry_after=envelope.retry_after,
            secrets=(self._app.app_secret, self._token, self._cipher),
        )


def account_key(app_key: str, shop_cipher: str) -> str:
    """A short name of (app, shop) for limits and breakers that gives neither away."""
    return hashlib.sha256(f"{app_key}:{shop_cipher}".encode()).hexdigest()[:16]


def rows(data: Mapping[str, Any], name: str, label: str) -> list[Any]:
    """The list ``name`` of an answer; absent or null is empty. Raises ``VendorBug`` otherwise."""
    found = data.get(name)
    if found is None:
        return []
    if not isinstance(found, list):
        raise VendorBug("TIKTOK_UNREADABLE_ANSWER", f"{label}: {name} is not a list.")
    return found


def build_each(
    raw: Iterable[Any], model: type[Model], make: Callable[[Model], Built], id_name: str
) -> tuple[tuple[Built, ...], Broken]:
    """Read every row for itself: what cannot be read lands in the second part as (id, why)."""
    built: list[Built] = []
    broken: list[tuple[str, str]] = []
    for row in raw:
        try:
            built.append(make(model.model_validate(row)))
        except (ValidationError, Unreadable) as error:
            name, why = _row_id(row, id_name), explain(error)
            if not name:
                logger.warning("a row without %s cannot be read: %s", id_name, why)
            broken.append((name, why))
    return tuple(built), tuple(broken)


def build(row: object, model: type[Model], make: Callable[[Model], Built], label: str) -> Built:
    """Read one thing that there is no going on without. Raises ``VendorBug``."""
    try:
        return make(model.model_validate(row))
    except (ValidationError, Unreadable) as error:
        why = explain(error)
    raise VendorBug("TIKTOK_UNREADABLE_ANSWER", f"{label}: {why}.")


def explain(error: ValidationError | Unreadable) -> str:
    """Where and why reading failed, without the values."""
    if isinstance(error, Unreadable):
        return str(error)
    problems = error.errors(include_input=False, include_url=False, include_context=False)
    first = problems[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg'].removeprefix('Value error, ')}" if where else first["msg"]


def _row_id(row: object, id_name: str) -> str:
    """Also of one that is a number: good enough to say which row it is, and to ask for it again."""
    value = row.get(id_name) if isinstance(row, dict) else None
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if 0 <= value < 10**20 else ""
    return value[:64] if isinstance(value, str) and value.isascii() else ""
