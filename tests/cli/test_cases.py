"""Commands about the queue: cases at TikTok."""

from __future__ import annotations

import json

import pytest

from saleor_tiktok_stripe.models import MarketplaceRequest
from tests.aftersales.case_shop import look, sold
from tests.support.shop import ConnectedShop
from tests.support.stored import everything

from .support import CHANNEL, run


@pytest.fixture
def asked(shop: ConnectedShop) -> tuple[ConnectedShop, str]:
    """A buyer wants the money back; the case is known."""
    order_id = sold(shop)
    case_id = shop.tiktok.request_return(order_id, kind="REFUND")
    look(shop, order_id)
    return shop, str(case_id)


def test_the_queue_is_listed_and_a_case_shown(asked: tuple[ConnectedShop, str]):
    shop, case_id = asked

    code, said = run("cases", "list", *CHANNEL)
    assert code == 0
    assert said.startswith(f"{case_id}  refund  ")
    assert "    accept: Pays the buyer back.\n" in said

    shown = run("cases", "show", *CHANNEL, case_id)
    assert shown[0] == 0
    assert "    Otherwise: " in shown[1]
    told = json.loads(run("cases", "list", *CHANNEL, "--json")[1])
    assert [one["id"] for one in told["items"]] == [case_id]
    assert json.loads(run("cases", "show", *CHANNEL, "--json", case_id)[1])["item"]["id"] == case_id


def test_a_case_is_accepted_after_a_look(asked: tuple[ConnectedShop, str]):
    shop, case_id = asked
    before = everything()

    planned = run("cases", "accept", *CHANNEL, "--dry-run", case_id)
    assert planned == (0, f"{case_id}: accept, would be sent.\n")
    assert everything() == before

    for _ in range(2):
        done = run("cases", "accept", *CHANNEL, "--key", "k", case_id)
        assert done == (0, f"{case_id}: accept, waiting.\n")
    shop.work()
    assert MarketplaceRequest.objects.get().state == "succeeded"
    assert run("cases", "list", *CHANNEL) == (0, "Nothing waits for an answer.\n")
    assert case_id in run("cases", "list", *CHANNEL, "--all")[1]


def test_a_case_is_rejected_with_one_of_tiktoks_reasons(asked: tuple[ConnectedShop, str]):
    shop, case_id = asked

    code, said = run("cases", "reasons", *CHANNEL, case_id)
    assert code == 0
    reason = said.splitlines()[0].split("  ")[0]
    words = ("cases", "reject", *CHANNEL, "--reason", reason, "--comment", "No.")
    assert run(*words, case_id)[1] == f"{case_id}: reject, waiting.\n"
    shop.work()

    assert MarketplaceRequest.objects.get().state == "succeeded"


def test_a_part_is_offered(asked: tuple[ConnectedShop, str]):
    shop, case_id = asked

    refused = run("cases", "offer", *CHANNEL, case_id, "100000")
    assert (refused[0], refused[1][-21:]) == (1, " [CASE_OFFER_AMOUNT]\n")
    assert run("cases", "offer", *CHANNEL, case_id, "1.50")[1] == f"{case_id}: offer, waiting.\n"
    shop.work()

    assert MarketplaceRequest.objects.get().state == "succeeded"


@pytest.mark.parametrize("command", ["show", "accept", "reasons"])
def test_a_case_that_is_not_there_is_said_in_one_line(shop: ConnectedShop, command: str):
    code, said = run("cases", command, *CHANNEL, "4035320000000000000")

    assert (code, said[-16:]) == (1, " [CASE_UNKNOWN]\n")
