"""The sidecar, with an empty view beside our own."""

from saleor_tiktok_stripe.sandbox.sidecar.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.hosts.sidecar_urls"
