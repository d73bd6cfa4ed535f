"""Commands about money: settled and paid out by the sandbox, read into the ledger."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from saleor_tiktok_stripe.models import Difference, LedgerEntry
from saleor_tiktok_stripe.payments import ledger
from tests.support.shop import ConnectedShop

from .support import CHANNEL, run


@pytest.fixture
def paid(shop: ConnectedShop) -> tuple[ConnectedShop, str, str]:
    """A shop with an order that was settled and paid out, the order, and the payout."""
    order_id = shop.tiktok.create_order(status="AWAITING_SHIPMENT")
    shop.tiktok.walk_to(order_id, "DELIVERED")
    shop.sync(order_id)
    shop.tiktok.settle_day()
    payment_id = shop.tiktok.pay_out()
    while any(step.more for step in ledger.import_money(shop.connection).values()):
        pass
    return shop, order_id, payment_id


def test_an_order_is_followed_to_its_payout_and_back(paid: tuple[ConnectedShop, str, str]):
    shop, order_id, payment_id = paid

    code, said = run("money", "order", *CHANNEL, order_id)
    assert (code, said.splitlines()[0]) == (0, f"{order_id}  paid out")
    assert f"    payout {payment_id} (paid): " in said
    saleor_id = shop.link(order_id).saleor_order_id
    assert run("money", "order", *CHANNEL, saleor_id) == (code, said)
    [told] = json.loads(run("money", "order", *CHANNEL, "--json", order_id)[1])
    assert (told["order_id"], told["standing"]) == (order_id, "paid_out")

    code, said = run("money", "payout", *CHANNEL, payment_id)
    assert code == 0
    assert said.startswith(f"{payment_id}  ")
    assert f"    order  {order_id}  " in said
    told = json.loads(run("money", "payout", *CHANNEL, "--json", payment_id)[1])
    assert (told["payout"]["payout_id"], told["amount"]) == (payment_id, told["total"])


def test_payouts_and_statements_are_listed(paid: tuple[ConnectedShop, str, str]):
    _, _, payment_id = paid

    code, said = run("money", "payouts", *CHANNEL)
    assert (code, said.split()[0]) == (0, payment_id)
    told = json.loads(run("money", "statements", *CHANNEL, "--json")[1])
    assert [one["payout_id"] for one in told["items"]] == [payment_id]
    assert run("money", "statements", *CHANNEL)[1].split()[0] == told["items"][0]["statement_id"]


def test_the_ledger_is_compared_anew(paid: tuple[ConnectedShop, str, str]):
    _, order_id, _ = paid
    assert run("money", "check", *CHANNEL) == (0, "tiktok: 1 orders, 0 differences\n")

    LedgerEntry.objects.filter(order_id=order_id, kind="sale").update(amount="1.00")

    code, said = run("money", "check", *CHANNEL, order_id)
    assert code == 1
    assert said.startswith("tiktok: 1 orders, ")
    assert Difference.objects.filter(subject=order_id, state="open").exists()
    code, said = run("money", "order", *CHANNEL, order_id)
    assert code == 1


def test_the_ledger_is_written_as_a_table(paid: tuple[ConnectedShop, str, str], tmp_path: Path):
    _, order_id, payment_id = paid
    out = tmp_path / "orders.csv"

    done = run("money", "export", *CHANNEL, "--out", str(out), "orders")
    assert done == (0, "1 rows.\n")
    [row] = csv.DictReader(io.StringIO(out.read_text()))
    assert order_id in row.values()
    code, said = run("money", "export", *CHANNEL, "--since", "2020-01-01", "payouts")
    assert (code, payment_id in said) == (0, True)
    assert run("money", "export", *CHANNEL, "pictures")[0] == 2


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("money", "order", *CHANNEL, "7"), "ORDER_UNKNOWN"),
        (("money", "payout", *CHANNEL, "7"), "PAYOUT_UNKNOWN"),
        (("money", "payouts", *CHANNEL, "--page", "x"), "PAGE_INVALID"),
        (("money", "payouts", *CHANNEL, "--vendor", "stripe"), "NOT_CONFIGURED"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(
    shop: ConnectedShop, words: tuple[str, ...], code: str
):
    exit_code, said = run(*words)

    assert (exit_code, said[-len(code) - 4 :]) == (1, f" [{code}]\n")
