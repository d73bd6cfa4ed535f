"""The pages a merchant walks through to connect a shop, or a Stripe account by consent."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse

from .. import accounts, conf
from ..errors import ChannelError, InvalidInput
from ..models import Connection, Vendor
from . import answers

logger = logging.getLogger("saleor_tiktok_stripe.web")


def start(request: HttpRequest, channel_slug: str) -> HttpResponse:
    """The connect link of the settings form: use up its ticket and send the seller to TikTok."""
    try:
        asked = accounts.redeem_ticket(request.GET.get("ticket", ""), "start", channel_slug)
        return answers.redirect(accounts.begin_connect(channel_slug, None, asked.actor))
    except ChannelError as error:
        return _failed(error, channel_slug)


def callback(request: HttpRequest, channel_slug: str) -> HttpResponse:
    """Where TikTok sends the seller back to. The state tells the channel, not the address."""
    query = request.GET
    try:
        connection = accounts.complete_connect(
            query.get("state", ""), query.get("code", ""), error=query.get("error", "")
        )
    except ChannelError as error:
        return _failed(error, "")
    shops = accounts.shops_to_choose(connection)
    if not shops:
        return _connected(connection)
    return answers.page(
        "Which shop is this channel for?",
        message="Your authorization covers several shops. Choose one; it serves one channel.",
        channel=connection.channel_slug,
        shops=shops,
        action=conf.channel_url(connection.channel_slug, "oauth/tiktok/"),
        ticket=accounts.mint_ticket(connection, "choose", "merchant"),
    )


def choose(request: HttpRequest, channel_slug: str) -> HttpResponse:
    """The answer to the question which shop."""
    form = request.POST
    try:
        asked = accounts.redeem_ticket(form.get("ticket", ""), "choose", channel_slug)
        connection = accounts.choose_shop(asked.connection, form.get("shop", ""), asked.actor)
    except ChannelError as error:
        return _failed(error, channel_slug)
    return _connected(connection)


def start_stripe(request: HttpRequest, channel_slug: str) -> HttpResponse:
    """The Stripe connect link of the settings form: use up its ticket, send on to the consent."""
    try:
        ticket = request.GET.get("ticket", "")
        asked = accounts.redeem_ticket(ticket, "start", channel_slug, Vendor.STRIPE)
        return answers.redirect(accounts.begin_stripe_connect(channel_slug, asked.actor))
    except ChannelError as error:
        return _failed(error, channel_slug)


def callback_stripe(request: HttpRequest, channel_slug: str) -> HttpResponse:
    """Where Stripe sends the account holder back to. The state tells the channel."""
    query = request.GET
    try:
        connection = accounts.complete_stripe_connect(
            query.get("state", ""), query.get("code", ""), error=query.get("error", "")
        )
    except ChannelError as error:
        return _failed(error, "")
    return _connected(connection)


_WELL: Mapping[str, str] = {
    Vendor.TIKTOK.value: "Orders are imported from now on; there is nothing more to do.",
    Vendor.STRIPE.value: "The channel takes payments with this account from now on; there is "
    "nothing more to do.",
}


def _connected(connection: Connection) -> HttpResponse:
    findings = accounts.verify(connection)
    bad = accounts.worst(findings) == accounts.Severity.ERROR
    message = (
        "It is connected, but something below must be mended first."
        if bad
        else _WELL[connection.vendor]
    )
    return answers.page(
        f"Connected: {connection.account_name}",
        message=message,
        channel=connection.channel_slug,
        console=_console(connection.channel_slug),
        findings=sorted(findings, key=_urgency),
    )


def _urgency(finding: accounts.Finding) -> int:
    return [accounts.Severity.ERROR, accounts.Severity.WARNING, accounts.Severity.OK].index(
        finding.severity
    )


def _failed(error: ChannelError, channel_slug: str) -> HttpResponse:
    logger.info("connecting channel %s: %s", channel_slug or "(by state)", error.code)
    status = 400 if isinstance(error, InvalidInput) else 502
    return answers.page(
        "Not connected",
        status=status,
        message=error.message,
        channel=channel_slug,
        console=_console(channel_slug) if channel_slug else "",
        failed=True,
    )


def _console(channel_slug: str) -> str:
    """Its set-up guide, where those who began there go on."""
    return conf.channel_url(channel_slug, "console/guide/")
