"""What can be asked of the sandbox Saleor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar
from uuid import UUID

from graphql import GraphQLError

from .errors import PermissionDenied
from .ids import global_id, parse_id
from .state import App, Hook, Order, Product, Staff, State, transaction_at
from .views import (
    View,
    app_view,
    channel_view,
    checkout_view,
    order_view,
    product_view,
    shipping_methods,
    tax_class_view,
    transaction_view,
    variant_view,
)

MAX_PAGE = 100
T = TypeVar("T")


class Courier(Protocol):
    """Brings what Saleor tells apps."""

    def ask(self, hook: Hook, payload: Mapping[str, Any]) -> Any:
        """Send and wait; the answer's JSON, None when there was none in time."""

    def request(
        self, hook: Hook, payload: Mapping[str, Any], answered: Callable[[Any], None]
    ) -> None:
        """Send after the mutation's answer, again when it fails; ``answered`` gets the JSON."""


class Context:
    """One request: the state, and whose token came with it: an app's, somebody's with an account,
    or nobody's (a storefront). ``refusal`` is what is wrong with a token that is no good.
    ``courier`` takes what Saleor tells apps, ``ip`` is the caller's.
    """

    def __init__(
        self,
        state: State,
        app: App | None,
        staff: Staff | None = None,
        *,
        refusal: GraphQLError | None = None,
        courier: Courier | None = None,
        ip: str = "127.0.0.1",
    ) -> None:
        self.state = state
        self.app = app
        self._staff = staff
        self._refusal = refusal
        self.courier = courier
        self.ip = ip

    @property
    def staff(self) -> Staff | None:
        """Whose account it is. Saleor looks at a person's token, and complains of it, here."""
        if self._refusal is not None:
            raise self._refusal
        return self._staff

    @property
    def teller(self) -> int:
        """Who writes an event: the app's key, below 0 for staff."""
        if self.app is not None:
            return self.app.key
        return -self.staff.key if self.staff is not None else 0

    def may(self, permission: str) -> bool:
        """Whether the token's owner has the permission."""
        owner = self.app or self.staff
        return owner is not None and permission in owner.permissions

    def require(self, *permissions: str) -> None:
        """Refuse unless the token's owner has one of them."""
        if not any(self.may(permission) for permission in permissions):
            raise PermissionDenied(*permissions)

    def require_login(self) -> None:
        """Refuse anonymous requests."""
        if self.app is None and (self.staff is None or not self.staff.is_staff):
            raise PermissionDenied("AUTHENTICATED_APP", "AUTHENTICATED_STAFF_USER")

    @contextmanager
    def outside(self) -> Iterator[None]:
        """Inside the block other requests are served: an app that is asked may ask back."""
        self.state.lock.release()
        try:
            yield
        finally:
            self.state.lock.acquire()

    def require_app(self) -> App:
        """Refuse anonymous requests."""
        if self.app is None:
            raise PermissionDenied("AUTHENTICATED_APP", "AUTHENTICATED_STAFF_USER")
        return self.app


def connection(found: Sequence[T], show: Callable[[T], View], args: dict[str, Any]) -> View:
    """A Relay page. The cursor is the position; ``first`` is at most 100, as in Saleor."""
    first = args.get("first")
    if first is None:
        raise ValueError("You must provide a `first` or `last` value to properly paginate.")
    if first > MAX_PAGE:
        raise ValueError(f"Requesting {first} records exceeds the `first` limit of 100 records.")
    start = int(args.get("after") or 0)
    page = found[start : start + first]
    cursors = [str(start + number + 1) for number in range(len(page))]
    return {
        "edges": [
            {"node": show(item), "cursor": cursor}
            for item, cursor in zip(page, cursors, strict=True)
        ],
        "totalCount": len(found),
        "pageInfo": {
            "hasNextPage": start + first < len(found),
            "hasPreviousPage": start > 0,
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
        },
    }


def app(context: Context, args: dict[str, Any]) -> View:
    """The token's own app."""
    if context.app is None:
        raise PermissionDenied("OWNER", "MANAGE_APPS")
    return app_view(context.app)


def channel(context: Context, args: dict[str, Any]) -> View | None:
    """One channel by slug."""
    found = context.state.channels.get(args.get("slug") or "")
    return channel_view(found) if found else None


def order(context: Context, args: dict[str, Any]) -> View | None:
    """One order by id or external reference."""
    if ("id" in args) == ("externalReference" in args):
        raise ValueError("At least one of arguments is required: 'id', 'external_reference'.")
    state = context.state
    if "id" in args:
        kind, key = parse_id(args["id"])
    else:
        context.require("MANAGE_ORDERS")
        kind, key = "Order", state.order_references.get(args["externalReference"], 0)
    found = state.orders.get(key) if kind == "Order" else None
    return order_view(state, found) if found else None


def transaction(context: Context, args: dict[str, Any]) -> View | None:
    """One transaction by id or token."""
    context.require("HANDLE_PAYMENTS")
    value = args.get("id")
    if value is None:
        value = global_id("TransactionItem", UUID(args["token"]).int)
    found = transaction_at(context.state, value)
    return transaction_view(context.state, found) if found else None


def checkout(context: Context, args: dict[str, Any]) -> View | None:
    """One checkout by id: for everybody who knows it."""
    kind, key = parse_id(args.get("id") or "")
    found = context.state.checkouts.get(key) if kind == "Checkout" else None
    return checkout_view(context.state, found) if found else None


