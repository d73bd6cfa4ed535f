"""A buyer's way from a cart to an order in the sandbox Saleor. Anonymous; prices hold no tax."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from .bulk_parts import read_address
from .errors import Invalid
from .ids import parse_id
from .queries import Context
from .records import Address, Checkout, CheckoutLine, Line, Order
from .state import State
from .views import View, authorize_status, checkout_sums, checkout_view, order_view
from .views import shipping_method_id as method_id

Input = dict[str, Any]
ZERO = Decimal(0)


def checkout_create(context: Context, args: Input) -> View:
    """Lines, address and e-mail; how it is shipped comes later."""
    state, data = context.state, args["input"]
    channel = state.channels.get(data.get("channel") or "")
    if channel is None:
        words = f"Channel with '{data.get('channel')}' slug does not exist."
        raise Invalid("channel", "NOT_FOUND", words)
    checkout = Checkout(
        key=uuid4().int,
        channel=channel,
        created=datetime.now(UTC),
        email=data.get("email") or "",
        language=data.get("languageCode") or "EN",
        lines=[_line(state, channel.slug, item) for item in data["lines"]],
        billing_address=_address(data.get("billingAddress")),
        shipping_address=_address(data.get("shippingAddress")),
    )
    state.checkouts[checkout.key] = checkout
    return {"checkout": checkout_view(state, checkout)}


def _line(state: State, channel: str, item: Input) -> CheckoutLine:
    kind, key = parse_id(item["variantId"])
    variant = state.variants.get(key) if kind == "ProductVariant" else None
    if variant is None:
        raise Invalid("lines", "NOT_FOUND", "Couldn't resolve to a node.")
    if channel not in variant.channels:
        words = "Cannot add lines for unavailable in channel variants."
        raise Invalid("lines", "UNAVAILABLE_VARIANT_IN_CHANNEL", words, variants=[variant.id])
    if item["quantity"] < 1:
        words = "The quantity should be higher than zero."
        raise Invalid("quantity", "ZERO_QUANTITY", words)
    return CheckoutLine(variant, item["quantity"])


def _address(item: Input | None) -> Address | None:
    return read_address(item) if item else None


def find_checkout(state: State, args: Input) -> Checkout:
    """By its id; ``Invalid`` where there is none."""
    kind, key = parse_id(args.get("id") or "")
    found = state.checkouts.get(key) if kind == "Checkout" else None
    if found is None:
        raise Invalid("id", "NOT_FOUND", f"Couldn't resolve to a node: {args.get('id')}")
    return found


def checkout_delivery_method_update(context: Context, args: Input) -> View:
    """One of the channel's methods; null takes it away."""
    checkout = find_checkout(context.state, args)
    channel, wanted = checkout.channel, args.get("deliveryMethodId")
    if wanted is None:
        checkout.delivery_method = -1
        return {"checkout": checkout_view(context.state, checkout)}
    known = [method_id(channel, index) for index in range(len(channel.shipping_methods))]
    if checkout.shipping_address is None:
        words = "Cannot choose a shipping method for a checkout without the shipping address."
        raise Invalid("deliveryMethodId", "SHIPPING_ADDRESS_NOT_SET", words)
    if wanted not in known:
        words = "This shipping method is not applicable."
        raise Invalid("deliveryMethodId", "SHIPPING_METHOD_NOT_APPLICABLE", words)
    checkout.delivery_method = known.index(wanted)
    return {"checkout": checkout_view(context.state, checkout)}


def checkout_complete(context: Context, args: Input) -> View:
    """Once it is covered: the order, with the checkout's transactions. Asked again: the same one.

    What is pending covers too, as in Saleor.
    """
    state = context.state
    kind, key = parse_id(args.get("id") or "")
    if kind == "Checkout" and key in state.completed:
        return _completed(state, state.orders[state.completed[key]])
    checkout = find_checkout(state, args)
    _check(state, checkout)
    order = _order(state, checkout)
    state.orders[order.key] = order
    state.completed[checkout.key] = order.key
    for item in checkout.transactions:
        state.payers[item.key] = order
    del state.checkouts[checkout.key]
    return _completed(state, order)


