"""Stripe accounts: keys, consent, webhook endpoint, verification. Used through ``accounts``."""
