"""A TikTok Shop sales channel with Stripe as its payment gateway, as a plugin for Saleor."""

__version__ = "0.1.0"
