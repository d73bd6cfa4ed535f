"""Our bulk write against Saleor's own ``orderBulkCreate`` and against plain INSERTs.

Runs inside a real Saleor on a migrated database that may be written to (``DATABASE_URL``). All
three write the same orders, two lines each, in batches of 50, turn by turn in one process, each
batch really committed; medians are compared. Ours validates its input, as ``orderBulkCreate`` does.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

from benchmarks.measuring import report, turn_by_turn

BATCH = 50
ROUNDS = 4

BULK_CREATE = """
mutation ($orders: [OrderBulkCreateInput!]!) {
  orderBulkCreate(orders: $orders, stockUpdatePolicy: SKIP, errorPolicy: REJECT_EVERYTHING) {
    count
    results { order { id number } errors { message path } }
  }
}
"""


def main() -> None:
    """Print one line per ratio."""
    import django

    django.setup()
    shop = saleor_shop()
    runs: dict[str, Callable[[], float]] = {
        "saleor": Saleors(shop),
        "own": Ours(shop),
        "raw": RawInsert(shop),
    }
    speed = {name: BATCH / spent for name, spent in turn_by_turn(runs, ROUNDS).items()}
    own = f"our bulk write {speed['own']:.0f} orders/s"
    how = f"batches of {BATCH}, 2 lines, {durability()}"
    report(
        "import_vs_order_bulk_create",
        speed["own"] / speed["saleor"],
        own,
        f"orderBulkCreate {speed['saleor']:.0f} orders/s",
        how,
    )
    report(
        "import_vs_raw_insert",
        speed["own"] / speed["raw"],
        own,
        f"plain INSERTs of the same rows {speed['raw']:.0f} orders/s",
        how,
    )


def durability() -> str:
    """Whether a commit is on the disk when it returns, as the database says."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('fsync'), current_setting('synchronous_commit')")
        fsync, synchronous = cursor.fetchone()
    return f"fsync {fsync}, synchronous_commit {synchronous}"


def saleor_shop() -> Any:
    """A channel with two variants and more stock than will be sold."""
    from tests.saleor.shop import make_shop

    return make_shop(slug=f"bench-{uuid.uuid4().hex[:8]}", stocks=(10_000_000,))


class Ours:
    """``InProcessSaleor.create_orders``, with a caller that records nothing."""

    def __init__(self, shop: Any) -> None:
        from saleor_tiktok_stripe.saleor_api.in_process.adapter import InProcessSaleor

        self.shop = shop
        self.saleor = InProcessSaleor()

    def orders(self) -> list[Any]:
        from tests.saleor.shop import line, order

        return [
            order(
                self.shop,
                line(self.shop, 0, 1),
                line(self.shop, 1, 2),
                external_reference=f"tiktok:{uuid.uuid4()}",
            )
            for _ in range(BATCH)
        ]

    def __call__(self) -> float:
        orders = self.orders()
        start = time.perf_counter()
        results = self.saleor.create_orders(orders, lambda results: None)
        seconds = time.perf_counter() - start
        if not all(result.created and not result.unallocated for result in results):
            raise SystemExit(f"our bulk write refused orders: {results[0]}")
        return seconds


class Saleors:
    """``orderBulkCreate`` in the same process, without HTTP; the same content."""

    def __init__(self, shop: Any) -> None:
        from saleor.app.models import App
        from saleor.graphql.api import backend, schema
        from saleor.permission.models import Permission

        self.shop = shop
        self.app = App.objects.create(name="importer", is_active=True)
        self.app.permissions.add(Permission.objects.get(codename="manage_orders_import"))
        self.document = backend.document_from_string(schema, BULK_CREATE)

    def __call__(self) -> float:
        from saleor.graphql.context import get_context_value

        from saleor_tiktok_stripe.saleor_api.in_process.versions import request_context
        from tests.saleor.bulk_create import bulk_create_input

        orders = [bulk_create_input(self.shop, order) for order in Ours(self.shop).orders()]
        start = time.perf_counter()
        context = get_context_value(request_context(self.app))
        result = self.document.execute(variable_values={"orders": orders}, context_value=context)
        seconds = time.perf_counter() - start
        if result.errors or result.data["orderBulkCreate"]["count"] != BATCH:
            raise SystemExit(f"orderBulkCreate refused orders: {result.errors or result.data}")
        return seconds


