"""Run a command beside our API on loopback: the sidecar's application behind a real web server,
on a channel that has some of everything, with sandboxes for Saleor, TikTok and Stripe.

The command finds in ``FUZZ`` (JSON) where the API is, who may ask it, and what they can name:
``world.Facts``.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time

import django
from cryptography.fernet import Fernet

from saleor_tiktok_stripe.sandbox.components.postgres import Postgres

SETTINGS = "saleor_tiktok_stripe.sandbox.sidecar.settings"


def main(command: list[str]) -> int:
    """Its exit code."""
    begun = time.monotonic()
    with Postgres() as server:
        name = f"fuzz_{secrets.token_hex(4)}"
        os.environ |= {
            "DATABASE_URL": server.create_database(name),
            "DJANGO_SETTINGS_MODULE": SETTINGS,
            "TIKTOK_STRIPE_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "LOG_LEVEL": "CRITICAL",
            "DB_POOL_SIZE": "8",  # as behind any web server: no new connection for each call
        }
        try:
            django.setup()
            from . import world  # knows models

            with world.served() as facts:
                print(f"fuzz: the API is up after {time.monotonic() - begun:.0f} s", flush=True)
                return subprocess.call(command, env=os.environ | {"FUZZ": facts.as_json()})
        finally:
            server.drop_database(name)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
