"""A local TikTok Shop: OAuth, signed API, webhooks, faults, a clock that can be turned.

Library: `TikTokSandbox` (context manager), `catalog(seed)`. Program: `run(port, orders, seed)`, or
`saleor-tiktok-stripe sandbox tiktok --port P --orders N --seed S`.
"""

from saleor_tiktok_stripe.sandbox.tiktok.catalog import CatalogSku, catalog
from saleor_tiktok_stripe.sandbox.tiktok.plan import Mix
from saleor_tiktok_stripe.sandbox.tiktok.sandbox import TikTokSandbox, run
from saleor_tiktok_stripe.sandbox.tiktok.world import SandboxOptions

__all__ = ["CatalogSku", "Mix", "SandboxOptions", "TikTokSandbox", "catalog", "run"]
