"""What TikTok says of the connected shop, against what is stored and configured."""

from __future__ import annotations

from dataclasses import asdict

from ...models import Connection
from ...tiktok import regions
from ...tiktok.client import TikTokClient
from ...tiktok.types import Shop
from ..findings import Finding, Severity
from .credentials import App


def examine_shop(connection: Connection, tiktok: TikTokClient, app: App) -> list[Finding]:
    """Token and shop, by asking for the authorized shops. Raises what the client raises."""
    shops = tiktok.shops()
    found = [Finding("TOKEN_OK", Severity.OK, "", "TikTok accepts the authorization.")]
    shop = next((one for one in shops if one.id == connection.account_id), None)
    if shop is None:
        return [*found, _gone(connection)]
    _keep(connection, shops, shop)
    said = Finding("SHOP_OK", Severity.OK, shop.id, f"Connected to {shop.name} ({shop.region}).")
    return [*found, said, *_region(shop, app)]


def _gone(connection: Connection) -> Finding:
    return Finding(
        "SHOP_MISSING",
        Severity.ERROR,
        connection.account_id,
        f"The authorization no longer covers {connection.account_name}, or the shop is closed.",
        "Check the shop in Seller Center, then connect again as its seller.",
    )


def _keep(connection: Connection, shops: tuple[Shop, ...], shop: Shop) -> None:
    """Take over a changed name or handle."""
    Connection.objects.filter(pk=connection.pk, account_id=shop.id).update(
        shops=[asdict(one) for one in shops], account_name=shop.name, account_handle=shop.cipher
    )


def _region(shop: Shop, app: App) -> list[Finding]:
    known = regions.region(shop.region)
    if not known.currency:
        return [
            Finding(
                "REGION_UNKNOWN",
                Severity.WARNING,
                shop.region,
                f"The market {shop.region} is not known here: its currency cannot be checked.",
                "Compare the first imported orders by hand, and report the market.",
            )
        ]
    if known.consent != app.region_group:
        return [
            Finding(
                "REGION_GROUP_MISMATCH",
                Severity.WARNING,
                shop.region,
                f"The settings say {app.region_group}, but the shop is in {shop.region}.",
                f"Choose {known.consent} as region: the next consent fails otherwise.",
            )
        ]
    return [Finding("REGION_OK", Severity.OK, shop.region, f"The market is {shop.region}.")]
