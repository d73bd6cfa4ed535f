"""Addresses under ``/plugins/channel/<channel>/saleor.tiktok_stripe/``, the same on both hosts."""

from .answers import not_found
from .views import handle

__all__ = ["handle", "not_found"]
