"""What a merchant decides for the payments of a channel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ...errors import InvalidInput
from ...models import Connection
from .. import clocks
from ..clocks import TimeZone

_FORBIDDEN = frozenset("<>\\'\"*")
RefundReason = Literal["duplicate", "fraudulent", "requested_by_customer"]


class StripePolicy(BaseModel):
    r"""The merchant's choices for one channel; workers read it from ``Connection.policy``.

    ``statement_suffix``: what follows the account's own name on a card statement (Stripe: up to 22
    characters together, Latin, at least one letter, none of ``< > \ ' " *``). ``receipt_email``:
    Stripe mails a receipt in live mode. ``allow_redirects``: also methods that send the buyer to a
    page of their bank. ``mirror_tiktok``: payments that TikTok collected are reported to Stripe,
    under ``mirror_name`` or a ``custom_payment_type`` (``cpmt_…``) made in Stripe's dashboard.
    ``refund_reason_default``: given to Stripe where a refund names no reason of its own.
    ``time_zone``: whose days sales are counted by where the channel has no TikTok shop.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    statement_suffix: Annotated[str, Field(max_length=22)] = ""
    receipt_email: bool = False
    allow_redirects: bool = True
    mirror_tiktok: bool = False
    mirror_name: Annotated[str, Field(min_length=1, max_length=100)] = "TikTok Shop"
    custom_payment_type: Annotated[str, Field(pattern=r"^$|^cpmt_[A-Za-z0-9_]{4,60}$")] = ""
    refund_reason_default: RefundReason = "requested_by_customer"
    time_zone: TimeZone = ""

    @field_validator("statement_suffix")
    @classmethod
    def _printable(cls, value: str) -> str:
        letters = value.isascii() and any(letter.isalpha() for letter in value)
        if value and not (letters and value.isprintable() and not _FORBIDDEN & set(value)):
            raise ValueError("does not fit on a card statement")
        return value


WORDS: Mapping[str, str] = {
    "statement_suffix": "Enter up to 22 Latin characters with at least one letter, without "
    "< > \\ ' \" *, or leave it empty.",
    "receipt_email": "Enter true or false.",
    "allow_redirects": "Enter true or false.",
    "mirror_tiktok": "Enter true or false.",
    "mirror_name": "Enter a name of up to 100 characters.",
    "custom_payment_type": "Enter the id of a custom payment method type (cpmt_…), or leave it "
    "empty.",
    "refund_reason_default": 'Enter "requested_by_customer", "duplicate" or "fraudulent".',
    "time_zone": clocks.WORDS,
}


def parse_stripe_policy(values: Mapping[str, Any]) -> StripePolicy:
    """Raises ``InvalidInput`` (``POLICY_INVALID``) naming the first field that does not fit."""
    try:
        return StripePolicy.model_validate(dict(values))
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][0])
    raise InvalidInput("POLICY_INVALID", WORDS.get(field, "Check this value."), field=field)


def stripe_policy(connection: Connection) -> StripePolicy:
    """The merchant's choices for the payments of this connection's channel."""
    return parse_stripe_policy(connection.policy)


def dump_stripe_policy(chosen: StripePolicy) -> dict[str, Any]:
    """As kept in ``Connection.policy``."""
    return chosen.model_dump(mode="json")
