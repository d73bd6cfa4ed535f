from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saleor_tiktok_stripe.sandbox.sidecar.settings")
os.environ.setdefault("DB_POOL_SIZE", "10")
application = get_asgi_application()
