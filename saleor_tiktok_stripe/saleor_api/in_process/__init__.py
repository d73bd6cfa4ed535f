"""Saleor from inside Saleor. Importable only where Saleor itself is."""

from .adapter import InProcessSaleor

__all__ = ["InProcessSaleor"]
