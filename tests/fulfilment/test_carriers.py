"""Which of the marketplace's carriers it is."""

from __future__ import annotations

import pytest

from saleor_tiktok_stripe.errors import InvalidInput, Problem
from saleor_tiktok_stripe.fulfilment import link_carrier, refresh_carriers, unlink_carrier
from saleor_tiktok_stripe.fulfilment.carriers import (
    ALIASES,
    CarrierBook,
    Match,
    book_of,
    match,
    normal,
)
from saleor_tiktok_stripe.fulfilment.formats import FORMATS, carriers_of
from saleor_tiktok_stripe.models import AuditEntry, Carrier, CarrierLink
from tests.support.shop import ConnectedShop

KNOWN = {"1": "UPS", "2": "USPS", "3": "FedEx", "4": "DHL Express", "5": "Hermes", "6": "DHL"}
BOOK = CarrierBook(KNOWN)


def found(*names: str, number: str = "X", book: CarrierBook = BOOK) -> tuple[str, str] | str:
    """Carrier id and how, or why not."""
    one = match(book, names, number, order_id="1")
    return (one.carrier_id, one.how) if isinstance(one, Match) else one.params["why"]


@pytest.mark.parametrize(
    ("name", "carrier_id"),
    [
        ("UPS", "1"),
        ("  u.p.s. ", "1"),
        ("United Parcel Service", "1"),
        ("UPS Ground", "1"),
        ("U.S. Mail", "2"),
        ("US Mail", "2"),
        ("United States Postal Service (First Class)", "2"),
        ("Fed-Ex", "3"),
        ("FEDEX_HOME_DELIVERY", "3"),
        ("DHL Express Worldwide", "4"),
        ("DHL express 12:00", "4"),
        ("Deutsche Post", "6"),
        ("Evri UK", "5"),
        ("myHermes", "5"),
        ("Standard Shipping", "none"),
        ("cups of tea", "none"),
    ],
)
def test_names_as_people_write_them(name: str, carrier_id: str):
    expected = f"none is called {normal(name)}" if carrier_id == "none" else (carrier_id, "name")

    assert found(name) == expected


def test_the_manual_table_wins_over_everything():
    book = CarrierBook(KNOWN, links={"ups": "3", "our van": "2"}, default="UPS")

    assert found("UPS", book=book) == ("3", "link")
    assert found("standard", "Our  VAN!", number="1Z999AA10123456784", book=book) == ("2", "link")


def test_a_name_wins_over_the_number_and_that_over_the_default():
    book = CarrierBook(KNOWN, default="FedEx")

    assert found("USPS", number="1Z999AA10123456784", book=book) == ("2", "name")
    assert found("Standard", number="1Z999AA10123456784", book=book) == ("1", "number")
    assert found("Standard", number="local-1", book=book) == ("3", "default")


def test_several_of_one_name_are_never_chosen_among():
    twice = CarrierBook({"1": "UPS", "2": "United Parcel Service"})

    assert found("UPS", book=twice) == ("1", "name")
    assert found("ups ground", book=CarrierBook({"1": "UPS", "2": "UPS"})) == "several fit"
    [problem] = [match(CarrierBook({"1": "UPS", "2": "UPS"}), ["UPS"], "X", order_id="7")]
    assert isinstance(problem, Problem)
    assert (problem.code, problem.params["choices"]) == ("CARRIER_UNKNOWN", "UPS")
    assert problem.waits_for == ("carriers",)


def test_without_any_name_the_choices_are_listed():
    one = match(CarrierBook({str(n): f"Carrier {n:02}" for n in range(20)}), [], "X", order_id="7")

    assert isinstance(one, Problem)
    assert one.params["why"] == "nothing names it"
    assert one.params["choices"].startswith("Carrier 00, Carrier 01")
    assert one.params["choices"].endswith("Carrier 11 and others")


@pytest.mark.parametrize(
    ("number", "carriers"),
    [
        ("1Z999AA10123456784", ("ups",)),
        ("1Z 999 AA1 0123 4567 84", ("ups",)),
        ("1Z999AA10123456785", ()),
        ("9405511899223197428490", ("usps",)),
        ("420941079405511899223197428490", ("usps",)),
        ("9405511899223197428491", ()),
        ("RR123456785GB", ("royal mail",)),
        ("RR123456784GB", ()),
        ("RR123456785JP", ("japan post",)),
        ("986578788855", ("fedex",)),
        ("1234567891", ("dhl express",)),
        ("1234567890", ()),
        ("TBA123456789012", ("amazon",)),
        ("", ()),
        ("hello", ()),
    ],
)
def test_numbers_with_their_check_digits(number: str, carriers: tuple[str, ...]):
    assert carriers_of(number) == carriers


def test_the_tables_agree_with_each_other():
    assert {one.carrier for one in FORMATS} <= ALIASES.keys() | {
        "correos de mexico", "phlpost",
    }  # fmt: skip
    spellings = [name for carrier, others in ALIASES.items() for name in (carrier, *others)]
    assert len(spellings) == len(set(spellings))
    assert [name for name in spellings if normal(name) != name] == []


def test_the_marketplaces_carriers_are_read_and_lost_ones_kept_as_gone(shop: ConnectedShop):
    Carrier.objects.create(connection=shop.connection, carrier_id="gone", name="Old Carrier")

    known = refresh_carriers(shop.connection, shop.client)

    assert known == Carrier.objects.filter(gone=False).count() > 1
    assert Carrier.objects.get(gone=True).name == "Old Carrier"
    assert "Old Carrier" not in book_of(shop.connection, "").known.values()
    assert refresh_carriers(shop.connection, shop.client) == known


def test_a_link_by_hand_is_made_changed_and_taken_back(shop: ConnectedShop):
    refresh_carriers(shop.connection, shop.client)
    first, second = Carrier.objects.order_by("carrier_id")[:2]

    link_carrier(shop.connection, "Our Van", first.carrier_id, "staff:1")
    link_carrier(shop.connection, "our  van", second.carrier_id, "staff:1")

    assert book_of(shop.connection, "").links == {"our van": second.carrier_id}
    assert CarrierLink.objects.count() == 1
    assert unlink_carrier(shop.connection, "OUR VAN", "staff:1")
    assert not unlink_carrier(shop.connection, "OUR VAN", "staff:1")
    assert list(AuditEntry.objects.order_by("id").values_list("action", flat=True)) == [
        "carrier.link", "carrier.link", "carrier.unlink",
    ]  # fmt: skip
    with pytest.raises(InvalidInput) as unknown:
        link_carrier(shop.connection, "Our Van", "0", "staff:1")
    with pytest.raises(InvalidInput) as empty:
        link_carrier(shop.connection, " - ", first.carrier_id, "staff:1")
    assert (unknown.value.code, empty.value.code) == ("CARRIER_ID_UNKNOWN", "CARRIER_NAME_EMPTY")
