"""What the groups of calls share: one gateway, pages, and answers to writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ..errors import InDoubt, VendorBug
from .endpoints import Endpoint
from .errors import passes, problem_for
from .gateway import Broken, Built, Gateway, Model, build, build_each, rows
from .records import BatchErrorWire
from .types import Refused


class Calls:
    """Base of the groups of calls; ``TikTokClient`` is made of all of them."""

    _gateway: Gateway

    def _rows(self, endpoint: Endpoint, name: str) -> list[Any]:
        return rows(self._gateway.call(endpoint), name, endpoint.label)

    def _each(
        self, data: Mapping[str, Any], name: str, model: Any, make: Any, id_name: str
    ) -> tuple[tuple[Any, ...], Broken]:
        return build_each(rows(data, name, name), model, make, id_name)

    def _search(
        self,
        endpoint: Endpoint,
        query: Mapping[str, str],
        body: Mapping[str, object],
        page_token: str,
    ) -> Mapping[str, Any]:
        """A page by POST. Raises ``VendorBug`` when the same page comes twice."""
        filters = {name: value for name, value in body.items() if value not in (None, "", [])}
        data = self._gateway.call(endpoint, query=query, body=filters or None)
        return _moved(endpoint, data, page_token)

    def _page(
        self,
        endpoint: Endpoint,
        query: Mapping[str, object],
        page_token: str,
        path: Mapping[str, str] | None = None,
    ) -> Mapping[str, Any]:
        """A page by GET; filters that are None or empty are left out."""
        filled = {name: str(value) for name, value in query.items() if value not in (None, "")}
        data = self._gateway.call(endpoint, path=path, query=filled)
        return _moved(endpoint, data, page_token)


def written(
    endpoint: Endpoint, data: Mapping[str, Any], model: type[Model], make: Callable[[Model], Built]
) -> Built:
    """Read the answer to a write that was accepted.

    Raises ``InDoubt`` when it cannot be read: the write took effect all the same, so the newest
    state has to tell what it made.
    """
    try:
        return build(data, model, make, endpoint.label)
    except VendorBug as error:
        raise InDoubt(error.code, error.message) from None


def refused_rows(
    endpoint: Endpoint, data: Mapping[str, Any], subject: Callable[[BatchErrorWire], str]
) -> tuple[tuple[str, BatchErrorWire], ...]:
    """``data.errors``: what a batch refused although the answer's code is 0, by subject.

    Raises ``VendorBug`` when they cannot be read, ``InDoubt`` where the call may not be repeated.
    """
    try:
        found = [
            build(one, BatchErrorWire, lambda wire: wire, endpoint.label)
            for one in rows(data, "errors", endpoint.label)
        ]
    except VendorBug as error:
        if endpoint.safe:
            raise
        raise InDoubt(error.code, error.message) from None
    return tuple((subject(one), one) for one in found)


def refused(
    endpoint: Endpoint, data: Mapping[str, Any], name: str, subject: Callable[[BatchErrorWire], str]
) -> tuple[Refused, ...]:
    """``refused_rows`` with their problems; ``name`` is what the subject is called in them."""
    found = ((which, row.code or 0) for which, row in refused_rows(endpoint, data, subject))
    return tuple(
        Refused(which, code, problem_for(code, {name: which} if which else {}), passes(code))
        for which, code in found
    )


def seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def page_query(token: str, size: int, sort: str, descending: bool = False) -> dict[str, str]:
    query = {
        "page_size": str(size),
        "sort_field": sort,
        "sort_order": "DESC" if descending else "ASC",
    }
    return {**query, "page_token": token} if token else query


def next_token(data: Mapping[str, Any]) -> str:
    token = data.get("next_page_token")
    return token if isinstance(token, str) else ""


def total(data: Mapping[str, Any]) -> int | None:
    found = data.get("total_count")
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _moved(endpoint: Endpoint, data: Mapping[str, Any], page_token: str) -> Mapping[str, Any]:
    token = next_token(data)
    if token and token == page_token:
        raise VendorBug("TIKTOK_PAGE_REPEATED", f"{endpoint.label}: the same page came twice.")
    return data
