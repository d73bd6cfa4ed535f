"""Everything that is stored."""

from __future__ import annotations

from django.apps import apps


def everything() -> dict[str, list[dict[str, object]]]:
    """All rows by model: two of these are equal when nothing was written between."""
    models = apps.get_app_config("saleor_tiktok_stripe").get_models()
    return {
        model.__name__: list(model._default_manager.order_by("pk").values()) for model in models
    }
