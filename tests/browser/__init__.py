"""The console in a real Chromium, as a merchant meets it: `make test-browser`.

A sidecar over real HTTP with a worker, beside a sandbox TikTok, Stripe and Saleor; nothing of it is
told that it is watched. Every page that is opened is looked at (``looking.py``).
"""

import pytest

pytest.register_assert_rewrite(
    "tests.browser.chromium", "tests.browser.looking", "tests.browser.walks"
)
