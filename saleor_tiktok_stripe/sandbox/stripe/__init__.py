"""A local Stripe: stateful, over HTTP, used through the `stripe` package or by hand.

Library: `StripeSandbox` (context manager). Program: `run(port, seed)`, or
`saleor-tiktok-stripe sandbox stripe --port P --seed S`.

How to add a resource: write a module `api_<resource>.py`, name it in `api.RESOURCES`, and in it

1. declare handlers: `@route("POST", "/v1/things/{id}", params={"amount": integer(low=1),
   "metadata": metadata()}, scope="thing")` on a function `(request: Request) -> dict`
   (`registry.py`; kinds of parameters in `params.py`). A handler gets checked, typed `params`,
   `path["id"]` and the `account` (one account in one mode), and returns the object as Stripe shows
   it unexpanded, references as ids. The gateway has done: key, scopes, `Stripe-Account`,
   idempotency, unknown parameters; it does afterwards: `expand[]`, JSON. Another status, a page or
   a redirect: return a `Reply`. Errors: raise `errors.StripeError`, or `missing`, `invalid` (not
   remembered by the idempotency key), `refused`;
2. keep objects with `account.put(object)`; `account.get(kind, id)` raises resource_missing,
   `account.of(kind)` gives them oldest first; `account.new_id("du")`; `account.note(id)` is a dict
   for what Stripe would not show; time is `account.now()`, and
   `account.later(seconds, action)` lets things happen when the clock gets there;
3. lists: `paging.page(request, account.of("thing"), "/v1/things", "thing")` with
   `{**PAGING, "created": when()}` among the params;
4. `expand.expandable("thing", charge="charge")` for ids, `expand.includable` for what shows only
   when expanded;
5. change an object in place, then `events.emit(account, "thing.updated", object, previous)`;
   emitting takes a snapshot and queues webhooks;
6. money: `money.book(account, "adjustment", -amount, currency, source, fee=1500)`;
7. `@hooks.after_charge` to act when a charge's money was taken (test cards).
8. controls for tests: a mixin class named in `control.py`, methods with `self.account`.

How a test uses it: one `StripeSandbox(seed=1, clock_rate=0)` for the session, and
`control = sandbox.control.new_account()` for each test (its `secret_key`, `publishable_key`,
`account_id`). `control.pay(payment_id, "pm_card_visa")` is the buyer, `dashboard_refund` somebody
in Stripe's dashboard, `deliver()` sends webhooks (or hands them to a function), `hold`, `reorder`,
`duplicate` and `drop` disturb them, `fault(kind, path="POST /v1/refunds")` breaks calls
(`faults.py` lists the kinds), `turn(seconds)` moves time, `totals(payment_id)` is Stripe's side of
a comparison, `calls("POST", "/v1/refunds")` what was really asked.
What it leaves out: customers and saved methods, multicapture, searching, other API versions (every
answer has the shape of `world.API_VERSION`, whatever version is asked for).
"""

from saleor_tiktok_stripe.sandbox.stripe.program import run
from saleor_tiktok_stripe.sandbox.stripe.sandbox import StripeSandbox
from saleor_tiktok_stripe.sandbox.stripe.world import SandboxOptions

__all__ = ["SandboxOptions", "StripeSandbox", "run"]
