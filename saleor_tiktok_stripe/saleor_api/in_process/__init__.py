"""Saleor from inside Saleor. Importable only where Saleor itself is."""
