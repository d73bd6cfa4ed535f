"""Launchers for what the demo and the tests run beside themselves: database, broker, Saleor."""
