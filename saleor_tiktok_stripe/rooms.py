"""The rooms behind the plugin, imported all together by the first call that needs one of them.

Saleor's own start does without them. By one import, as Saleor's threads make their first calls at
the same time: of two that import rooms that know each other, each may hold what the other waits
for, and Python then raises a deadlock error or hands out half a module.
"""

from . import aftersales, fulfilment, payments, web

__all__ = ["aftersales", "fulfilment", "payments", "web"]
