"""Ids: 18-19 digit strings, made from a shop's number and an order's index, and back again.

Being able to go back is what lets a shop of a million orders keep none of their bodies.
"""

from __future__ import annotations

_SHOP_STEP = 10**13
_SLOTS = 64
_STRIDE = 97
_ORDER = 576_460_000_000_000_000
_LINE = 577_080_000_000_000_000
_PACKAGE = 1_153_130_000_000_000_000
_CANCEL = 4_035_310_000_000_000_000
_RETURN = 4_035_400_000_000_000_000
_STATEMENT = 7_238_800_000_000_000_000
_TRANSACTION = 1_636_700_000_000_000_000
_PAYMENT = 3_459_800_000_000_000_000


def _make(base: int, shop: int, number: int) -> str:
    return str(base + shop * _SHOP_STEP + number)


def _back(base: int, shop: int, text: str) -> int | None:
    if not text.isascii() or not text.isdigit():
        return None
    number = int(text) - base - shop * _SHOP_STEP
    return number if 0 <= number < _SHOP_STEP else None


def order_id(shop: int, index: int) -> str:
    """Id of the order with this index."""
    return _make(_ORDER, shop, index * _STRIDE + 31)


def order_index(shop: int, text: str) -> int | None:
    """Index of the order with this id, None when the id is not one of this shop's."""
    number = _back(_ORDER, shop, text)
    if number is None or number % _STRIDE != 31:
        return None
    return number // _STRIDE


def slot(index: int, position: int) -> int:
    """One number for the `position`-th thing (line, package, case) of an order."""
    return index * _SLOTS + position


def slot_owner(number: int) -> int:
    """Index of the order that a slot number belongs to."""
    return number // _SLOTS


def line_id(shop: int, index: int, position: int) -> str:
    """Id of an order line."""
    return _make(_LINE, shop, slot(index, position))


def package_id(shop: int, index: int, position: int) -> str:
    """Id of a package."""
    return _make(_PACKAGE, shop, slot(index, position))


def package_slot(shop: int, text: str) -> int | None:
    """Slot number of a package id."""
    return _back(_PACKAGE, shop, text)


def cancel_id(shop: int, index: int, position: int) -> str:
    """Id of a cancellation."""
    return _make(_CANCEL, shop, slot(index, position))


def cancel_slot(shop: int, text: str) -> int | None:
    """Slot number of a cancellation id."""
    return _back(_CANCEL, shop, text)


def return_id(shop: int, index: int, position: int) -> str:
    """Id of a return."""
    return _make(_RETURN, shop, slot(index, position))


def return_slot(shop: int, text: str) -> int | None:
    """Slot number of a return id."""
    return _back(_RETURN, shop, text)


def return_line_id(shop: int, index: int, position: int) -> str:
    """Id of a line of a return."""
    return _make(_RETURN, shop, 5 * 10**12 + slot(index, position))


def statement_id(shop: int, day: int, part: int = 0) -> str:
    """Id of the statement of a day (days since 1970)."""
    return _make(_STATEMENT, shop, day * 100 + part)


def transaction_id(shop: int, number: int) -> str:
    """Id of a statement row."""
    return _make(_TRANSACTION, shop, number)


def payment_id(shop: int, number: int) -> str:
    """Id of a payout."""
    return _make(_PAYMENT, shop, number)
