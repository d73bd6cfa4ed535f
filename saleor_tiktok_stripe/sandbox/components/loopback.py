"""Serving on loopback from a thread, and what goes with it: bodies, cut connections, a ticker."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from types import TracebackType
from typing import Any, Self

import uvicorn

from saleor_tiktok_stripe.sandbox.components.processes import ComponentError

CONTROL_PREFIX = "/_sandbox/"
# Seconds: how long what is being answered may take once the server is told to stop.
_LAST_ANSWERS, _LOOK = 0.1, 0.005


class _Server(uvicorn.Server):
    """Stops when it is told to: uvicorn's own looks every tenth of a second whether it shall, and
    then sleeps for another."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told = asyncio.Event()

    def tell(self) -> None:
        """Stop, from any thread; before it has begun too."""
        self.should_exit = self.force_exit = True
        with suppress(RuntimeError):  # its loop is closed: it has ended by itself
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._told.set)

    async def main_loop(self) -> None:
        """uvicorn's, but that it can be woken."""
        self._loop = asyncio.get_running_loop()
        counter = 0
        while not await self.on_tick(counter):
            counter += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), 0.1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more calls, and leave as soon as those that came are answered."""
        for server in self.servers:
            server.close()
        for sock in sockets or []:
            sock.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        for _ in range(round(_LAST_ANSWERS / _LOOK)):
            if not self.server_state.connections and not self.server_state.tasks:
                return
            await asyncio.sleep(_LOOK)


class LoopbackServer:
    """One application on several loopback ports (0: a free one), in a thread of its own."""

    def __init__(self, name: str, ports: Sequence[int]) -> None:
        self._name = name
        self._sockets = [_listen(port) for port in ports]
        self.ports: list[int] = [sock.getsockname()[1] for sock in self._sockets]

    def start(self, application: Any) -> None:
        """Begin to serve; connections wait, and are not refused, since the server was made."""
        config = uvicorn.Config(
            application,
            log_config=None,
            log_level="warning",
            access_log=False,
            lifespan="off",
            http="h11",
            ws="none",
            timeout_keep_alive=75,
        )
        self._server = _Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=(self._sockets,), name=self._name, daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and give the ports back."""
        self._server.tell()
        self._thread.join(timeout=10)
        for sock in self._sockets:
            sock.close()


def _listen(port: int) -> socket.socket:
    # Named TCP, because only then does asyncio switch Nagle off: 40 ms an answer otherwise.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(("127.0.0.1", port))
    except OSError as error:
        sock.close()
        raise ComponentError(f"Port {port} cannot be used: {error.strerror}.") from error
    sock.listen(512)
    return sock


async def read_body(receive: Any) -> bytes:
    """The whole body of an ASGI request."""
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


def read_headers(scope: Any) -> dict[str, str]:
    """The headers of an ASGI request, names in lower case."""
    return {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}


def cut(send: Any) -> None:
    """Break the connection off without an answer."""
    # This has no name in ASGI; the server's own send knows its socket.
    send.__self__.transport.abort()


class Ticker:
    """Does something again and again, from a thread of its own."""

    def __init__(self, name: str, act: Callable[[], object], *, every: float) -> None:
        self._name, self._act, self._every = name, act, every
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, unless it runs already."""
        if self._thread is None:
            self._stop.clear()
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End, once what is being done is done."""
        if self._thread is not None:
            self._stop.set()
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            self._act()


class LoopbackSandbox(ABC):
    """A vendor on loopback, with what it does by itself: between ``start`` and ``stop``, or as a
    context manager."""

    _server: LoopbackServer
    _ticker: Ticker

    @abstractmethod
    def start(self) -> Self:
        """Begin to serve."""

    def stop(self) -> None:
        """End the server and the webhook sender."""
        self._ticker.stop()
        self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def run_program(
    sandbox: AbstractContextManager[Any], ready: Callable[[], Mapping[str, Any]]
) -> None:
    """Run a sandbox as a program until SIGINT or SIGTERM; when it serves, ``ready`` gives what is
    printed as one JSON line.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with sandbox:
        print(json.dumps(dict(ready())), flush=True)
        stop.wait()
