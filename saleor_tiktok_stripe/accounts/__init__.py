"""Connect, verify, refresh and disconnect a TikTok shop or a Stripe account; the only room that
handles secrets. Names without a vendor in them are TikTok's, or serve both."""

from ..conf import instance
from .audit import SYSTEM
from .audit import entries as audit_entries
from .calls import calls_of_this_process
from .disconnecting import disconnect, switch_off, switch_on
from .findings import NAMED, Finding, Severity, findings, with_rest, worst
from .host import as_of_now, webhook_address
from .lookup import channel_connections, find_connection
from .notice_settings import (
    NoticeConfigured,
    NoticeKind,
    NoticeMode,
    NoticePolicy,
    configure_notices,
    notice_policy,
    notice_secrets,
    rotate_notice_secret,
    shown_secret,
)
from .proofs import mint_ticket, redeem_ticket
from .sealed import unreadable
from .states import mark_needs_reauth
from .stripe.asking import StripeSettings
from .stripe.connecting import change_stripe_policy, connect_stripe, stripe_entered
from .stripe.consent import begin_stripe_connect, complete_stripe_connect
from .stripe.policy import StripePolicy, parse_stripe_policy, stripe_policy
from .stripe.vendor import (
    stripe_browser_account,
    stripe_client,
    stripe_connection,
    stripe_publishable,
    stripe_webhook_secrets,
)
from .tiktok.clients import client
from .tiktok.connecting import BOUND, begin_connect, choose_shop, complete_connect, shops_to_choose
from .tiktok.credentials import App, Credentials, credentials
from .tiktok.policy import ChannelPolicy, parse_policy, policy
from .tiktok.refreshing import refresh_if_needed
from .tiktok.settings import ChannelSettings, change_policy, configure, connection_or_none
from .verifying import verify

__all__ = [
    "App",
    "BOUND",
    "ChannelPolicy",
    "ChannelSettings",
    "Credentials",
    "Finding",
    "NAMED",
    "NoticeConfigured",
    "NoticeKind",
    "NoticeMode",
    "NoticePolicy",
    "SYSTEM",
    "Severity",
    "StripePolicy",
    "StripeSettings",
    "as_of_now",
    "audit_entries",
    "begin_connect",
    "begin_stripe_connect",
    "calls_of_this_process",
    "change_policy",
    "change_stripe_policy",
    "channel_connections",
    "choose_shop",
    "client",
    "complete_connect",
    "complete_stripe_connect",
    "configure",
    "configure_notices",
    "connect_stripe",
    "connection_or_none",
    "credentials",
    "disconnect",
    "find_connection",
    "findings",
    "instance",
    "mark_needs_reauth",
    "mint_ticket",
    "notice_policy",
    "notice_secrets",
    "parse_policy",
    "parse_stripe_policy",
    "policy",
    "redeem_ticket",
    "refresh_if_needed",
    "rotate_notice_secret",
    "shops_to_choose",
    "shown_secret",
    "stripe_browser_account",
    "stripe_client",
    "stripe_connection",
    "stripe_entered",
    "stripe_policy",
    "stripe_publishable",
    "stripe_webhook_secrets",
    "switch_off",
    "switch_on",
    "unreadable",
    "verify",
    "webhook_address",
    "with_rest",
    "worst",
]
