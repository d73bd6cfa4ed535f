"""One GraphQL request to Saleor, and what its refusals mean for a merchant."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NoReturn

from ...errors import Parked, Problem, RetryLater, VendorBug
from ...transport import Call, Reply, Transport, retry_after_seconds
from ..documents import document
from .repeated import repeated_document, repeated_variables

READ_TIMEOUT = 90.0
"""Seconds. ``orderBulkCreate`` needs 4-5 s for 50 orders on an idle machine."""

_PASSING = frozenset(
    {"IntegrityError", "OperationalError", "InterfaceError", "InternalError", "DatabaseError"}
)
_BAD_TOKEN = frozenset(
    {"InvalidTokenError", "ExpiredSignatureError", "DecodeError", "InvalidSignatureError"}
)
_WORDS_LIMIT = 200

# Refusals of mutations that a merchant can mend, and how.
_CURES: Mapping[str, str] = {
    "INSUFFICIENT_STOCK": "Add a stock record for this variant in the order's warehouse.",
    "CANNOT_CANCEL_ORDER": "Cancel its shipments in Saleor first, then retry.",
    "CANNOT_FULFILL_UNPAID_ORDER": "Allow fulfilling unpaid orders in Saleor's settings, or mark "
    "the order as paid.",
    "FULFILL_ORDER_LINE": "Compare the order's shipments in Saleor with those of the marketplace.",
    "AMOUNT_GREATER_THAN_AVAILABLE": "Compare the order's refunds in Saleor with those of the "
    "marketplace.",
    "NOT_FOUND": "It was deleted in Saleor, and is not made again: if that was on purpose, nothing "
    "needs to be done.",
}


class Client:
    """Sends operations to one Saleor as one app. ``token`` shows nowhere."""

    def __init__(self, url: str, token: str, transport: Transport) -> None:
        self._url = url
        self._token = token
        self._transport = transport

    def __repr__(self) -> str:
        return f"Client({self._url!r})"

    def query(self, name: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Ask; the answer's ``data`` with amounts as exact ``Decimal``.

        Raises ``RetryLater`` (unreachable, busy), ``Parked`` (address, token, permission) or
        ``VendorBug`` (Saleor cannot understand the call).
        """
        return self._send(name, document(name), variables, safe=True)

    def query_each(self, name: str, values: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Ask a query of one field once per element of ``values``, in one request; the field's
        answers in the order asked.
        """
        if not values:
            return []
        text = repeated_document(name, len(values))
        data = self._send(name, text, repeated_variables(values), safe=True)
        return [data[f"a{number}"] for number in range(len(values))]

    def mutate(self, name: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Execute the mutation of that name; its payload.

        Also raises ``InDoubt`` when the answer was not seen, ``Parked`` when it was refused for a
        reason a merchant can mend, ``VendorBug`` for any other entry in the payload's ``errors``.
        """
        payload: dict[str, Any] | None = self._send(
            name, document(name), variables, safe=False
        ).get(name)
        return _accepted(name, payload)

    def mutate_each(self, name: str, values: Sequence[Mapping[str, Any]]) -> None:
        """Execute the mutation once per element of ``values``, in one request; all of them even
        where one is refused. Raises as ``mutate`` does.
        """
        if values:
            text = repeated_document(name, len(values))
            data = self._send(name, text, repeated_variables(values), safe=False)
            for payload in data.values():
                _accepted(name, payload)

    def ask_as(
        self,
        token: str,
        name: str,
        variables: Mapping[str, Any],
        headers: Mapping[str, str] | None = None,
    ) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Execute an operation as whoever holds ``token`` ("": nobody): the data as far as there
        is some, and the codes of what went wrong. May be sent again when no answer comes.

        Raises ``RetryLater`` and ``Parked`` as ``query`` does.
        """
        answer = self._post(
            name, document(name), variables, token=token, safe=True, headers=headers or {}
        )
        codes = tuple(_code(error) for error in answer.get("errors") or ())
        for code in codes:
            _pass_over(name, code)
        return answer.get("data") or {}, codes

    def _send(
        self, name: str, text: str, variables: Mapping[str, Any], *, safe: bool
    ) -> dict[str, Any]:
        answer = self._post(name, text, variables, token=self._token, safe=safe, headers={})
        for error in answer.get("errors") or ():
            self._explain(name, error)
        data = answer.get("data")
        if not isinstance(data, dict):
            raise VendorBug("SALEOR_NO_DATA", f"Saleor's answer to {name} holds no data.")
        return data

    def _post(
        self,
        name: str,
        text: str,
        variables: Mapping[str, Any],
        *,
        token: str,
        safe: bool,
        headers: Mapping[str, str],
    ) -> dict[str, Any]:
        body = json.dumps({"query": text, "variables": variables}, default=_plain)
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        reply = self._transport.send(
            Call(
                "POST",
                self._url,
                label=f"saleor.{name}",
                headers={**bearer, "Content-Type": "application/json", **headers},
                body=body.encode(),
                safe=safe,
                group="saleor",
                account="saleor",
                timeout=(3.05, READ_TIMEOUT),
            )
        )
        return self._decode(name, reply)

    def _decode(self, name: str, reply: Reply) -> dict[str, Any]:
        if reply.status == 429 or reply.status >= 500:
            raise RetryLater(
                "SALEOR_BUSY",
                f"Saleor answered {name} with HTTP {reply.status}.",
                retry_after=retry_after_seconds(reply.headers),
            )
        if reply.status in {401, 403}:
            _bad_token()
        try:
            answer = json.loads(reply.body, parse_float=Decimal)
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or not ("data" in answer or "errors" in answer):
            _park(
                "SALEOR_NOT_FOUND",
                f"SALEOR_API_URL answers HTTP {reply.status}, but not as Saleor's GraphQL API.",
                "Set it to the address that ends in /graphql/.",
            )
        return answer

    def _explain(self, name: str, error: Mapping[str, Any]) -> NoReturn:
        code = _code(error)
        words = str(error.get("message", ""))[:_WORDS_LIMIT]
        if code in _BAD_TOKEN:
            _bad_token()
        if code == "PermissionDenied":
            self._denied(name, words)
        _pass_over(name, code)
        if "got invalid value" in words:  # Saleor's words would repeat the buyer's data
            words = "a value was not accepted"
        raise VendorBug("SALEOR_REFUSED", f"Saleor refused {name}: {words}")

    def _denied(self, name: str, words: str) -> NoReturn:
        """A wrong token makes us anonymous: Saleor then says only that a permission is missing."""
        if name == "app":
            _bad_token()
        self.query("app", {})
        _, _, wanted = words.partition(": ")
        _park(
            "SALEOR_PERMISSION_MISSING",
            f"Saleor's app may not do {name}: it lacks {wanted or 'a permission'}.",
            "Grant it in the Dashboard under Extensions, then retry.",
        )


def _code(error: Mapping[str, Any]) -> str:
    exception = (error.get("extensions") or {}).get("exception") or {}
    return str(exception.get("code", ""))


def _pass_over(name: str, code: str) -> None:
    if code in _PASSING:
        raise RetryLater("SALEOR_ERROR", f"Saleor failed at {name} ({code}).")


def _accepted(name: str, payload: dict[str, Any] | None) -> dict[str, Any]:
    if payload is None:
        raise VendorBug("SALEOR_NO_PAYLOAD", f"Saleor gave no answer to {name}.")
    for error in payload.get("errors") or ():
        _refuse(name, error)
    return payload


def _refuse(name: str, error: Mapping[str, Any]) -> NoReturn:
    code = str(error.get("code", ""))
    words = str(error.get("message") or code)[:_WORDS_LIMIT]
    cure = _CURES.get(code)
    if cure is None:
        raise VendorBug(f"SALEOR_{code}", f"Saleor refused {name}: {words}")
    _park(f"SALEOR_{code}", f"Saleor refused {name}: {words}", cure)


def _bad_token() -> NoReturn:
    _park(
        "SALEOR_TOKEN_INVALID",
        "Saleor does not know the app token in SALEOR_APP_TOKEN.",
        "Create a token for the app in the Dashboard and set it, then retry.",
    )


def _park(code: str, cause: str, cure: str) -> NoReturn:
    raise Parked(Problem(code, "saleor", cause, cure))


def _plain(value: Any) -> str:
    """Amounts and moments as Saleor reads them, without a detour through binary fractions."""
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value.isoformat())
