"""Connect, verify, refresh and disconnect a TikTok shop; the only room that handles secrets."""

from .audit import SYSTEM
from .clients import client
from .connecting import BOUND, begin_connect, choose_shop, complete_connect, shops_to_choose
from .credentials import App, Credentials, credentials, unreadable
from .disconnecting import disconnect, switch_off, switch_on
from .findings import Finding, Severity, findings, worst
from .policy import ChannelPolicy, parse_policy, policy
from .proofs import mint_ticket, redeem_ticket
from .refreshing import refresh_if_needed
from .settings import ChannelSettings, configure, connection_or_none, find_connection
from .states import mark_needs_reauth
from .vendor import calls_of_this_process
from .verifying import verify
from .webhooks import webhook_address

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
