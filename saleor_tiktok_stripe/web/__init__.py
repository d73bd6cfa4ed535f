"""Addresses under ``/plugins/channel/<channel>/saleor.tiktok_stripe/``, the same on both hosts."""

from .views import handle

__all__ = ["handle"]
