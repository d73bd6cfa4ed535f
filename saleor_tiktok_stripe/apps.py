from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class TikTokStripeConfig(AppConfig):
    """Starts with Saleor or with the sidecar: registers job kinds, Celery tasks, beat, checks."""

    name = "saleor_tiktok_stripe"
    label = "saleor_tiktok_stripe"
    verbose_name = "TikTok Shop channel with Stripe"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks
        from .jobs import kinds, tasks

        if checks.sandbox_in_public():
            # Also said by check E004, but web servers and Celery run no checks.
            raise ImproperlyConfigured("TIKTOK_STRIPE_SANDBOX is on at a public address: remove it")
        kinds.register_all()
        schedule = getattr(settings, "CELERY_BEAT_SCHEDULE", None)
        if schedule is not None:
            # So that the admin has nothing to set: Saleor's beat reads this same dictionary.
            schedule.update(tasks.beat_schedule())
