"""The sidecar's Celery app. Inside Saleor, Saleor's own app is used instead."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saleor_tiktok_stripe.sandbox.sidecar.settings")

app = Celery("saleor_tiktok_stripe")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
