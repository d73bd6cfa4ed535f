"""With which server Saleor mails its staff."""

from __future__ import annotations

from dataclasses import dataclass, field

from . import runs_inside_saleor


@dataclass(frozen=True)
class MailServer:
    """``sender`` is the whole From: a name and an address, or an address alone."""

    host: str
    port: int
    sender: str
    username: str = ""
    password: str = field(default="", repr=False)
    use_tls: bool = False
    use_ssl: bool = False


def staff_mail_server() -> MailServer | None:
    """The one of Saleor's plugin "Admin emails" where that is active; None: Django's own settings
    hold (``EMAIL_URL``), as in the sidecar."""
    if not runs_inside_saleor():
        return None
    from .in_process.mail import admin_mail_server

    return admin_mail_server()
