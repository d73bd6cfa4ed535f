"""The merchant's console: pages made on the server, below ``console/`` of a channel's address.

To add a page:

1. Write a view in ``views/<page>.py``: a function from a ``Visit`` to ``visit.show("<page>.html",
   table=...)``. It asks a service or a list function of a feature room, and puts the answer into
   parts (``parts.py``: ``table()``, ``Badge``, ``Money``, ``Form``, ``Fact``, ``Attention`` ...).
   No business logic. ``visit.query("state")`` reads the address, ``visit.arguments["id"]`` its
   path; raise ``Missing("...")`` for what is not there. Errors of services may pass: they become a
   page.
2. Write ``templates/saleor_tiktok_stripe/console/<page>.html``: it extends ``.../base.html``,
   fills the blocks ``above``, ``lead``, ``tools`` and ``content``, and draws anything with
   ``{% draw thing %}`` (tables, forms, badges, amounts, times) or an ``{% include %}`` of a file in
   ``parts/`` (``facts``, ``figures``, ``attention``, ``tabs``, ``filter``, ``pager``). Sections are
   ``<section class="card" aria-labelledby="id"><header><h2 id="id">``; with ``card flush`` a table
   reaches the edges. No ``style=``, no inline script: the content security policy refuses both.
3. Give it a row in ``pages.py`` with its rule. With ``menu`` it stands in the navigation.

A form is ``Form("<action>", "Button", inputs=(Input(...), ...))``, and its action a row of the
page's ``actions``: a function that reads ``visit.entered("name")``, calls one service with
``visit.actor`` and ends with ``visit.go(visit.url(), "What was done.")``. When the service raises a
``ChannelError``, the page is shown again, with the reason and what was entered: nothing is to be
done for that. What cannot be undone gets ``confirm="..."``. A form that opens from a button has
``summary``. ``views/activity.py`` is a page to copy.

Signing in, permissions, CSRF and headers happen in ``handling.py`` before a view is asked.
"""

from .handling import handle

__all__ = ["handle"]
