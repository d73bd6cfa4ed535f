"""The door Saleor opens: the settings form of a channel and its addresses. Only a door: the rooms
behind it do the work, and run without Saleor as well."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from saleor.permission.enums import PluginsPermissions
from saleor.plugins.base_plugin import BasePlugin, ConfigurationTypeField
from saleor.plugins.error_codes import PluginErrorCode

from . import conf, web
from .accounts import form
from .errors import ChannelError, InvalidInput
from .saleor_api import writer

_TYPES = {
    form.Kind.TEXT: ConfigurationTypeField.STRING,
    form.Kind.SECRET: ConfigurationTypeField.SECRET,
    form.Kind.SWITCH: ConfigurationTypeField.BOOLEAN,
    form.Kind.OUTPUT: ConfigurationTypeField.OUTPUT,
}


class TikTokStripePlugin(BasePlugin):
    """A TikTok Shop sales channel; one instance per Saleor channel."""

    PLUGIN_ID = conf.PLUGIN_ID
    PLUGIN_NAME = "TikTok Shop with Stripe"
    PLUGIN_DESCRIPTION = (
        "Sell in a TikTok Shop from this channel: its orders become Saleor orders, with their "
        "money, stock and status kept in step."
    )
    CONFIGURATION_PER_CHANNEL = True
    DEFAULT_ACTIVE = False
    DEFAULT_CONFIGURATION = [{"name": field.name, "value": field.default} for field in form.FIELDS]
    CONFIG_STRUCTURE = {
        field.name: {
            "type": _TYPES[field.kind],
            "label": field.label,
            "help_text": field.help_text,
        }
        for field in form.FIELDS
    }

    @classmethod
    def save_plugin_configuration(cls, plugin_configuration: Any, cleaned_data: Any) -> Any:
        """Save the form: our store first, then Saleor's row, which gets a mask for the secret.

        Both in one transaction; Saleor has no hook after saving. Raises ``ValidationError``.
        """
        with writer(), transaction.atomic():
            return super().save_plugin_configuration(plugin_configuration, cleaned_data)

    @classmethod
    def validate_plugin_configuration(cls, plugin_configuration: Any, **kwargs: Any) -> None:
        """Move what was entered into our store, and say in words what does not fit."""
        values = {row["name"]: row["value"] for row in plugin_configuration.configuration}
        try:
            kept = form.save(
                plugin_configuration.channel.slug, values, active=plugin_configuration.active
            )
        except ChannelError as error:
            raise _said(error) from error
        plugin_configuration.configuration = [
            {**row, "value": kept.get(row["name"], row["value"])}
            for row in plugin_configuration.configuration
        ]

    def resolve_plugin_configuration(self, request: Any) -> Any:
        """The form as it is shown: the output fields are made at this moment."""
        if self.channel is None:
            return self.configuration
        with writer():
            shown = form.outputs(self.channel.slug, actor=_actor(request))
        stored = {row["name"]: row for row in self.configuration}
        return [
            {**stored[name], "value": shown.get(name, stored[name]["value"])}
            for name in self.CONFIG_STRUCTURE
            if name in stored
        ]

    def webhook(self, request: HttpRequest, path: str, previous_value: Any) -> HttpResponse:
        """Serve our addresses of this channel.

        Saleor's legacy route reaches inactive plugins and any channel's instance: not served.
        """
        if not self.active or self.channel is None:
            return web.not_found()
        if f"/channel/{self.channel.slug}/" not in request.path:
            return web.not_found()
        with writer():
            return web.handle(
                request,
                self.channel.slug,
                (path or "").removeprefix("/"),
                may_see_details=_may_manage_plugins,
            )


def _said(error: ChannelError) -> ValidationError:
    field = error.field if isinstance(error, InvalidInput) else ""
    code = PluginErrorCode.INVALID if field else PluginErrorCode.PLUGIN_MISCONFIGURED
    missing = error.code.endswith("_REQUIRED")
    told = ValidationError(
        error.message, code=(PluginErrorCode.REQUIRED if missing else code).value
    )
    return ValidationError({field or "configuration": told})


def _may_manage_plugins(request: HttpRequest) -> bool:
    """Whether staff or an app with MANAGE_PLUGINS asks."""
    from saleor.graphql.app.dataloaders.utils import get_app_promise
    from saleor.graphql.context import get_context_value

    request.app = get_app_promise(request).get()  # type: ignore[attr-defined]
    context = get_context_value(request)
    requestor = context.app or context.user
    return bool(requestor and requestor.has_perm(PluginsPermissions.MANAGE_PLUGINS))


def _actor(request: Any) -> str:
    """Who looks at the form: for the audit log."""
    app, user = getattr(request, "app", None), getattr(request, "user", None)
    if app:
        return f"app:{app.pk}"
    return f"staff:{user.pk}" if user and getattr(user, "pk", None) else "staff"
