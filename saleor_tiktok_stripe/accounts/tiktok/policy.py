"""What a merchant decides for a channel: validated once, read by every worker."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator

from ...errors import InvalidInput
from ...models import Connection

MatchKey = Literal["sku", "external_reference", "barcode"]
MATCH_ORDER: tuple[MatchKey, ...] = ("sku", "external_reference", "barcode")


class ChannelPolicy(BaseModel):
    """The merchant's choices for one channel; workers read it from ``Connection.policy``.

    ``import_from``: history since then is imported once the shop is connected, and orders placed
    earlier are left alone (None: from the moment the shop is connected). ``hold_policy``:
    whether an order in TikTok's hold window waits or comes in as UNCONFIRMED. ``warehouse``: slug
    of the only warehouse to allocate from ("" for Saleor's own choice). ``stock_buffer``: units
    held back from what is offered at TikTok.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    import_enabled: bool = True
    import_from: AwareDatetime | None = None
    hold_policy: Literal["wait", "import_unconfirmed"] = "wait"
    warehouse: str = Field(default="", max_length=255, pattern=r"^[-\w]*$")
    unlinked_policy: Literal["park", "placeholder"] = "park"
    stock_buffer: int = Field(default=0, ge=0, le=1_000_000)
    sku_match: tuple[MatchKey, ...] = MATCH_ORDER
    language_code: Annotated[str, Field(pattern=r"^[a-z]{2,3}([-_][A-Za-z0-9]{2,8})*$")] = "en"

    @field_validator("import_from", mode="before")
    @classmethod
    def _moment(cls, value: object) -> object:
        """A plain date means its first moment in UTC; empty text means no limit."""
        if not isinstance(value, str):
            return value
        if not value.strip():
            return None
        moment = datetime.fromisoformat(value.strip())
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


WORDS: Mapping[str, str] = {
    "import_from": "Enter a date such as 2026-11-01, or leave it empty for new orders only.",
    "hold_policy": 'Enter "wait" or "import_unconfirmed".',
    "warehouse": "Enter the slug of one of this channel's warehouses, or leave it empty.",
    "unlinked_policy": 'Enter "park" or "placeholder".',
    "stock_buffer": "Enter a whole number of units, 0 or more.",
    "sku_match": "Enter any of sku, external_reference, barcode, separated by commas.",
    "language_code": "Enter a language code such as en, de or pt-BR.",
    "import_enabled": "Enter true or false.",
}


def parse_policy(values: Mapping[str, Any]) -> ChannelPolicy:
    """Raises ``InvalidInput`` (``POLICY_INVALID``) naming the first field that does not fit."""
    try:
        return ChannelPolicy.model_validate(dict(values))
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][0])
    raise InvalidInput("POLICY_INVALID", WORDS.get(field, "Check this value."), field=field)


def policy(connection: Connection) -> ChannelPolicy:
    """The merchant's choices for this connection's channel."""
    return parse_policy(connection.policy)


def dump_policy(chosen: ChannelPolicy) -> dict[str, Any]:
    """As kept in ``Connection.policy``."""
    return chosen.model_dump(mode="json")
