"""A client that costs little: prepared requests over a few connections that stay open."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence

CONNECTIONS = 8
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


def per_second(port: int, requests: Sequence[bytes], status: int = 200) -> float:
    """Requests per second; every answer must have this status."""
    return asyncio.run(_per_second(port, requests, status))


async def _per_second(port: int, requests: Sequence[bytes], status: int) -> float:
    ends = [await asyncio.open_connection("127.0.0.1", port) for _ in range(CONNECTIONS)]
    start = time.perf_counter()
    await asyncio.gather(
        *(_send(*end, requests[place::CONNECTIONS], status) for place, end in enumerate(ends))
    )
    spent = time.perf_counter() - start
    for _, writer in ends:
        writer.close()
    return len(requests) / spent


async def _send(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    requests: Sequence[bytes],
    status: int,
) -> None:
    for request in requests:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(f"HTTP/1.1 {status}".encode()):
            raise RuntimeError(f"refused: {head.decode()}")
        if b"transfer-encoding: chunked" in head.lower():
            await reader.readuntil(b"0\r\n\r\n")
        elif length := _LENGTH.search(head):
            await reader.readexactly(int(length[1]))


def post(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """One request as bytes."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += ["Content-Type: application/json", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
