"""Saleor with this plugin, with an empty view beside its own."""

from saleor.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.hosts.saleor_urls"
