"""A server that answers with exactly the bytes a test wants, or with none."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Behaviour = Callable[[socket.socket, bytes], None]


def read_request(connection: socket.socket) -> bytes:
    """One whole request: head, and a body as long as its Content-Length."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def answer(body: bytes = b'{"code":0}', status: str = "200 OK", **headers: str) -> Behaviour:
    """A correct HTTP answer; header names are given with _ for -."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return raw("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def raw(data: bytes) -> Behaviour:
    def behave(connection: socket.socket, request: bytes) -> None:
        connection.sendall(data)

    return behave


def reset(connection: socket.socket, request: bytes) -> None:
    """Close with RST after the request was read."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Server:
    def __init__(self, *behaviours: Behaviour) -> None:
        self.requests: list[bytes] = []
        self._behaviours = list(behaviours)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._stop = threading.Event()
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with connection:
            request = read_request(connection)
            if not request:
                return
            self.requests.append(request)
            count = len(self.requests)
            behave = self._behaviours[min(count, len(self._behaviours)) - 1]
            try:
                behave(connection, request)
            except OSError:
                return

    def heard(self, number: int) -> None:
        """Until so many requests were read, also those whose sender waits no more."""
        end = time.monotonic() + 60
        while len(self.requests) < number:
            assert time.monotonic() < end, f"{len(self.requests)} of {number} requests came"
            time.sleep(0.01)

    def hang(self, connection: socket.socket, request: bytes) -> None:
        """Say nothing until the server is closed."""
        self._stop.wait(60)

    def close(self) -> None:
        self._stop.set()
        self._socket.close()


@contextmanager
def serving(*behaviours: Behaviour) -> Iterator[Server]:
    server = Server(*behaviours)
    try:
        yield server
    finally:
        server.close()


@contextmanager
def hanging() -> Iterator[Server]:
    """A server that reads the request and never answers."""
    server = Server()
    server._behaviours = [server.hang]
    try:
        yield server
    finally:
        server.close()


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
