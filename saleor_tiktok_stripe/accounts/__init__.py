"""Connect, verify, refresh and disconnect a TikTok shop; the only room that handles secrets."""

from .audit import SYSTEM
from .disconnecting import disconnect, switch_off, switch_on
from .findings import Finding, Severity, findings, worst
from .host import webhook_address
from .proofs import mint_ticket, redeem_ticket
from .sealed import unreadable
from .states import mark_needs_reauth
from .tiktok.clients import client
from .tiktok.connecting import BOUND, begin_connect, choose_shop, complete_connect, shops_to_choose
from .tiktok.credentials import App, Credentials, credentials
from .tiktok.policy import ChannelPolicy, parse_policy, policy
from .tiktok.refreshing import refresh_if_needed
from .tiktok.settings import ChannelSettings, configure, connection_or_none, find_connection
from .tiktok.vendor import calls_of_this_process
from .verifying import verify

__all__ = [
    "BOUND",
    "SYSTEM",
    "App",
    "ChannelPolicy",
    "ChannelSettings",
    "Credentials",
    "Finding",
    "Severity",
    "begin_connect",
    "calls_of_this_process",
    "choose_shop",
    "client",
    "complete_connect",
    "configure",
    "connection_or_none",
    "credentials",
    "disconnect",
    "find_connection",
    "findings",
    "mark_needs_reauth",
    "mint_ticket",
    "parse_policy",
    "policy",
    "redeem_ticket",
    "refresh_if_needed",
    "shops_to_choose",
    "switch_off",
    "switch_on",
    "unreadable",
    "verify",
    "webhook_address",
    "worst",
]