def orders(context: Context, args: dict[str, Any]) -> View:
    """A page of orders, by ids, channel or metadata."""
    context.require("MANAGE_ORDERS")
    state = context.state
    chosen = args.get("filter") or {}
    if "ids" in chosen:
        keys = [_order_key(value) for value in chosen["ids"]]
        found = [state.orders[key] for key in sorted(set(keys)) if key in state.orders]
    else:
        found = list(reversed(state.orders.values()))
    found = [item for item in found if _order_fits(item, chosen, args.get("channel"))]
    if (args.get("sortBy") or {}).get("field") == "LAST_MODIFIED_AT":
        return _by_change(state, found, args)
    return connection(found, lambda item: order_view(state, item), args)


def _by_change(state: State, found: list[Order], args: dict[str, Any]) -> View:
    """Oldest change first; the cursor is the moment and the order, not a place in the list."""
    places = {f"{item.updated.isoformat()}|{item.key:012d}": item for item in found}
    names = [name for name in sorted(places) if name > (args.get("after") or "")]
    page = connection(
        [places[name] for name in names],
        lambda item: order_view(state, item),
        {"first": args.get("first")},
    )
    for edge, name in zip(page["edges"], names, strict=False):
        edge["cursor"] = name
    page["pageInfo"]["endCursor"] = page["edges"][-1]["cursor"] if page["edges"] else None
    return page


def _order_key(value: str) -> int:
    """Ids that exist no more are left out; what is no order's id is an error, as in Saleor."""
    kind, key = parse_id(value)
    if kind != "Order":
        raise GraphQLError(f"Could not resolve to a node with the global id list of '['{value}']'.")
    return key


def _order_fits(item: Order, chosen: dict[str, Any], channel_slug: str | None) -> bool:
    if channel_slug is not None and item.channel.slug != channel_slug:
        return False
    if "channels" in chosen and item.channel.id not in chosen["channels"]:
        return False
    changed = chosen.get("updatedAt") or {}
    if "gte" in changed and item.updated < changed["gte"]:
        return False
    if "lte" in changed and item.updated > changed["lte"]:
        return False
    return _has_metadata(item.metadata, chosen.get("metadata", ()))


def _has_metadata(metadata: dict[str, str], wanted: Iterable[dict[str, Any]]) -> bool:
    """All of ``wanted``; without a value, the key is enough."""
    return all(
        pair["key"] in metadata and pair.get("value") in (None, metadata[pair["key"]])
        for pair in wanted
    )


def product_variant(context: Context, args: dict[str, Any]) -> View | None:
    """One variant by id, SKU or external reference."""
    context.require_login()
    state = context.state
    if "sku" in args:
        found = state.by_sku.get(args["sku"])
    elif "externalReference" in args:
        found = state.by_reference.get(args["externalReference"])
    else:
        found = state.variants.get(parse_id(args.get("id", ""))[1])
    return variant_view(state, found) if found else None


def product_variants(context: Context, args: dict[str, Any]) -> View:
    """A page of variants, by ids, SKUs or metadata."""
    context.require_login()
    state = context.state
    chosen = args.get("filter") or {}
    found: Iterable[Product] = state.variants.values()
    if "ids" in args:
        keys = {parse_id(value)[1] for value in args["ids"]}
        found = [state.variants[key] for key in sorted(keys) if key in state.variants]
    elif "sku" in chosen:
        found = [state.by_sku[sku] for sku in dict.fromkeys(chosen["sku"]) if sku in state.by_sku]
    if "metadata" in chosen:
        found = [item for item in found if _has_metadata(item.metadata, chosen["metadata"])]
    if args.get("channel"):
        found = [item for item in found if args["channel"] in item.channels]
    channel = args.get("channel") or ""
    return connection(list(found), lambda item: variant_view(state, item, channel), args)


def products(context: Context, args: dict[str, Any]) -> View:
    """A page of products, by attribute values."""
    context.require_login()
    state = context.state
    wanted = (args.get("filter") or {}).get("attributes") or []
    found = [
        item
        for item in state.variants.values()
        if all(item.attributes.get(pair["slug"]) in (pair.get("values") or ()) for pair in wanted)
    ]
    return connection(found, lambda item: product_view(state, item), args)


def shop(context: Context, args: dict[str, Any]) -> View:
    """The shop itself, for everybody."""
    return {"id": global_id("Shop", 1), "name": context.state.shop_name, "companyAddress": None}


def tax_classes(context: Context, args: dict[str, Any]) -> View:
    """A page of tax classes."""
    context.require_login()
    found = [tax_class_view()] if context.state.has_tax_class else []
    return connection(found, lambda item: item, args)


def methods_per_country(view: View, args: dict[str, Any]) -> list[View]:
    """``Channel.availableShippingMethodsPerCountry``: every method serves every asked country."""
    countries = args.get("countries") or [view["defaultCountry"]["code"]]
    methods = shipping_methods(view["_channel"])
    return [{"countryCode": code, "shippingMethods": methods} for code in countries if methods]


QUERIES: dict[str, Callable[[Context, dict[str, Any]], Any]] = {
    "app": app,
    "channel": channel,
    "checkout": checkout,
    "order": order,
    "orders": orders,
    "productVariant": product_variant,
    "productVariants": product_variants,
    "products": products,
    "shop": shop,
    "taxClasses": tax_classes,
    "transaction": transaction,
}
