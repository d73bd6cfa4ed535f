"""TikTok shops: consent, tokens, webhooks, policy. Used through ``accounts``."""
