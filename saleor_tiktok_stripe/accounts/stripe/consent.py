"""Connect an account by its holder's consent (Connect OAuth): there and back again."""

from __future__ import annotations

from django.db import transaction

from ... import conf
from ...errors import ChannelError, InvalidInput, NeedsReauthorization, RetryLater
from ...models import Connection, Vendor
from ...stripe_api import oauth
from ...stripe_api.errors import Refused
from ...stripe_api.types import Authorization
from ...transport import Lane
from .. import audit
from ..proofs import mint_state, redeem_state
from ..states import require_on
from .asking import KeyOwner
from .connecting import bind
from .credentials import StripeCredentials, credentials
from .vendor import client_of, door, stripe_connection

READ_WRITE = "read_write"


def redirect_address(channel_slug: str) -> str:
    """Where Stripe sends the account holder back to; to be registered in the platform."""
    return conf.channel_url(channel_slug, "oauth/stripe/")


def begin_stripe_connect(channel_slug: str, actor: str) -> str:
    """The address where the account holder gives consent, with a single-use, expiring state.

    Raises ``InvalidInput`` (``STRIPE_PLATFORM_MISSING``, ``SWITCHED_OFF``).
    """
    connection = stripe_connection(channel_slug)
    held = credentials(connection) if connection is not None else None
    if connection is None or held is None or not (held.client_id and held.secret_key):
        raise InvalidInput(
            "STRIPE_PLATFORM_MISSING",
            "Save the platform's client id (ca_…) and its keys first. With a key of your own no "
            "consent is needed.",
            field="client_id",
        )
    require_on(connection)
    url = oauth.consent_url(
        held.client_id,
        mint_state(connection, actor),
        redirect_address(channel_slug),
        connect_url=conf.stripe_connect_url(),
    )
    audit.record("connection.consent_asked", connection, actor)
    return url


def complete_stripe_connect(
    state: str, code: str, *, error: str = "", actor: str = "", channel_slug: str = ""
) -> Connection:
    """Take Stripe's answer to a consent; the state alone tells the channel (another one than
    ``channel_slug``, where that is given, is refused and stays unused). The account is active.

    Raises ``InvalidInput`` with words for the merchant (``STATE_*``, ``CONSENT_DECLINED``,
    ``SWITCHED_OFF``, ``CODE_REFUSED``, ``STRIPE_READ_ONLY``, ``STRIPE_KEYS_MIXED``,
    ``STRIPE_OTHER_ACCOUNT``) and ``RetryLater`` when Stripe does not answer; nothing is connected
    then.
    """
    redeemed = redeem_state(state, Vendor.STRIPE, channel_slug)
    connection, actor = redeemed.connection, actor or redeemed.actor
    if error or not code:
        audit.record("connection.consent_declined", connection, actor)
        raise InvalidInput(
            "CONSENT_DECLINED", "The consent was declined at Stripe. Nothing was changed."
        )
    require_on(connection)
    held = credentials(connection)
    owner = _owner(held, _checked(connection, _exchange(held, code)))
    with transaction.atomic():
        row = Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)
        require_on(row)
        # Without a former consent an account id is only the memory of a disconnected one.
        before = credentials(row) if row.account_handle else StripeCredentials()
        bind(row, before, owner, actor)
        Connection.objects.filter(pk=row.pk).update(
            account_handle=owner.account_id, scopes=[READ_WRITE]
        )
    connection.refresh_from_db()
    return connection


def _exchange(held: StripeCredentials, code: str) -> Authorization:
    try:
        return oauth.exchange(held.secret_key, code, door(), connect_url=conf.stripe_connect_url())
    except (NeedsReauthorization, Refused) as error:
        raise InvalidInput("CODE_REFUSED", error.message) from error


def _checked(connection: Connection, given: Authorization) -> Authorization:
    if given.scope != READ_WRITE:
        raise InvalidInput(
            "STRIPE_READ_ONLY",
            "The consent covers reading only, so no payment could be taken. Open the connect link "
            "once more.",
        )
    if given.livemode != connection.livemode:
        raise InvalidInput(
            "STRIPE_KEYS_MIXED",
            "The consent is of another mode (live or test) than the platform's key. Enter the "
            "platform's client id and keys of one mode.",
        )
    return given


def _owner(held: StripeCredentials, given: Authorization) -> KeyOwner:
    """The account's name and country, where they can be read now."""
    client = client_of(held.secret_key, given.account_id, lane=Lane.INTERACTIVE)
    try:
        account = client.account()
    except RetryLater:
        raise
    except ChannelError:
        return KeyOwner(given.account_id, given.livemode)
    return KeyOwner(given.account_id, given.livemode, account.name, account.country)
