from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings

PLUGIN = "saleor_tiktok_stripe.plugin.TikTokStripePlugin"
SESSIONS = "saleor_tiktok_stripe.plugin.TikTokStripeSessions"


class TikTokStripeConfig(AppConfig):
    """Starts with Saleor or with the sidecar: registers job kinds, Celery tasks, beat, checks."""

    name = "saleor_tiktok_stripe"
    label = "saleor_tiktok_stripe"
    verbose_name = "TikTok Shop channel with Stripe"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks  # noqa: F401  (registers the system checks)
        from .jobs import kinds, tasks

        kinds.register_all()
        schedule = getattr(settings, "CELERY_BEAT_SCHEDULE", None)
        if schedule is not None:
            # So that the admin has nothing to set: Saleor's beat reads this same dictionary.
            schedule.update(tasks.beat_schedule())
        add_sessions_plugin()


def add_sessions_plugin() -> None:
    """Put the companion that answers payment sessions behind Saleor's own plugins, once.

    Its webhook plugin is among those and discards the answers of plugins before it. Whoever took
    our plugin out of ``PLUGINS`` does not get the companion either.
    """
    plugins = getattr(settings, "PLUGINS", None)
    if plugins and PLUGIN in plugins:
        settings.PLUGINS = [*(path for path in plugins if path != SESSIONS), SESSIONS]
