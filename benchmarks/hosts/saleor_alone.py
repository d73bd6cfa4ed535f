"""Saleor as if this plugin were not installed."""

from saleor.settings import *  # noqa: F403
from saleor.settings import INSTALLED_APPS, PLUGINS

INSTALLED_APPS = [name for name in INSTALLED_APPS if name != "saleor_tiktok_stripe"]
PLUGINS = [path for path in PLUGINS if not path.startswith("saleor_tiktok_stripe.")]
