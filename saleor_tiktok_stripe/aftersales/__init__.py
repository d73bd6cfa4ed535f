"""Refunds and disputes of charges: asked for, recorded, answered."""
