"""Accounts and webhook endpoints as Stripe writes them, and how they read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from .types import Account, Requirement, WebhookEndpoint
from .wire import (
    Expanded,
    Flag,
    Id,
    Metadata,
    Object,
    OptionalTime,
    Text,
    Texts,
    TolerantFlag,
    Wire,
)


class _RequirementsWire(Wire):
    currently_due: Texts = ()
    past_due: Texts = ()
    current_deadline: OptionalTime = None
    disabled_reason: Text = ""

    def requirements(self) -> tuple[Requirement, ...]:
        overdue = tuple(Requirement(name, True) for name in self.past_due)
        due = tuple(
            Requirement(name, False) for name in self.currently_due if name not in self.past_due
        )
        return overdue + due


class _ProfileWire(Wire):
    name: Text = ""


class _DashboardWire(Wire):
    display_name: Text = ""


class _PaymentsWire(Wire):
    statement_descriptor: Text = ""


class _SettingsWire(Wire):
    dashboard: Annotated[_DashboardWire | None, Expanded] = None
    payments: Annotated[_PaymentsWire | None, Expanded] = None


class AccountWire(Wire):
    id: Id
    country: Text = ""
    default_currency: Text = ""
    charges_enabled: TolerantFlag = False
    payouts_enabled: TolerantFlag = False
    details_submitted: TolerantFlag = False
    capabilities: Object = {}
    requirements: Annotated[_RequirementsWire | None, Expanded] = None
    business_profile: Annotated[_ProfileWire | None, Expanded] = None
    settings: Annotated[_SettingsWire | None, Expanded] = None

    def account(self) -> Account:
        """The account; its name is the one its holder sees in the dashboard."""
        needed = self.requirements or _RequirementsWire()
        settings = self.settings or _SettingsWire()
        shown = settings.dashboard.display_name if settings.dashboard else ""
        profile = self.business_profile.name if self.business_profile else ""
        return Account(
            id=self.id,
            name=shown or profile,
            country=self.country,
            default_currency=self.default_currency.upper(),
            charges_enabled=self.charges_enabled,
            payouts_enabled=self.payouts_enabled,
            details_submitted=self.details_submitted,
            capabilities=_texts(self.capabilities),
            requirements=needed.requirements(),
            requirements_deadline=needed.current_deadline,
            disabled_reason=needed.disabled_reason,
            statement_descriptor=(
                settings.payments.statement_descriptor if settings.payments else ""
            ),
        )


class BalanceWire(Wire):
    livemode: Flag

    def mode(self) -> bool:
        return self.livemode


class WebhookEndpointWire(Wire):
    id: Id
    url: Text
    status: Text = ""
    livemode: Flag
    api_version: Text = ""
    enabled_events: Texts = ()
    metadata: Metadata = {}
    secret: Text = ""

    def endpoint(self) -> WebhookEndpoint:
        """The endpoint; ``api_version`` "" stands for the account's default."""
        return WebhookEndpoint(
            id=self.id,
            url=self.url,
            enabled=self.status == "enabled",
            livemode=self.livemode,
            api_version=self.api_version,
            events=self.enabled_events,
            metadata=self.metadata,
            secret=self.secret,
        )


def _texts(found: Mapping[str, object]) -> dict[str, str]:
    return {name: value for name, value in found.items() if isinstance(value, str)}
