from __future__ import annotations

from dataclasses import replace

import pytest

from saleor_tiktok_stripe.orders.address import address_hash, is_empty, to_address

from .samples import MASKED, NO_ADDRESS, READABLE


@pytest.mark.parametrize(
    ("country", "area", "code", "expected"),
    [
        ("US", "Ohio", "OH", "OH"),
        ("BR", "São Paulo", "SP", "SP"),
        ("GB", "England", "ENG", ""),
        ("UK", "England", "ENG", ""),
        ("DE", "Berlin", "BE", ""),
        ("ES", "Madrid", "MD", "Madrid"),
        ("MX", "Ciudad de México", "CMX", "Ciudad de México"),
        ("ID", "DKI Jakarta", "JK", "DKI Jakarta"),
        ("US", "Ohio", "", "Ohio"),
    ],
)
def test_areas_are_those_that_saleor_knows(country, area, code, expected):
    address = to_address(replace(READABLE, country=country, area=area, area_code=code), "US")

    assert address.country_area == expected
    assert address.country == country.replace("UK", "GB")


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("(+1)6145550142", "+16145550142"),
        ("(+44)7911 123456", "+447911123456"),
        ("(+1)614*****42", ""),
        ("(+1)213-***-1234", ""),
        ("", ""),
        ("6145550142", ""),
        ("+4915112345678", "+4915112345678"),
    ],
)
def test_only_whole_phone_numbers_are_kept(shown, expected):
    assert to_address(replace(READABLE, phone=shown), "US").phone == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("Jordan", "Rivers")),
        ({"first_name": "", "last_name": ""}, ("Jordan", "Rivers")),
        ({"first_name": "", "last_name": "", "name": "Madonna"}, ("", "Madonna")),
        ({"first_name": "", "last_name": "", "name": ""}, ("TikTok Shop", "buyer")),
    ],
)
def test_everybody_has_a_name(changes, expected):
    address = to_address(replace(READABLE, **changes), "US")

    assert (address.first_name, address.last_name) == expected


def test_no_part_is_longer_than_saleor_takes():
    long = replace(READABLE, name="n" * 400, first_name="f" * 400, lines=("s" * 400, "t" * 400),
                   city="c" * 400, postal_code="1" * 40, area="a" * 400, country="ID")  # fmt: skip

    address = to_address(long, "ID")

    assert (len(address.first_name), len(address.city), len(address.country_area)) == (
        256,
        256,
        128,
    )
    assert (len(address.street_address_1), len(address.postal_code)) == (256, 20)


def test_only_readable_addresses_are_remembered():
    assert len(address_hash(READABLE)) == 64
    assert address_hash(READABLE) != address_hash(replace(READABLE, lines=("9 Other Street",)))
    assert address_hash(MASKED) == ""
    assert address_hash(NO_ADDRESS) == ""
    assert is_empty(NO_ADDRESS)
    assert not is_empty(MASKED)
