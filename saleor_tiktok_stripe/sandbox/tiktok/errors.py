"""Errors as the gateway answers them: the code decides, the HTTP status only decorates."""

from __future__ import annotations


class ApiError(Exception):
    """An error envelope: `code`, text and HTTP status (reference: HTTP status seen)."""

    def __init__(self, code: int, message: str, http_status: int = 200) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.http_status = http_status
        self.headers: dict[str, str] = {}


def invalid(message: str, http_status: int = 200) -> ApiError:
    """The catch-all 36009004, which names the parameter only in its text."""
    return ApiError(36009004, message, http_status)
