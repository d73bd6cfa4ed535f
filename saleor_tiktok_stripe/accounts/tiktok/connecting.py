"""Connect a shop: send the seller to TikTok's consent, take the answer, choose the shop."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from ...errors import ChannelError, InvalidInput, NeedsReauthorization
from ...jobs import enqueue
from ...models import Connection, ConnectionState, Vendor
from ...saleor_api import get_saleor
from ...tiktok import regions
from ...tiktok.types import Shop, Tokens
from .. import audit
from ..lookup import find_connection
from ..proofs import mint_state, redeem_state
from ..states import move, require_on
from . import former, vendor
from .credentials import credentials
from .history import ask_for_history
from .policy import policy
from .refreshing import holders, put_tokens
from .settings import ChannelSettings, configure

BOUND = frozenset({ConnectionState.ACTIVE, ConnectionState.NEEDS_REAUTH})
"""States in which a connection belongs to one shop."""


def begin_connect(channel_slug: str, settings: ChannelSettings | None, actor: str) -> str:
    """The address where the seller gives consent; it holds a single-use, expiring state.

    ``settings`` are saved first when given. Raises ``InvalidInput`` (``NOT_CONFIGURED``,
    ``CREDENTIALS_MISSING``, and what ``configure`` raises).
    """
    if settings is not None:
        configure(channel_slug, settings, actor)
    connection = find_connection(channel_slug)
    app = credentials(connection).app
    if not app.complete:
        raise InvalidInput(
            "CREDENTIALS_MISSING",
            "Save the app key, the app secret and the service id from Partner Center first.",
            field="app_key",
        )
    move(connection, ConnectionState.PENDING, actor=actor)
    url = vendor.consent_url(app, mint_state(connection, actor))
    audit.record("connection.consent_asked", connection, actor)
    return url


def complete_connect(
    state: str, code: str, *, error: str = "", actor: str = "", channel_slug: str = ""
) -> Connection:
    """Take TikTok's answer to a consent; the state alone tells the channel (another one than
    ``channel_slug``, where that is given, is refused and stays unused).

    One shop (or the one that was connected before) is chosen at once and the connection is active.
    With several, ``connection.shops`` holds them and ``choose_shop`` is next. Raises
    ``InvalidInput`` with words for the merchant (``STATE_*``, ``CONSENT_DECLINED``,
    ``SWITCHED_OFF``, ``CODE_REFUSED``, ``NO_SHOP``, ``OTHER_SELLER``, and what ``choose_shop``
    raises) and ``RetryLater`` when TikTok does not answer; nothing is connected then.
    """
    redeemed = redeem_state(state, Vendor.TIKTOK, channel_slug)
    connection, actor = redeemed.connection, actor or redeemed.actor
    if error or code in {"", "null"}:
        audit.record("connection.consent_declined", connection, actor)
        raise InvalidInput(
            "CONSENT_DECLINED", "The consent was declined at TikTok. Nothing was changed."
        )
    require_on(connection)
    tokens = _exchange(connection, code)
    bound_to = connection.account_id if connection.state in BOUND else ""
    if not bound_to:
        _store(connection, tokens)
    shops = vendor.shops(credentials(connection), tokens)
    _check_shops(connection, shops, bound_to)
    _store(connection, tokens, shops, actor)
    if bound_to or len(shops) == 1:
        return choose_shop(connection, bound_to or shops[0].id, actor)
    return connection


def choose_shop(connection: Connection, shop_id: str, actor: str) -> Connection:
    """Give the channel one of the authorized shops; the connection becomes active.

    Raises ``InvalidInput``: ``SHOP_UNKNOWN`` (not authorized), ``ALREADY_CONNECTED`` (this channel
    has another shop), ``CURRENCY_MISMATCH``, ``SHOP_TAKEN`` (another channel has it),
    ``SWITCHED_OFF``.
    """
    shop = _authorized(connection, shop_id)
    _check_currency(connection, shop)
    try:
        with transaction.atomic():
            row = Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)
            # Of the row itself: another seller's consent may have come in between.
            _bind(row, _authorized(row, shop_id), actor)
    except IntegrityError:
        raise _taken(connection, shop) from None
    connection.refresh_from_db()
    return connection


def currency_problem(connection: Connection, region_code: str) -> str:
    """Why a shop of this region cannot serve the channel, in words; "" when it can."""
    expected = regions.region(region_code).currency
    channel = get_saleor().channel(connection.channel_slug)
    if not expected or expected == channel.currency:
        return ""
    return (
        f"A TikTok shop in {region_code} sells in {expected}, but the Saleor channel "
        f"{connection.channel_slug!r} is in {channel.currency}."
    )


def _exchange(connection: Connection, code: str) -> Tokens:
    try:
        return vendor.exchange(credentials(connection).app, code)
    except NeedsReauthorization as error:
        raise InvalidInput("CODE_REFUSED", error.message) from error


def _check_shops(connection: Connection, shops: tuple[Shop, ...], bound_to: str) -> None:
    if not shops:
        raise InvalidInput(
            "NO_SHOP",
            "This seller has no active TikTok shop that the app may use. Check the shop in Seller "
            "Center, then connect again.",
        )
    if bound_to and bound_to not in {shop.id for shop in shops}:
        names = ", ".join(shop.name for shop in shops)
        raise InvalidInput(
            "OTHER_SELLER",
            f"The consent was given for {names}, but this channel belongs to "
            f"{connection.account_name}. Sign in at TikTok as its seller, or disconnect it first.",
        )


def _store(
    connection: Connection, tokens: Tokens, shops: tuple[Shop, ...] = (), actor: str = ""
) -> None:
    """``shops`` are those that the tokens cover: other channels of the same seller, for one of them
    or for none yet, go on with these tokens too, since the new consent may have ended theirs."""
    covered = {shop.id: shop for shop in shops}
    app_key = credentials(connection).app.app_key
    same_seller = holders(app_key, open_id=tokens.open_id) if shops and tokens.open_id else []
    with transaction.atomic():
        rows = Connection.objects.select_for_update(no_key=True)
        for row in rows.filter(pk__in={connection.pk, *same_seller}).order_by("pk"):
            if row.pk != connection.pk and row.account_id and row.account_id not in covered:
                continue
            put_tokens(row, tokens)
            row.shops = [asdict(shop) for shop in shops] or row.shops
            if row.pk != connection.pk and row.account_id:
                row.account_handle = covered[row.account_id].cipher
            row.save()
            if row.pk != connection.pk and row.state == ConnectionState.NEEDS_REAUTH:
                move(row, ConnectionState.ACTIVE, actor=actor)
    connection.refresh_from_db()


def _authorized(connection: Connection, shop_id: str) -> Shop:
    for row in connection.shops:
        if row["id"] == shop_id:
            return Shop(**row)
    known = ", ".join(f"{row['name']} ({row['id']})" for row in connection.shops)
    raise InvalidInput(
        "SHOP_UNKNOWN",
        f"The authorization covers {known}: enter one of these ids."
        if known
        else "No shop is authorized yet. Use the connect link first.",
        field="shop",
    )


def _check_currency(connection: Connection, shop: Shop) -> None:
    problem = currency_problem(connection, shop.region)
    if problem:
        raise InvalidInput(
            "CURRENCY_MISMATCH",
            f"{problem} Connect the shop to a channel with its currency.",
            field="shop",
        )


def _bind(row: Connection, shop: Shop, actor: str) -> None:
    require_on(row)
    if row.state in BOUND and row.account_id not in {"", shop.id}:
        raise InvalidInput(
            "ALREADY_CONNECTED",
            f"This channel is connected to {row.account_name}. Disconnect it before choosing "
            "another shop.",
            field="shop",
        )
    if row.account_id not in {"", shop.id}:
        former.leave(row)
        row.orders_since = None
    row.orders_since = row.orders_since or policy(row).import_from or timezone.now()
    row.account_id = shop.id
    row.account_name = shop.name
    row.account_handle = shop.cipher
    row.region = shop.region
    row.save()
    is_new = row.state == ConnectionState.PENDING
    move(row, ConnectionState.ACTIVE, actor=actor)
    if is_new:
        ask_for_history(row)
        enqueue("catalog.refresh", row)
    audit.record("connection.shop_chosen", row, actor, subject=shop.id, data={"shop": shop.name})


def _taken(connection: Connection, shop: Shop) -> ChannelError:
    other = (
        Connection.objects.filter(
            vendor=connection.vendor, account_id=shop.id, state__in=[state.value for state in BOUND]
        )
        .exclude(pk=connection.pk)
        .first()
    )
    where = f" to the channel {other.channel_slug!r}" if other else ""
    return InvalidInput(
        "SHOP_TAKEN",
        f"The shop {shop.name} is already connected{where}. A shop serves one channel: disconnect "
        "it there first.",
        field="shop",
    )


def shops_to_choose(connection: Connection) -> list[dict[str, Any]]:
    """The authorized shops while none is chosen, else empty."""
    return list(connection.shops) if connection.state not in BOUND else []
