"""The parts of a row of ``orderBulkCreate``: address, lines, packages, notes, transactions."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from .ids import parse_id
from .state import Address, Event, Fulfillment, Line, Order, Product, State, Transaction, Warehouse
from .views import ADDRESS_FIELDS, View

MAX_NOTE_LENGTH = 255
ZERO = Decimal(0)
_SNAKE = {
    "variantId": "variant_id",
    "variantExternalReference": "variant_external_reference",
    "variantSku": "variant_sku",
}
Input = dict[str, Any]


class Critical(Exception):
    """The row is refused whatever the error policy says."""


@dataclass
class Row:
    """One row of the call: its order, if it stands, and what is wrong with it."""

    order: Order | None = None
    errors: list[View] = field(default_factory=list)
    warehouses: list[Warehouse] = field(default_factory=list)

    def error(self, path: str, code: str, message: str) -> None:
        """Note an error; the policy decides about the row."""
        self.errors.append({"path": path, "code": code, "message": message})

    def critical(self, path: str, code: str, message: str) -> Critical:
        """Note an error and refuse the row, whatever the policy."""
        self.error(path, code, message)
        return Critical()


def in_future(moment: datetime) -> bool:
    """More than five minutes ahead of now."""
    if moment.tzinfo is None:
        raise ValueError("Input 'date' must be timezone-aware.")
    return moment >= datetime.now(UTC) + timedelta(minutes=5)


def check_tax_class(state: State, value: str | None, path: str, row: Row) -> bool:
    """True for a tax class that exists; else an error, which the policy may ignore."""
    if value and parse_id(value) == ("TaxClass", 1) and state.has_tax_class:
        return True
    row.error(path, "NOT_FOUND", "Can't return TaxClass instance.")
    return False


def find_warehouse(state: State, value: str) -> Warehouse | None:
    """The warehouse with this id, or None."""
    kind, key = parse_id(value)
    return state.warehouses.get(key) if kind == "Warehouse" else None


def read_address(item: Input) -> Address:
    """From ``AddressInput``."""
    parts = [sys.intern(item.get(name) or "") for name in (*ADDRESS_FIELDS, "country")]
    pairs = tuple((pair["key"], pair["value"]) for pair in item.get("metadata") or ())
    return _same_address(Address(*parts, metadata=pairs))  # type: ignore[arg-type, misc]


@lru_cache(maxsize=1024)
def _same_address(address: Address) -> Address:
    return address


def pairs_of(item: Input, name: str = "metadata") -> dict[str, str] | None:
    """Metadata from its input; None where there is none."""
    return {sys.intern(pair["key"]): pair["value"] for pair in item.get(name) or ()} or None


@lru_cache(maxsize=65536)
def kept_amount(value: Decimal) -> Decimal:
    """The same object for the same amount: 100,000 orders repeat few prices."""
    return value


def make_line(state: State, item: Input, index: int, row: Row) -> Line:
    """A line, or ``Critical`` when it cannot stand."""
    path = f"lines.{index}"
    variant = _variant(state, item, path, row)
    if variant is None and not item.get("productName"):
        raise row.critical(
            path,
            "REQUIRED",
            "Order line input must contain product name when no variant provided.",
        )
    warehouse = find_warehouse(state, item["warehouse"])
    if warehouse is None:
        raise row.critical(path, "NOT_FOUND", "Can't return Warehouse instance.")
    row.warehouses.append(warehouse)
    tax_class = check_tax_class(state, item.get("taxClassId"), path, row)
    _check_prices(item, path, row)
    if in_future(item["createdAt"]):
        row.error(f"{path}.created_at", "FUTURE_DATE", "Order line input contains future date.")
    total, undiscounted = item["totalPrice"], item["undiscountedTotalPrice"]
    rate = item.get("taxRate")
    if rate is None:
        rate = total["gross"] / total["net"] - 1 if total["net"] else ZERO
    return Line(
        variant=variant,
        product_name=sys.intern(item.get("productName") or (variant.name if variant else "")),
        variant_name=sys.intern(
            item.get("variantName") or (variant.variant_name if variant else "")
        ),
        sku=sys.intern(item.get("productSku") or ""),
        quantity=item["quantity"],
        total_net=kept_amount(total["net"]),
        total_gross=kept_amount(total["gross"]),
        undiscounted_net=kept_amount(undiscounted["net"]),
        undiscounted_gross=kept_amount(undiscounted["gross"]),
        tax_rate=kept_amount(rate),
        tax_class=tax_class,
        is_shipping_required=item["isShippingRequired"],
        discount_reason=item.get("unitDiscountReason") or "",
        metadata=pairs_of(item),
        private_metadata=pairs_of(item, "privateMetadata"),
    )


def _variant(state: State, item: Input, path: str, row: Row) -> Product | None:
    given = [key for key in _SNAKE if item.get(key)]
    if len(given) > 1:
        row.error(path, "TOO_MANY_IDENTIFIERS", "Only one of the arguments can be provided.")
        return None
    if not given:
        row.error(
            path,
            "REQUIRED",
            "One of [variant_id, variant_external_reference, variant_sku] arguments must be "
            "provided to resolve ProductVariant instance.",
        )
        return None
    found = None
    if given == ["variantId"]:
        found = state.variants.get(parse_id(item["variantId"])[1])
    elif given == ["variantExternalReference"]:
        found = state.by_reference.get(item["variantExternalReference"])
    if found is None:  # by SKU always: Saleor looks it up under a key it never stored
        row.error(
            f"{path}.{_SNAKE[given[0]]}", "NOT_FOUND", "ProductVariant instance doesn't exist."
        )
    return found


def _check_prices(item: Input, path: str, row: Row) -> None:
    total, undiscounted = item["totalPrice"], item["undiscountedTotalPrice"]
    if item["quantity"] < 1:
        raise row.critical(
            f"{path}.quantity",
            "INVALID_QUANTITY",
            "Invalid quantity. Must be integer greater then or equal to 1.",
        )
    for name, price in (("total_price", total), ("undiscounted_total_price", undiscounted)):
        if price["gross"] < price["net"]:
            raise row.critical(
                f"{path}.{name}", "PRICE_ERROR", "Net price can't be greater then gross price."
            )
    if undiscounted["gross"] < total["gross"] or undiscounted["net"] < total["net"]:
        raise row.critical(
            f"{path}.undiscounted_total_price",
            "PRICE_ERROR",
            "Total price can't be greater then undiscounted total price.",
        )


def make_fulfillment(state: State, order: Order, item: Input, index: int, row: Row) -> Fulfillment:
    """A package of units by line index, or ``Critical`` when it cannot stand."""
    quantities: dict[int, int] = {}
    warehouse = None
    for number, line in enumerate(item.get("lines", ())):
        path = f"fulfillments.{index}.lines.{number}"
        variant = _variant(state, line, path, row)
        warehouse = find_warehouse(state, line["warehouse"])
        position = line["orderLineIndex"]
        if warehouse is None:
            raise row.critical(path, "NOT_FOUND", "Can't return Warehouse instance.")
        if position < 0:
            raise row.critical(path, "NEGATIVE_INDEX", "Order line index can't be negative.")
        if position >= len(order.lines):
            raise row.critical(
                path, "NO_RELATED_ORDER_LINE", f"There is no order line with index: {position}."
            )
        if (
            variant is not order.lines[position].variant
            or warehouse is not row.warehouses[position]
        ):
            raise row.critical(
                path,
                "ORDER_LINE_FULFILLMENT_LINE_MISMATCH",
                "Fulfillment line's product variant is different then order line's product "
                "variant.",
            )
        quantities[position] = quantities.get(position, 0) + line["quantity"]
        order.lines[position].quantity_fulfilled += line["quantity"]
    return Fulfillment(
        status="FULFILLED",
        tracking_number=item.get("trackingCode") or "",
        quantities=quantities,
        created=datetime.now(UTC),
        warehouse=warehouse.key if warehouse else 0,
    )


def add_note(order: Order, item: Input, row: Row) -> None:
    """A note of at most 255 characters."""
    if len(item["message"]) > MAX_NOTE_LENGTH:
        row.error(
            f"notes.{len(order.notes)}.message",
            "NOTE_LENGTH",
            f"Note message exceeds character limit: {MAX_NOTE_LENGTH}.",
        )
        return
    order.notes.append(("NOTE_ADDED", item["message"]))


def add_transaction(order: Order, item: Input, index: int, row: Row) -> None:
    """App and user stay empty, and the events have no reference, as Saleor leaves them."""
    url = item.get("externalUrl")
    if url is not None and not _is_url(url):
        row.error(f"transactions.{index}", "INVALID", "Invalid format of `externalUrl`.")
        return
    now = datetime.now(UTC)
    made = Transaction(
        name=sys.intern(item.get("name") or ""),
        message=sys.intern(item.get("message") or ""),
        psp_reference=item.get("pspReference") or "",
        external_url=url or "",
        actions=list(item.get("availableActions") or ()),
        metadata=pairs_of(item),
        private_metadata=pairs_of(item, "privateMetadata"),
        app=0,
        created=now,
    )
    for name, attribute, kind in (
        ("amountAuthorized", "authorized", "AUTHORIZATION_SUCCESS"),
        ("amountCharged", "charged", "CHARGE_SUCCESS"),
        ("amountRefunded", "refunded", "REFUND_SUCCESS"),
        ("amountCanceled", "canceled", "CANCEL_SUCCESS"),
    ):
        if money := item.get(name):
            if money["currency"] != order.currency:
                row.error(
                    f"transactions.{index}",
                    "INCORRECT_CURRENCY",
                    f"Currency needs to be the same as for order: {order.currency}",
                )
                return
            amount = kept_amount(money["amount"])
            setattr(made, attribute, amount)
            message = "Manual adjustment of the transaction."
            made.events.append(Event(kind, amount, "", message, now))
    order.transactions.append(made)


def _is_url(value: str) -> bool:
    parts = urlsplit(value)
    return parts.scheme in {"http", "https"} and bool(parts.netloc) and " " not in value
