"""Bodies of requests: nested form fields and multipart uploads."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from saleor_tiktok_stripe.sandbox.stripe.errors import invalid

_KEY = re.compile(r"\A([^\[\]]+)((?:\[[^\[\]]*\])*)\Z")
_PART = re.compile(r"\[([^\[\]]*)\]")
_DISPOSITION = re.compile(rb'(\w+)="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Upload:
    """One file of a multipart body."""

    filename: str
    content_type: str
    content: bytes


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """`a[b][0][c]=x` as `{"a": {"b": [{"c": "x"}]}}`; `a[]=x` appends."""
    tree: dict[str, Any] = {}
    for key, value in pairs:
        found = _KEY.match(key)
        if not found:
            raise invalid(f"Invalid parameter name: {key}", key)
        path = [found[1], *_PART.findall(found[2])]
        _put(tree, path, value, key)
    return {name: _lists(value) for name, value in tree.items()}


def _put(tree: dict[str, Any], path: list[str], value: str, key: str) -> None:
    for name in path[:-1]:
        below = tree.setdefault(name or str(len(tree)), {})
        if not isinstance(below, dict):
            raise invalid(f"Invalid object at {key}", key)
        tree = below
    tree[path[-1] or str(len(tree))] = value


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(name.isdigit() for name in value):
        return [_lists(value[name]) for name in sorted(value, key=int)]
    return {name: _lists(below) for name, below in value.items()}


def multipart(body: bytes, content_type: str) -> tuple[list[tuple[str, str]], dict[str, Upload]]:
    """Fields and files of a multipart/form-data body."""
    fields: list[tuple[str, str]] = []
    files: dict[str, Upload] = {}
    boundary = content_type.partition("boundary=")[2].split(";")[0].strip().strip('"').encode()
    if not boundary:
        raise invalid("The multipart body has no boundary")
    for part in body.split(b"--" + boundary)[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        content = content.removesuffix(b"\r\n")
        lines = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(b":") for line in head.split(b"\r\n"))
        }
        said = dict(_DISPOSITION.findall(lines.get(b"content-disposition", b"")))
        name = said.get(b"name", b"").decode()
        if b"filename" in said:
            kind = lines.get(b"content-type", b"application/octet-stream").decode()
            files[name] = Upload(said[b"filename"].decode(), kind, content)
        else:
            fields.append((name, content.decode()))
    return fields, files