def _completed(state: State, order: Order) -> View:
    return {"order": order_view(state, order), "confirmationNeeded": False}


def _check(state: State, checkout: Checkout) -> None:
    if not checkout.lines:
        raise Invalid("lines", "NO_LINES", "Cannot complete checkout without lines.")
    if checkout.shipping_address is None:
        words = "Shipping address is not set"
        raise Invalid("shippingAddress", "SHIPPING_ADDRESS_NOT_SET", words)
    if checkout.delivery_method < 0:
        words = "Shipping method is not set"
        raise Invalid("shippingMethod", "SHIPPING_METHOD_NOT_SET", words)
    if checkout.billing_address is None:
        words = "Billing address is not set"
        raise Invalid("billingAddress", "BILLING_ADDRESS_NOT_SET", words)
    if not checkout.email:
        raise Invalid("email", "EMAIL_NOT_SET", "Checkout email must be set.")
    sums = checkout_sums(checkout)
    if authorize_status(sums.charged + sums.authorized, checkout.total_gross) != "FULL":
        words = "The authorized amount doesn't cover the checkout's total amount."
        raise Invalid("id", "CHECKOUT_NOT_FULLY_PAID", words)
    for line in checkout.lines:
        if _warehouse(state, checkout, line) is None:
            words = f"Could not add items {line.variant.name}. Only 0 remaining in stock."
            raise Invalid("lines", "INSUFFICIENT_STOCK", words, variants=[line.variant.id])


def _warehouse(state: State, checkout: Checkout, line: CheckoutLine) -> int | None:
    """The first of the channel's warehouses that has enough."""
    for warehouse in checkout.channel.warehouses:
        stock = state.stocks.get((warehouse.key, line.variant.key))
        if stock is not None and stock.quantity - stock.allocated >= line.quantity:
            return warehouse.key
    return None


def _order(state: State, checkout: Checkout) -> Order:
    now, number, channel = datetime.now(UTC), state.next_order_key(), checkout.channel
    billing = checkout.billing_address
    assert billing is not None  # noqa: S101 (checked before)
    order = Order(
        key=number,
        number=number,
        external_reference=None,
        channel=channel,
        currency=channel.currency,
        status="UNFULFILLED",
        created=now,
        updated=now,
        email=checkout.email,
        language=checkout.language,
        billing_address=billing,
        shipping_address=checkout.shipping_address,
        shipping_method_name=channel.shipping_methods[checkout.delivery_method],
        shipping_net=checkout.shipping_gross,
        shipping_gross=checkout.shipping_gross,
        shipping_tax_rate=ZERO,
        customer_note="",
        origin="CHECKOUT",
        metadata={},
        private_metadata={},
        lines=[_order_line(state, checkout, line) for line in checkout.lines],
        transactions=checkout.transactions,
    )
    order.notes = [("PLACED", ""), ("CONFIRMED", "")]
    if order.charged >= order.total_gross:
        order.notes.insert(1, ("ORDER_FULLY_PAID", ""))
    return order


def _order_line(state: State, checkout: Checkout, line: CheckoutLine) -> Line:
    warehouse = _warehouse(state, checkout, line)
    assert warehouse is not None  # noqa: S101 (checked before)
    state.stocks[warehouse, line.variant.key].allocated += line.quantity
    total = line.variant.price * line.quantity
    return Line(
        variant=line.variant,
        product_name=line.variant.name,
        variant_name=line.variant.variant_name,
        sku=line.variant.sku,
        quantity=line.quantity,
        total_net=total,
        total_gross=total,
        undiscounted_net=total,
        undiscounted_gross=total,
        tax_rate=ZERO,
        tax_class=state.has_tax_class,
        is_shipping_required=True,
        discount_reason="",
        metadata=None,
        private_metadata=None,
        allocations={warehouse: line.quantity},
    )
