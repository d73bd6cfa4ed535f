"""This app over real HTTP, on threads of this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.servers.basehttp import ThreadedWSGIServer
from django.test import override_settings
from django.test.testcases import LiveServerThread


class _Server(ThreadedWSGIServer):
    def serve_forever(self, poll_interval: float = 0.01) -> None:
        """Django's looks only twice a second whether it shall end."""
        super().serve_forever(poll_interval)


class _Thread(LiveServerThread):
    server_class = _Server


@contextmanager
def served() -> Iterator[str]:
    """Its address. The test must be transactional."""
    # With no MEDIA_URL Django's server takes every path for a file.
    with override_settings(MEDIA_URL="/media/", ALLOWED_HOSTS=["*"]):
        thread = _Thread("127.0.0.1", static_handler=lambda application: application)
        thread.daemon = True
        thread.start()
        thread.is_ready.wait(30)
        assert thread.error is None
        try:
            yield f"http://127.0.0.1:{thread.port}"
        finally:
            thread.terminate()
