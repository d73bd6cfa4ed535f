"""What differs between TikTok Shop's markets, as data (reference: regions and currencies)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A town that buyers live in; `tax_rate` (ten-thousandths) counts where tax is on top."""

    state: str
    state_code: str
    county: str
    city: str
    postal_code: str
    tax_rate: int = 0


@dataclass(frozen=True)
class Region:
    """One market. `price_factor` turns US cents of the catalog into this market's minor units."""

    code: str
    country: str
    currency: str
    exponent: int
    price_factor: float
    dial: str
    places: tuple[Place, ...]
    providers: tuple[tuple[str, str], ...]
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    tax_exclusive: bool = False
    south_east_asia: bool = False
    cash_on_delivery: bool = False
    mark_as_shipped: bool = False
    partial_cancel: bool = False
    has_reserve: bool = False
    unit_split: bool = False

    @property
    def token_prefix(self) -> str:
        """Prefix of tokens and ciphers issued for this market."""
        return "TTP_" if self.code == "US" else "ROW_"

    def price(self, us_cents: int) -> int:
        """A catalog price in this market's minor units; zero-decimal markets are rounded to 100."""
        value = us_cents * self.price_factor
        return max(1, round(value)) if self.exponent else max(100, round(value / 100) * 100)


_LATIN_FIRST = ("Jordan", "Alex", "Maria", "Sam", "Noor", "Elena", "Tomas", "Ada")
_LATIN_LAST = ("Rivers", "Nguyen", "Okafor", "Schmidt", "Tan", "Lopez", "Silva", "Moreau")


def _region(
    code: str,
    country: str,
    currency: str,
    exponent: int,
    factor: float,
    dial: str,
    places: tuple[Place, ...],
    providers: tuple[str, ...],
    **flags: bool,
) -> Region:
    numbered = tuple(
        (f"71178588580720{sum(map(ord, code)):03d}{position:02d}", name)
        for position, name in enumerate(providers)
    )
    return Region(
        code, country, currency, exponent, factor, dial, places, numbered, _LATIN_FIRST,
        _LATIN_LAST, **flags,
    )  # fmt: skip


_SEA = {"south_east_asia": True, "cash_on_delivery": True}
_EU = {"mark_as_shipped": True, "unit_split": True}

REGIONS: dict[str, Region] = {
    region.code: region
    for region in (
        _region(
            "US", "United States", "USD", 2, 1.0, "1",
            (
                Place("Ohio", "OH", "Franklin", "Columbus", "43215", 750),
                Place("Colorado", "CO", "Denver", "Denver", "80202", 881),
                Place("California", "CA", "Los Angeles", "Los Angeles", "90012", 950),
                Place("Oregon", "OR", "Multnomah", "Portland", "97205", 0),
                Place("Texas", "TX", "Travis", "Austin", "78701", 825),
            ),
            ("USPS", "UPS", "FedEx"),
            tax_exclusive=True, mark_as_shipped=True, partial_cancel=True, has_reserve=True,
            unit_split=True,
        ),
        _region(
            "GB", "United Kingdom", "GBP", 2, 0.85, "44",
            (
                Place("England", "ENG", "Greater London", "London", "SW1A 1AA"),
                Place("Scotland", "SCT", "Midlothian", "Edinburgh", "EH1 1YZ"),
            ),
            ("Royal Mail", "Evri"),
            mark_as_shipped=True, partial_cancel=True, has_reserve=True, unit_split=True,
        ),
        _region("DE", "Germany", "EUR", 2, 0.95, "49",
                (Place("Berlin", "BE", "Berlin", "Berlin", "10115"),
                 Place("Bayern", "BY", "München", "München", "80331")), ("DHL", "Hermes"), **_EU),
        _region("FR", "France", "EUR", 2, 0.95, "33",
                (Place("Île-de-France", "IDF", "Paris", "Paris", "75001"),), ("La Poste",), **_EU),
        _region("IT", "Italy", "EUR", 2, 0.95, "39",
                (Place("Lazio", "62", "Roma", "Roma", "00184"),), ("BRT",), **_EU),
        _region("ES", "Spain", "EUR", 2, 0.95, "34",
                (Place("Madrid", "MD", "Madrid", "Madrid", "28013"),), ("Correos",), **_EU),
        _region("IE", "Ireland", "EUR", 2, 0.95, "353",
                (Place("Leinster", "L", "Dublin", "Dublin", "D02 X285"),), ("An Post",), **_EU),
        _region("JP", "Japan", "JPY", 0, 1.5, "81",
                (Place("Tokyo", "13", "Chiyoda", "Tokyo", "100-0001"),), ("Yamato",), **_EU),
        _region("ID", "Indonesia", "IDR", 0, 155.0, "62",
                (Place("DKI Jakarta", "JK", "Jakarta Pusat", "Gambir", "10110"),),
                ("J&T Express", "SiCepat"), **_SEA),
        _region("VN", "Vietnam", "VND", 0, 250.0, "84",
                (Place("Hà Nội", "HN", "Hoàn Kiếm", "Hàng Bạc", "100000"),), ("GHN",), **_SEA),
        _region("TH", "Thailand", "THB", 2, 35.0, "66",
                (Place("Bangkok", "10", "Phra Nakhon", "Bangkok", "10200"),),
                ("Flash Express",), **_SEA),
        _region("MY", "Malaysia", "MYR", 2, 4.5, "60",
                (Place("Selangor", "10", "Petaling", "Shah Alam", "40000"),),
                ("J&T Express",), **_SEA),
        _region("PH", "Philippines", "PHP", 2, 57.0, "63",
                (Place("Metro Manila", "00", "Manila", "Manila", "1000"),),
                ("J&T Express",), **_SEA),
        _region("SG", "Singapore", "SGD", 2, 1.35, "65",
                (Place("Singapore", "SG", "Singapore", "Singapore", "018956"),), ("Ninja Van",),
                south_east_asia=True),
        _region("MX", "Mexico", "MXN", 2, 18.0, "52",
                (Place("Ciudad de México", "CMX", "Cuauhtémoc", "Ciudad de México", "06000"),),
                ("Estafeta",), unit_split=True),
        _region("BR", "Brazil", "BRL", 2, 5.5, "55",
                (Place("São Paulo", "SP", "São Paulo", "São Paulo", "01001-000"),),
                ("Correios",)),
    )
}  # fmt: skip
