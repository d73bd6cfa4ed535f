"""Small changes of an order, and the lock that all changes of one order share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, transaction
from saleor.order.models import Order

from ...errors import Parked, Problem, RetryLater
from ..ids import database_id
from ..own_writes import own_write
from ..types import AddressData, SaleorOrderStatus
from .execute import execute
from .locks import lock_keys
from .rows import possible_phone


@contextmanager
def exclusive(order_id: str) -> Iterator[None]:
    """A transaction that no other writer of ours can share for this order. May be nested."""
    try:
        with own_write(), transaction.atomic():
            lock_keys([f"order:{order_id}"])
            yield
    except OperationalError as error:
        raise RetryLater(
            "SALEOR_DATABASE_BUSY", "Saleor's database was busy; it is tried again."
        ) from error


def find_order(order_id: str) -> Order:
    """The order's row, or ``Parked`` when somebody deleted it in Saleor."""
    order = (
        Order.objects.select_related("channel").filter(pk=database_id("Order", order_id)).first()
    )
    if order is None:
        raise Parked(
            Problem(
                code="ORDER_DELETED",
                stage="follow",
                cause="The order does not exist in Saleor any more.",
                cure="It is not made again: nothing needs to be done if that was on purpose.",
                params={"order_id": order_id},
            )
        )
    return order


def confirm_order(order_id: str) -> None:
    """See ``Saleor.confirm_order``."""
    with exclusive(order_id):
        if find_order(order_id).is_unconfirmed():
            execute("orderConfirm", {"id": order_id})


def update_address(order_id: str, address: AddressData) -> None:
    """See ``Saleor.update_address``. Skips Saleor's form rules: the buyer's words are kept."""
    variables: dict[str, Any] = {
        "firstName": address.first_name,
        "lastName": address.last_name,
        "companyName": address.company_name,
        "streetAddress1": address.street_address_1,
        "streetAddress2": address.street_address_2,
        "city": address.city,
        "cityArea": address.city_area,
        "postalCode": address.postal_code,
        "country": address.country,
        "countryArea": address.country_area,
        "phone": possible_phone(address.phone, address.country),
        "metadata": _pairs(address.metadata),
        "skipValidation": True,
    }
    with exclusive(order_id):
        both = {"shippingAddress": variables, "billingAddress": variables}
        execute("orderUpdate", {"id": order_id, "input": both})


def set_metadata(object_id: str, metadata: Mapping[str, str]) -> None:
    """See ``Saleor.set_metadata``. Keys that are not named stay."""
    if metadata:
        execute("updateMetadata", {"id": object_id, "input": _pairs(metadata)})


def add_note(order_id: str, text: str) -> None:
    """See ``Saleor.add_note``."""
    execute("orderNoteAdd", {"order": order_id, "message": text})


def _pairs(metadata: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in metadata.items()]


def is_over(order: Order) -> bool:
    """Nothing can be cancelled any more."""
    over = {SaleorOrderStatus.CANCELED, SaleorOrderStatus.EXPIRED}
    return str(order.status).upper() in over
