"""One call: parameters, headers, the door, the answer read, or raised as what it means."""

from __future__ import annotations

import hashlib
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, urlsplit

from pydantic import BaseModel, ValidationError

from ..errors import ChannelError, InDoubt, InvalidInput, RetryLater, VendorBug
from ..transport import Call, Lane, Reply, Transport
from . import package
from .answers import judge, load, refusal_of
from .endpoints import API_VERSION, TEST_GROUP, Base, Endpoint
from .errors import Refusal, error_for, unreadable
from .keys import key_kind, well_formed
from .package import Request, Upload
from .wire import Unreadable

Built = TypeVar("Built")
Model = TypeVar("Model", bound=BaseModel)
Refuser = Callable[[Refusal], ChannelError]

INTERACTIVE_REPEATS: Final = 2
LONGEST_WAIT: Final = 2.0
"""Seconds a person is made to wait for the next try."""
KEY_LIMIT: Final = 255
PAGE_LIMIT: Final = 1000
_ID = re.compile(r"[A-Za-z0-9_]{1,255}")


class Gateway:
    """Sends calls under one key, for one account. ``skew`` is the other side's clock minus ours in
    seconds, as of the last answer; ``last_request_id`` names it."""

    def __init__(
        self,
        secret_key: str,
        door: Transport,
        *,
        account_id: str = "",
        api_url: str = "",
        files_url: str = "",
        connect_url: str = "",
        lane: Lane = Lane.BACKGROUND,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not well_formed(secret_key):
            raise InvalidInput("STRIPE_KEY_INVALID", "This is no Stripe key.", field="secret_key")
        self.account_id = _checked(account_id) if account_id else ""
        self._key = secret_key
        self._door = door
        self._urls = {
            Base.API: api_url.rstrip("/"),
            Base.FILES: files_url.rstrip("/"),
            Base.CONNECT: connect_url.rstrip("/"),
        }
        self._lane = lane
        self._clock = clock
        self._sleep = sleep
        self._account = account_key(secret_key, account_id)
        self._live = key_kind(secret_key).livemode is not False
        self.skew: float | None = None
        self.last_request_id = ""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(account={self._account!r}, lane={self._lane.value!r})"

    def call(
        self,
        endpoint: Endpoint,
        params: Mapping[str, Any] | None = None,
        *,
        key: str = "",
        upload: Upload | None = None,
        refuse: Refuser = error_for,
        of: str = "",
    ) -> Mapping[str, Any]:
        """The object Stripe answered with; ``of`` is the id in the path.

        Raises what ``refuse`` makes of a refusal, or what the transport raises. A person's call is
        repeated where Stripe asks for a short pause."""
        request = self._request(endpoint, params or {}, key, upload, of)
        left = INTERACTIVE_REPEATS if self._lane is Lane.INTERACTIVE else 0
        while True:
            try:
                return self._once(endpoint, request, refuse)
            except RetryLater as error:
                wait = error.retry_after
                if not left or wait is None or wait > LONGEST_WAIT:
                    raise
            left -= 1
            self._sleep(wait * random.uniform(1.0, 1.5))  # noqa: S311

    def pages(self, endpoint: Endpoint, params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """All rows of a list, in Stripe's order (newest first)."""
        after: str | None = None
        for _ in range(PAGE_LIMIT):
            rows, last = self.page(endpoint, {**params, "starting_after": after})
            yield from rows
            if not last:
                return
            after = last
        raise unreadable(endpoint.label, "its pages do not end", self.last_request_id)

    def page(
        self, endpoint: Endpoint, params: Mapping[str, Any]
    ) -> tuple[list[Mapping[str, Any]], str]:
        """Rows of one page, and the id to start the next one after ("": it is the last)."""
        page = self.call(endpoint, params)
        rows = page.get("data")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise unreadable(endpoint.label, "data is not a list", self.last_request_id)
        if not page.get("has_more"):
            return rows, ""
        last = rows[-1].get("id") if rows else None
        if not isinstance(last, str) or last == params.get("starting_after"):
            raise unreadable(endpoint.label, "its pages do not end", self.last_request_id)
        return rows, last

    def build(
        self, row: object, model: type[Model], make: Callable[[Model], Built], endpoint: Endpoint
    ) -> Built:
        """Read one object. Raises ``VendorBug``; after a write ``InDoubt``, since it was done."""
        try:
            return make(model.model_validate(row))
        except (ValidationError, Unreadable) as error:
            bug = unreadable(endpoint.label, explain(error), self.last_request_id)
        except VendorBug as error:
            bug = error
        if endpoint.safe:
            raise bug
        raise InDoubt(bug.code, bug.message, request_id=self.last_request_id)

    def _once(self, endpoint: Endpoint, request: Request, refuse: Refuser) -> Mapping[str, Any]:
        def deliver(method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
            parts = urlsplit(url)
            call = Call(
                method=method.upper(),
                url=parts._replace(query="").geturl(),
                label=endpoint.label,
                params=tuple(parse_qsl(parts.query, keep_blank_values=True)),
                headers=headers,
                body=body,
                safe=endpoint.safe,
                group=endpoint.group if self._live else TEST_GROUP,
                account=self._account,
                lane=self._lane,
                timeout=endpoint.timeout,
            )
            return self._door.send(call, judge)

        reply = _sent(request, deliver, endpoint)
        self._note(reply)
        found = load(reply.body)
        if not 200 <= reply.status < 300:
            # The key is no variable here: error trackers send those of each frame along.
            raise refuse(refusal_of(reply, found, endpoint, (self._key,)))
        if isinstance(found, dict):
            return found
        bug = unreadable(endpoint.label, "it is no object", self.last_request_id)
        if endpoint.safe:
            raise bug
        raise InDoubt(bug.code, bug.message, request_id=self.last_request_id)

    def _request(
        self,
        endpoint: Endpoint,
        params: Mapping[str, Any],
        key: str,
        upload: Upload | None,
        of: str,
    ) -> Request:
        if bool(of) is not ("{id}" in endpoint.path):
            raise InvalidInput("STRIPE_ID_INVALID", "This is no id of Stripe's.", field="id")
        return Request(
            method=endpoint.method,
            base=endpoint.base,
            base_url=self._urls[endpoint.base],
            path=endpoint.path.replace("{id}", _checked(of)) if of else endpoint.path,
            params=form(params),
            headers=self._headers(endpoint, key),
            secret_key=self._key,
            upload=upload,
        )

    def _headers(self, endpoint: Endpoint, key: str) -> dict[str, str]:
        headers = {"Stripe-Version": API_VERSION}
        if self.account_id and not endpoint.platform:
            headers["Stripe-Account"] = self.account_id
        if endpoint.method == "post":
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["Idempotency-Key"] = _checked_key(key, endpoint)
        return headers | {"Authorization": f"Bearer {self._key}"}

    def _note(self, reply: Reply) -> None:
        self.last_request_id = reply.headers.get("request-id", "")[:64]
        try:
            told = parsedate_to_datetime(reply.headers.get("date", "")).timestamp()
        except (ValueError, TypeError, IndexError):
            return
        self.skew = told - self._clock()


def _sent(request: Request, deliver: package.Deliver, endpoint: Endpoint) -> Reply:
    try:
        return package.send(request, deliver)
    except ChannelError:
        raise
    except Exception as error:  # noqa: BLE001  (told as ours to mend)
        name = type(error).__name__
    # Not chained: the package's own frames hold the key and buyers' data, and error trackers keep
    # the variables of every frame.
    raise VendorBug("STRIPE_CALL_FAILED", f"{endpoint.label}: the stripe package failed: {name}.")


def account_key(secret_key: str, account_id: str) -> str:
    """A short name of (key, account) for limits and breakers that gives neither away."""
    return hashlib.sha256(f"{secret_key}:{account_id}".encode()).hexdigest()[:16]


def form(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters that every version of the package encodes alike: None left out, true and false in
    words (older versions write Python's)."""
    return {name: _formed(value) for name, value in params.items() if value is not None}


def explain(error: ValidationError | Unreadable) -> str:
    """Where and why reading failed, without the values."""
    if isinstance(error, Unreadable):
        return str(error)
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg'].removeprefix('Value error, ')}" if where else first["msg"]


def _formed(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return form(value)
    if isinstance(value, list | tuple):
        return [_formed(one) for one in value]
    if isinstance(value, str | int):
        return value
    raise VendorBug("STRIPE_PARAMETER_INVALID", f"A {type(value).__name__} cannot be sent.")


def _checked(identifier: str) -> str:
    if _ID.fullmatch(identifier):
        return identifier
    raise InvalidInput("STRIPE_ID_INVALID", "This is no id of Stripe's.", field="id")


def _checked_key(key: str, endpoint: Endpoint) -> str:
    if key and len(key) <= KEY_LIMIT and key.isascii() and key.isprintable():
        return key
    raise VendorBug("STRIPE_WRITE_WITHOUT_KEY", f"{endpoint.label}: the idempotency key is unfit.")
