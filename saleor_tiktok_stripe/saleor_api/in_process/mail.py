"""The mail server of Saleor's plugin "Admin emails"."""

from __future__ import annotations

from email.headerregistry import Address
from typing import Final

from saleor.plugins.manager import get_plugins_manager

from ..mail import MailServer

PLUGIN: Final = "mirumee.notifications.admin_email"


def admin_mail_server() -> MailServer | None:
    """As the plugin itself understands its settings; None where it is off or not installed."""
    plugin = get_plugins_manager(allow_replica=False).get_plugin(PLUGIN)
    if plugin is None or not plugin.active:
        return None
    held = plugin.config
    address = held.sender_address or ""
    return MailServer(
        host=held.host or "",
        port=int(held.port or 0),
        sender=str(Address(held.sender_name or "", addr_spec=address)) if address else "",
        username=held.username or "",
        password=held.password or "",
        use_tls=bool(held.use_tls),
        use_ssl=bool(held.use_ssl),
    )
