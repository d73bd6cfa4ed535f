"""What the feature rooms ask Stripe for, in neutral types."""

from __future__ import annotations

from dataclasses import dataclass, field

from .. import __version__
from ..transport import Lane, Transport
from .account_calls import AccountCalls
from .balance_calls import BalanceCalls
from .dispute_calls import DisputeCalls
from .endpoints import HOSTS, RATES, SANDBOX_RATES
from .gateway import Gateway
from .payment_calls import PaymentCalls
from .record_calls import RecordCalls


@dataclass(frozen=True)
class StripeAccess:
    """A key, and with Connect the account it works for (sent as ``Stripe-Account``)."""

    secret_key: str = field(repr=False)
    account_id: str = ""


def open_door(*, redis_url: str = "", allow_loopback: bool = False) -> Transport:
    """The transport for Stripe's hosts. Make one per process and share it: it keeps connections.

    ``allow_loopback`` is for the sandbox, which has limits of its own: ours are then lifted.
    """
    return Transport(
        HOSTS,
        user_agent=f"saleor-tiktok-stripe/{__version__}",
        allow_loopback=allow_loopback,
        redis_url=redis_url,
        rates=SANDBOX_RATES if allow_loopback else RATES,
    )


class StripeClient(PaymentCalls, DisputeCalls, AccountCalls, RecordCalls, BalanceCalls):
    """One account's client. Cheap to make, safe between threads.

    Every method raises, beside what it names itself: ``NeedsReauthorization`` (key refused),
    ``PermissionMissing``, ``Refused`` (``NotFound``), ``RetryLater`` (busy, limits, locks, not
    sent), ``InDoubt`` (a write whose answer was not seen, or that failed inside Stripe: repeat it
    with the same key only) and ``VendorBug``. Background calls never wait; interactive ones are
    repeated twice where Stripe asks for a short pause.
    """

    def __init__(
        self,
        access: StripeAccess,
        door: Transport,
        *,
        api_url: str,
        files_url: str,
        lane: Lane = Lane.BACKGROUND,
    ) -> None:
        """Raises ``InvalidInput`` (``STRIPE_KEY_INVALID``) for a key that cannot be sent."""
        self._gateway = Gateway(
            access.secret_key,
            door,
            account_id=access.account_id,
            api_url=api_url,
            files_url=files_url,
            lane=lane,
        )

    def __repr__(self) -> str:
        return f"StripeClient({self._gateway!r})"

    @property
    def clock_skew(self) -> float | None:
        """Stripe's clock minus ours in seconds, off the last answer; None before the first."""
        return self._gateway.skew

    @property
    def last_request_id(self) -> str:
        """Stripe's name of the last request, "" before the first: what its support asks for."""
        return self._gateway.last_request_id
