"""What an exception of requests means: was anything sent, and may it pass?

requests' exception texts hold whole URLs, so nothing of them is kept: a failure is classified and
forgotten.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass

import requests
from requests_hardened.ip_filter import InvalidIPAddress
from urllib3.exceptions import (
    InvalidHeader,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    SSLError,
)


@dataclass(frozen=True)
class Failure:
    """``sent`` is False only where certainly no byte of the request reached the other side;
    ``quick`` where another try at once has a chance; ``bug`` where no try ever has.
    """

    code: str
    words: str
    sent: bool
    quick: bool = False
    bug: bool = False


UNREACHABLE = Failure("UNREACHABLE", "could not be reached", sent=False, quick=True)
TLS_FAILED = Failure("TLS_FAILED", "did not show a valid certificate", sent=False)
FORBIDDEN_ADDRESS = Failure(
    "FORBIDDEN_ADDRESS", "resolves to a private address", sent=False, bug=True
)
NOT_A_REQUEST = Failure("NOT_A_REQUEST", "cannot be called this way", sent=False, bug=True)
TIMED_OUT = Failure("TIMED_OUT", "did not answer in time", sent=True)
BROKEN_OFF = Failure(
    "BROKEN_OFF", "broke off before its answer was complete", sent=True, quick=True
)
UNDECODABLE = Failure("UNDECODABLE", "sent an answer that cannot be decoded", sent=True)
TOO_LARGE = Failure("ANSWER_TOO_LARGE", "sent more than may be read", sent=True, bug=True)

_BEFORE_SENDING = (NewConnectionError, NameResolutionError)
_INVALID = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidHeader,
    requests.exceptions.MissingSchema,
    UnicodeEncodeError,
)


class AnswerTooLarge(Exception):
    """The body went over the cap while it was read."""


class AnswerTooSlow(Exception):
    """The body kept dripping past the deadline."""


def classify(error: Exception) -> Failure:
    """The failure behind ``error``; what is not known counts as sent and not repeatable at once."""
    if isinstance(error, InvalidIPAddress):
        return FORBIDDEN_ADDRESS
    if _of_the_answer(error):
        return UNDECODABLE
    if isinstance(error, _INVALID):
        return NOT_A_REQUEST
    if isinstance(error, requests.exceptions.SSLError):
        return TLS_FAILED if _certificate_refused(error) else BROKEN_OFF
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return UNREACHABLE
    if isinstance(error, AnswerTooLarge):
        return TOO_LARGE
    if isinstance(error, AnswerTooSlow | requests.exceptions.Timeout):
        return TIMED_OUT
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return UNDECODABLE
    if isinstance(error, requests.exceptions.ConnectionError):
        return UNREACHABLE if _never_connected(error) else BROKEN_OFF
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return BROKEN_OFF
    return Failure("CALL_FAILED", "could not be called", sent=True)


def _of_the_answer(error: Exception) -> bool:
    """Whether its head or its chunks broke the rules: requests lets urllib3's own errors, and the
    standard library's, through for some of them."""
    if isinstance(error, requests.exceptions.InvalidHeader):
        return bool(error.args) and isinstance(error.args[0], InvalidHeader)
    return isinstance(error, ValueError) and not isinstance(
        error, requests.RequestException | UnicodeEncodeError
    )


def _certificate_refused(error: requests.exceptions.SSLError) -> bool:
    """That comes before the request. Other TLS errors may come while the answer is read."""
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else None
    inner = reason.args[0] if isinstance(reason, SSLError) and reason.args else None
    return isinstance(inner, ssl.SSLCertVerificationError)


def _never_connected(error: requests.exceptions.ConnectionError) -> bool:
    cause = error.args[0] if error.args else None
    if isinstance(cause, MaxRetryError):
        return isinstance(cause.reason, _BEFORE_SENDING)
    return isinstance(error.__cause__, OSError) and cause == "Failed to resolve domain"
