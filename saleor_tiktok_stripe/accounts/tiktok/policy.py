"""What a merchant decides for a channel: validated once, read by every worker."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator

from ...errors import InvalidInput
from ...models import Connection
from .. import clocks
from ..clocks import TimeZone

MatchKey = Literal["sku", "external_reference", "barcode"]
MATCH_ORDER: tuple[MatchKey, ...] = ("sku", "external_reference", "barcode")


class ChannelPolicy(BaseModel):
    """The merchant's choices for one channel; workers read it from ``Connection.policy``.

    ``import_from``: history since then is imported once the shop is connected, and orders placed
    earlier are left alone (None: from the moment the shop is connected). ``hold_policy``:
    whether an order in TikTok's hold window waits or comes in as UNCONFIRMED. ``warehouse``: slug
    of the only warehouse to allocate from ("" for Saleor's own choice).

    What is offered at TikTok: of the stock in ``stock_warehouses`` (slugs; empty: ``warehouse``,
    or all of the channel's) ``stock_percent``, less ``stock_buffer`` units, at most ``stock_max``,
    into ``marketplace_warehouse`` (its id; empty: the shop's default). ``price_push``: the
    channel's price, ``price_percent`` of it plus ``price_add``, rounded up to ``price_rounding``.
    ``ship_push``, ``cancel_push``: what staff ship and cancel in Saleor is told to TikTok.
    ``handover``: how packages with TikTok's label reach the carrier. ``default_carrier``: the name
    of the carrier where nothing else tells it. ``restock_returns``: goods that came back are sold
    again. ``time_zone``: whose days sales are counted by (empty: the market's usual one).
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    import_enabled: bool = True
    import_from: AwareDatetime | None = None
    hold_policy: Literal["wait", "import_unconfirmed"] = "wait"
    warehouse: str = Field(default="", max_length=255, pattern=r"^[-\w]*$")
    unlinked_policy: Literal["park", "placeholder"] = "park"
    stock_push: bool = True
    stock_percent: int = Field(default=100, ge=0, le=100)
    stock_buffer: int = Field(default=0, ge=0, le=1_000_000)
    stock_max: int | None = Field(default=None, ge=0, le=99_999)
    stock_warehouses: tuple[Annotated[str, Field(pattern=r"^[-\w]+$")], ...] = ()
    marketplace_warehouse: str = Field(default="", max_length=64, pattern=r"^\d*$")
    price_push: bool = False
    price_source: Literal["price", "discounted"] = "price"
    price_percent: Decimal = Field(default=Decimal(100), gt=0, le=1000, decimal_places=2)
    price_add: Decimal = Field(default=Decimal(0), ge=-1_000_000, le=1_000_000, decimal_places=2)
    price_rounding: Literal["none", "whole", "99", "95", "90"] = "none"
    ship_push: bool = True
    handover: Literal["DROP_OFF", "PICKUP"] = "DROP_OFF"
    default_carrier: str = Field(default="", max_length=255)
    cancel_push: bool = True
    cancel_reason: Literal["out_of_stock", "wrong_price", "cannot_deliver", "buyer_requested"] = (
        "out_of_stock"
    )
    restock_returns: bool = False
    sku_match: tuple[MatchKey, ...] = MATCH_ORDER
    language_code: Annotated[str, Field(pattern=r"^[a-z]{2,3}([-_][A-Za-z0-9]{2,8})*$")] = "en"
    time_zone: TimeZone = ""

    @field_validator("stock_max", mode="before")
    @classmethod
    def _no_limit(cls, value: object) -> object:
        """Empty text means no limit."""
        return None if isinstance(value, str) and not value.strip() else value

    @field_validator("stock_warehouses", mode="before")
    @classmethod
    def _list(cls, value: object) -> object:
        """Slugs separated by commas."""
        if not isinstance(value, str):
            return value
        return tuple(part.strip() for part in value.split(",") if part.strip())

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
    "stock_push": "Enter true or false.",
    "stock_percent": "Enter a whole number from 0 to 100.",
    "stock_buffer": "Enter a whole number of units, 0 or more.",
    "stock_max": "Enter a whole number up to 99999, or leave it empty for no limit.",
    "stock_warehouses": "Enter slugs of this channel's warehouses, separated by commas.",
    "marketplace_warehouse": "Enter the id of one of the shop's warehouses, or leave it empty.",
    "price_push": "Enter true or false.",
    "price_source": 'Enter "price" or "discounted".',
    "price_percent": "Enter a number above 0, such as 105 or 97.5.",
    "price_add": "Enter an amount in the channel's currency, such as 1.50.",
    "price_rounding": 'Enter "none", "whole", "99", "95" or "90".',
    "ship_push": "Enter true or false.",
    "handover": 'Enter "DROP_OFF" or "PICKUP".',
    "default_carrier": "Enter the name of a carrier, such as UPS, or leave it empty.",
    "cancel_push": "Enter true or false.",
    "cancel_reason": (
        'Enter "out_of_stock", "wrong_price", "cannot_deliver" or "buyer_requested".'
    ),
    "restock_returns": "Enter true or false.",
    "sku_match": "Enter any of sku, external_reference, barcode, separated by commas.",
    "language_code": "Enter a language code such as en, de or pt-BR.",
    "import_enabled": "Enter true or false.",
    "time_zone": clocks.WORDS,
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
