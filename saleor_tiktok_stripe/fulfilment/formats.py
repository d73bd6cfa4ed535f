"""Well-known formats of tracking numbers, with their check digits, as data.

Sources: the carriers' public descriptions (UPS 1Z; USPS IMpb, mod 10; Universal Postal Union S10;
FedEx 12 and 15 digits; DHL Express waybill, mod 7; Japan's mod 7). A number may fit several.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

Check = Callable[[str], bool]


@dataclass(frozen=True)
class Format:
    """``carrier`` is a key of ``carriers.ALIASES``."""

    carrier: str
    pattern: re.Pattern[str]
    check: Check


def _any(_: str) -> bool:
    return True


def _ups(number: str) -> bool:
    """1Z, fifteen signs and a check digit: letters count as (code - 63) mod 10."""
    body, check = number[2:-1], number[-1]
    values = [int(sign) if sign.isdigit() else (ord(sign) - 63) % 10 for sign in body]
    total = sum(values[0::2]) + 2 * sum(values[1::2])
    return check.isdigit() and (10 - total % 10) % 10 == int(check)


def _mod10(number: str) -> bool:
    """Weights 3 and 1 from the right, the check digit last (after USPS' routing code)."""
    digits = [int(sign) for sign in number]
    total = 3 * sum(digits[-2::-2]) + sum(digits[-3::-2])
    return (10 - total % 10) % 10 == digits[-1]


def _usps(number: str) -> bool:
    """With a ZIP code in front (``420`` and 5 or 9 digits) the check leaves that out."""
    if number.startswith("420") and len(number) in {30, 34}:
        number = number[-22:]
    return len(number) in {20, 22} and _mod10(number)


def _s10(number: str) -> bool:
    """Eight digits with weights 8 6 4 2 3 5 9 7, and a check digit."""
    digits = [int(sign) for sign in number[2:11]]
    total = sum(a * b for a, b in zip(digits, (8, 6, 4, 2, 3, 5, 9, 7), strict=False))
    rest = 11 - total % 11
    return digits[8] == {10: 0, 11: 5}.get(rest, rest)


def _fedex12(number: str) -> bool:
    """Weights 3 1 7 over eleven digits, mod 11."""
    weights = (3, 1, 7) * 4
    total = sum(int(a) * b for a, b in zip(number[:11], weights, strict=False))
    return total % 11 % 10 == int(number[11])


def _fedex15(number: str) -> bool:
    return _mod10(number)


def _mod7(number: str) -> bool:
    return int(number[:-1]) % 7 == int(number[-1])


_S10: Final = {"US": "usps", "GB": "royal mail", "DE": "dhl", "FR": "la poste", "ES": "correos",
               "IT": "poste italiane", "IE": "an post", "JP": "japan post", "BR": "correios",
               "MX": "correos de mexico", "SG": "singpost", "MY": "pos malaysia",
               "TH": "thailand post", "ID": "pos indonesia", "PH": "phlpost",
               "VN": "vietnam post"}  # fmt: skip
"""Country of a postal number -> its postal service."""

FORMATS: Final[tuple[Format, ...]] = (
    Format("ups", re.compile(r"1Z[0-9A-Z]{15}\d"), _ups),
    Format("usps", re.compile(r"(420\d{5}(\d{4})?)?9[1-5]\d{20}"), _usps),
    Format("usps", re.compile(r"(70|14|23|03)\d{18}"), _usps),
    Format("fedex", re.compile(r"\d{12}"), _fedex12),
    Format("fedex", re.compile(r"\d{15}"), _fedex15),
    Format("dhl express", re.compile(r"\d{10}"), _mod7),
    Format("yamato", re.compile(r"\d{12}"), _mod7),
    Format("amazon", re.compile(r"TB[ACM]\d{12}"), _any),
    Format("evri", re.compile(r"[HT]\d{2}[0-9A-Z]{2}[A-Z]\d{10}"), _any),
    Format("spx", re.compile(r"SPX[A-Z]{2}\d{9,13}[A-Z]?"), _any),
    Format("ontrac", re.compile(r"[CD]\d{14}"), _any),
    *(
        Format(carrier, re.compile(rf"[A-Z]{{2}}\d{{9}}{country}"), _s10)
        for country, carrier in _S10.items()
    ),
)


def carriers_of(number: str) -> tuple[str, ...]:
    """The carriers whose format ``number`` has, check digit included; none for an unknown one."""
    plain = re.sub(r"[\s-]", "", number).upper()
    found = [one.carrier for one in FORMATS if one.pattern.fullmatch(plain) and one.check(plain)]
    return tuple(dict.fromkeys(found))
