"""Sends a mail with Saleor's own mail settings."""

from __future__ import annotations

import logging
import smtplib
from email.utils import parseaddr
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from .. import conf
from ..saleor_api.mail import staff_mail_server
from .content import Content
from .message import html, subject, text
from .outcomes import TAKEN, Outcome

log = logging.getLogger("saleor_tiktok_stripe.notices")

TIMEOUT: Final = 15
"""Seconds that the mail server may take for each answer."""
SMTP: Final = "django.core.mail.backends.smtp.EmailBackend"


def send(content: Content, address: str, key: UUID) -> Outcome:
    """Hand one mail to the mail server. ``key`` makes its Message-ID: a mail that is sent twice has
    the same one. What the server says goes nowhere: it may hold anything."""
    try:
        backend, sender = _server()
        if backend is None or not sender:
            return Outcome("MAIL_NOT_CONFIGURED")
        _mail(content, address, key, sender, backend).send()
    except smtplib.SMTPRecipientsRefused as error:
        status = error.recipients.get(address, (0, b""))[0]
        return Outcome("MAIL_ADDRESS_REFUSED", final=500 <= status < 600)
    except smtplib.SMTPAuthenticationError:
        return Outcome("MAIL_LOGIN_REFUSED")
    except smtplib.SMTPDataError as error:
        return Outcome("MAIL_REFUSED", final=500 <= error.smtp_code < 600)
    except (smtplib.SMTPServerDisconnected, smtplib.SMTPConnectError) as error:
        log.info("mail server went away: %s", type(error).__name__)
        return Outcome("MAIL_UNREACHABLE")
    except smtplib.SMTPException as error:
        log.info("mail not taken: %s", type(error).__name__)
        return Outcome("MAIL_REFUSED")
    except OSError as error:
        log.info("mail server not reached: %s", type(error).__name__)
        return Outcome("MAIL_UNREACHABLE")
    except (ValueError, ImportError) as error:
        log.warning("mail settings cannot be used: %s", type(error).__name__)
        return Outcome("MAIL_NOT_CONFIGURED")
    return TAKEN


def _server() -> tuple[BaseEmailBackend | None, str]:
    """The backend, not open yet, and who mails; None where no mail server is set."""
    staff = staff_mail_server()
    if staff is None:
        return _of_django(), settings.DEFAULT_FROM_EMAIL
    if not staff.host:
        return None, ""
    backend = get_connection(
        SMTP,
        host=staff.host,
        port=staff.port,
        username=staff.username,
        password=staff.password,
        use_tls=staff.use_tls,
        use_ssl=staff.use_ssl,
        timeout=TIMEOUT,
    )
    return backend, staff.sender


def _of_django() -> BaseEmailBackend | None:
    """As ``EMAIL_URL`` says, in Saleor and in the sidecar."""
    path = settings.EMAIL_BACKEND
    if not path or (path == SMTP and not settings.EMAIL_HOST):
        return None
    options: dict[str, Any] = {"timeout": TIMEOUT} if path == SMTP else {}
    backend: BaseEmailBackend = get_connection(path, **options)
    return backend


def _mail(
    content: Content, address: str, key: UUID, sender: str, backend: BaseEmailBackend
) -> EmailMultiAlternatives:
    host = conf.instance().partition(":")[0] or parseaddr(sender)[1].rpartition("@")[2]
    mail = EmailMultiAlternatives(
        subject=subject(content),
        body=text(content),
        from_email=sender,
        to=[address],
        connection=backend,
        headers={"Message-ID": f"<{key}@{host}>", "Auto-Submitted": "auto-generated"},
    )
    mail.attach_alternative(html(content), "text/html")
    return mail
