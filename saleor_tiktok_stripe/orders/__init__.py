"""Marketplace orders become Saleor orders, and stay in step.

Doors import what they need from the modules: ``importing`` (single orders), ``polling``,
``backfill``, ``reference``, ``summary``; ``mapping`` and ``following`` are pure.
"""
