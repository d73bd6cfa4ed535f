"""Time zones as merchants choose them."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator

WORDS = "Enter a time zone such as America/New_York, or leave it empty."


def _known(name: str) -> str:
    if name and name not in available_timezones():
        raise ValueError("unknown time zone")
    return name


TimeZone = Annotated[str, AfterValidator(_known)]
"""An IANA name, or "" for the usual one."""
