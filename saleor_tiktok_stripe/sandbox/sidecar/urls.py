"""The same addresses as inside Saleor: docs, webhooks and tests need not tell hosts apart."""

from __future__ import annotations

from django.urls import re_path

from saleor_tiktok_stripe import conf
from saleor_tiktok_stripe.web import handle

urlpatterns = [
    re_path(
        rf"^plugins/channel/(?P<channel_slug>[-\w]+)/{conf.PLUGIN_ID}/(?P<path>.*)$",
        handle,
        name="channel",
    ),
]
