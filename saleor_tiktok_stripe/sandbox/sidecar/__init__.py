"""The sidecar: a small Django project around this app, for hosts without Saleor."""

from .celery import app as celery_app

__all__ = ["celery_app"]