class RawInsert:
    """The rows of one of our batches again, as one INSERT per table and one UPDATE of the stock."""

    def __init__(self, shop: Any) -> None:
        self.shop = shop
        self.own = Ours(shop)

    def __call__(self) -> float:
        from django.db import connection, transaction

        statements = self._statements()
        start = time.perf_counter()
        with transaction.atomic(), connection.cursor() as cursor:
            for sql, params in statements:
                cursor.execute(sql, params)
        return time.perf_counter() - start

    def _statements(self) -> list[tuple[str, list[Any]]]:
        from saleor.account.models import Address
        from saleor.order.models import Order, OrderEvent, OrderLine
        from saleor.payment.models import TransactionEvent, TransactionItem
        from saleor.warehouse.models import Allocation

        references = [order.external_reference for order in self._imported()]
        orders = Order.objects.filter(external_reference__in=references)
        ids = list(orders.values_list("pk", flat=True))
        addresses = orders.values_list("billing_address_id", "shipping_address_id")
        lines = OrderLine.objects.filter(order_id__in=ids)
        items = TransactionItem.objects.filter(order_id__in=ids)
        tables = [
            (Address, Address.objects.filter(pk__in=[pk for pair in addresses for pk in pair])),
            (Order, orders),
            (OrderLine, lines),
            (TransactionItem, items),
            (TransactionEvent, TransactionEvent.objects.filter(transaction__in=items)),
            (OrderEvent, OrderEvent.objects.filter(order_id__in=ids)),
            (Allocation, Allocation.objects.filter(order_line__in=lines)),
        ]
        new: dict[Any, Any] = {}
        statements = [self._insert(model, rows, new) for model, rows in tables]
        stock = "UPDATE warehouse_stock SET quantity_allocated = quantity_allocated + 50"
        return [*statements, (f"{stock} WHERE warehouse_id = %s", [self.shop.warehouses[0].pk])]

    def _imported(self) -> list[Any]:
        orders = self.own.orders()
        self.own.saleor.create_orders(orders, lambda results: None)
        return orders

    def _insert(self, model: Any, rows: Any, new: dict[Any, Any]) -> tuple[str, list[Any]]:
        """Copies with new keys; ``new`` maps every old key to its new one."""
        from django.db import connection

        table = model._meta.db_table
        columns = [field.column for field in model._meta.concrete_fields]
        names = ", ".join(f'"{column}"' for column in columns)
        keys = [str(key) for key in rows.values_list("pk", flat=True)]
        pk_type = "uuid" if model._meta.pk.get_internal_type() == "UUIDField" else "bigint"
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {names} FROM {table} WHERE id = ANY(%s::{pk_type}[])", [keys])
            copies = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
        params: list[Any] = []
        for copy in copies:
            self._renew(model, copy, new)
            params += copy.values()
        row = "(" + ", ".join(["%s"] * len(columns)) + ")"
        return f"INSERT INTO {table} ({names}) VALUES {', '.join([row] * len(copies))}", params

    def _renew(self, model: Any, copy: dict[str, Any], new: dict[Any, Any]) -> None:
        from django.db import connection

        table = model._meta.db_table
        for field in model._meta.concrete_fields:
            if field.is_relation:
                related = field.related_model._meta.db_table
                copy[field.column] = new.get((related, copy[field.column]), copy[field.column])
        old = copy["id"]
        if isinstance(old, uuid.UUID):
            copy["id"] = uuid.uuid4()
        else:
            with connection.cursor() as cursor:
                cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [table])
                copy["id"] = cursor.fetchone()[0]
        new[table, old] = copy["id"]
        if "number" in copy and table == "order_order":
            with connection.cursor() as cursor:
                cursor.execute("SELECT nextval('order_order_number_seq')")
                copy["number"] = cursor.fetchone()[0]
            copy["external_reference"] = f"raw:{uuid.uuid4()}"
        if "token" in copy:
            copy["token"] = uuid.uuid4()


if __name__ == "__main__":
    main()
