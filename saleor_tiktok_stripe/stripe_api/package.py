"""The `stripe` package, 3.5 to 16: the only place that touches it.

It encodes parameters and files; what it encoded goes out through our own door, and the answer comes
back past it. Nothing of the package's global state is read or changed: Saleor's own Stripe plugin
lives in the same process and sets the package's global key. So the headers are ours too: the
package's would carry the machine's name, whatever other code passed to ``set_app_info``, and from
16 on an id that it keeps in a file in the home directory.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Final

import stripe

from ..transport import Reply
from .endpoints import API_VERSION, Base

Deliver = Callable[[str, str, Mapping[str, str], bytes | None], Reply]

_HAS_CLIENT: Final = hasattr(stripe, "StripeClient")
"""From 8 on; before, `APIRequestor` takes a client of its own."""
_HttpClient: Any = (
    getattr(stripe, "HTTPClient", None) or import_module("stripe.http_client").HTTPClient
)
_UNTAME: Final = re.compile(r"[^A-Za-z0-9._-]")
"""Older versions write a file's name into the form as it is, quotes and line breaks included."""
_NAME_LIMIT: Final = 100
_MULTIPART: Final = "multipart/form-data"

_sending: ContextVar[bool] = ContextVar("saleor_tiktok_stripe_sending", default=False)


@dataclass(frozen=True)
class Upload:
    """A file and the form fields beside it."""

    fields: Mapping[str, str]
    name: str
    filename: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Request:
    """``path`` starts with ``/``; ``params`` hold text, whole numbers, lists and mappings."""

    method: str
    base: Base
    base_url: str
    path: str
    params: Mapping[str, Any] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    secret_key: str = field(repr=False)
    upload: Upload | None = None


class _Courier(_HttpClient):
    """Hands over what the package encoded, once, and keeps the answer from it: the package would
    write it to its log."""

    name = "saleor-tiktok-stripe"

    def __init__(self, deliver: Deliver) -> None:
        super().__init__()
        self._deliver = deliver
        self.reply: Reply | None = None

    def request_with_retries(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        post_data: str | bytes | None = None,
        max_network_retries: int | None = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        body = post_data.encode() if isinstance(post_data, str) else post_data
        self.reply = self._deliver(method, url, headers, body)
        return "", self.reply.status, {}


def send(request: Request, deliver: Deliver) -> Reply:
    """Encode ``request``, have it delivered and return the answer. ``deliver`` gets method, whole
    URL, headers and body; what it raises comes out as it is."""
    courier = _Courier(deliver)
    with _silently():
        if _HAS_CLIENT:
            _through_client(request, courier)
        else:
            _through_requestor(request, courier)
    assert courier.reply is not None  # noqa: S101 (the package sends or raises)
    return courier.reply


def verify_header(payload: str, header: str, secret: str) -> bool:
    """Whether the package finds a signature of ``secret`` over ``payload`` and the header's own
    timestamp. The time itself is not looked at."""
    try:
        stripe.WebhookSignature.verify_header(payload, header, secret)
    except _SIGNATURE_ERROR:
        return False
    return True


def version() -> str:
    """Of the installed package."""
    found = getattr(stripe, "VERSION", None) or import_module("stripe.version").VERSION
    return str(found)


def _through_client(request: Request, courier: _Courier) -> None:
    hosts: Any = {request.base.value: request.base_url}
    client = stripe.StripeClient(
        request.secret_key,
        stripe_version=API_VERSION,
        base_addresses=hosts,
        http_client=courier,
        max_network_retries=0,
    )
    requestor: Any = client._requestor
    requestor.request_headers = lambda *_: dict(request.headers)
    # How a form with a file is asked for: by a mode up to 9, by an option from 10 on.
    options = {"content_type": _MULTIPART} if request.upload else {}
    requestor.request_raw(
        request.method,
        request.path,
        params=_params(request),
        options=options,
        base_address=request.base.value,
        api_mode="V1FILES" if request.upload else "V1",
    )


def _through_requestor(request: Request, courier: _Courier) -> None:
    requestor = _old_requestor()(
        request.secret_key, client=courier, api_base=request.base_url, api_version=API_VERSION
    )
    requestor.request_headers = lambda *_: dict(request.headers)
    headers = {"Content-Type": _MULTIPART} if request.upload else None
    requestor.request_raw(request.method, request.path, _params(request), headers)


def _old_requestor() -> Any:
    try:
        return import_module("stripe._api_requestor").APIRequestor
    except ModuleNotFoundError:
        return import_module("stripe.api_requestor").APIRequestor


def _params(request: Request) -> dict[str, Any]:
    if request.upload is None:
        return dict(request.params)
    content = io.BytesIO(request.upload.content)
    content.name = _UNTAME.sub("_", request.upload.filename)[:_NAME_LIMIT] or "file"
    return {**request.upload.fields, request.upload.name: content}


def _signature_error() -> type[Exception]:
    found = getattr(stripe, "SignatureVerificationError", None)
    error: type[Exception] = found or import_module("stripe.error").SignatureVerificationError
    return error


_SIGNATURE_ERROR: Final = _signature_error()


@contextmanager
def _silently() -> Iterator[None]:
    """The package logs parameters and URLs: buyers' data. Not those of our calls."""
    token = _sending.set(True)
    try:
        yield
    finally:
        _sending.reset(token)


class _NotOurs(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return not _sending.get()


logging.getLogger("stripe").addFilter(_NotOurs())
