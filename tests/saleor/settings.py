"""Settings of the tests on a real Saleor: Saleor's own test settings, with its plugins loaded.

`saleor.tests.settings` empties PLUGINS. The database is a copy of the migrated template, so that
no test session runs Saleor's migrations; what is newer than the template is migrated on top.
"""

import os

import saleor.settings
from saleor.tests.settings import *  # noqa: F403
from saleor.tests.settings import DATABASES

PLUGINS = list(saleor.settings.PLUGINS)
DATABASES["default"]["TEST"] = {"TEMPLATE": os.environ["SALEOR_TEMPLATE_DATABASE"]}
# Saleor's test settings name a public address, at which the sandboxes are not let in.
TIKTOK_STRIPE_PUBLIC_URL = "http://127.0.0.1:9"
