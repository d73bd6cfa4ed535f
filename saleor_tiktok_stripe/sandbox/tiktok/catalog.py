"""The seeded catalog: the SKUs that the sandbox sells, so that a Saleor shop can have the same."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal

from saleor_tiktok_stripe.sandbox.tiktok import money
from saleor_tiktok_stripe.sandbox.tiktok.regions import REGIONS

_THINGS = (
    ("Stoneware mug", "MUG", 1800), ("Cotton tee", "TEE", 2000), ("Logo cap", "CAP", 1500),
    ("Canvas tote", "TOTE", 1250), ("Desk lamp", "LAMP", 3499), ("Yoga mat", "MAT", 2799),
    ("Water bottle", "BTL", 1999), ("Phone stand", "STND", 899), ("Face cream", "CREM", 1649),
    ("Wool socks", "SOCK", 975), ("Notebook", "NOTE", 725), ("Backpack", "PACK", 5900),
)  # fmt: skip
_VARIANTS = (("Blue", "BLU"), ("Black, M", "BLK-M"), ("White, L", "WHT-L"), ("Red", "RED"))


@dataclass(frozen=True)
class BundlePart:
    """A component of a virtual bundle and how many of it are in one bundle."""

    product_id: str
    sku_id: str
    seller_sku: str
    count: int


@dataclass(frozen=True)
class CatalogSku:
    """One sellable SKU, its price in the market's minor units.

    `linked` is False when the seller's SKU is empty or one that no other system knows.
    """

    product_id: str
    product_name: str
    sku_id: str
    sku_name: str
    seller_sku: str
    barcode: str
    price_minor: int
    exponent: int
    currency: str
    linked: bool = True
    bundle: tuple[BundlePart, ...] = ()

    @property
    def price(self) -> Decimal:
        """List price."""
        return money.decimal(self.price_minor, self.exponent)


def _ean13(number: int) -> str:
    digits = f"200{number:09d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"


def _seller_sku(code: str, linked: bool, rng: random.Random, number: int) -> str:
    if linked:
        return code
    return "" if rng.random() < 0.5 else f"UNLISTED-{number:04d}"


def _with_bundle(skus: list[CatalogSku]) -> CatalogSku:
    first, second = skus[0], skus[len(skus) // 2]
    parts = (
        BundlePart(first.product_id, first.sku_id, first.seller_sku, 1),
        BundlePart(second.product_id, second.sku_id, second.seller_sku, 2),
    )
    number = len(skus)
    return CatalogSku(
        product_id=str(int(skus[-1].product_id) + 1),
        product_name="Starter set",
        sku_id=str(int(skus[-1].sku_id) + 1),
        sku_name="Default",
        seller_sku="SET-STARTER",
        barcode=_ean13(number + 1),
        price_minor=first.price_minor + 2 * second.price_minor,
        exponent=first.exponent,
        currency=first.currency,
        bundle=parts,
    )


def catalog(
    seed: int, *, products: int = 24, region: str = "US", unlinked_share: float = 0.0
) -> tuple[CatalogSku, ...]:
    """The SKUs of the shop with this seed: `products` products of 1-4 SKUs each, and a bundle.

    The same seed gives the same ids, seller SKUs and barcodes in every market, and prices in the
    market's currency. `unlinked_share` (0-1) of them get an empty or unknown seller SKU.
    """
    market = REGIONS[region]
    rng = random.Random(f"catalog-{seed}")
    skus: list[CatalogSku] = []
    for number in range(products):
        name, code, cents = _THINGS[number % len(_THINGS)]
        series = number // len(_THINGS)
        product_code = code if not series else f"{code}{series + 1}"
        for variant_name, variant_code in _VARIANTS[: rng.randint(1, len(_VARIANTS))]:
            place = len(skus)
            linked = random.Random(f"link-{seed}-{place}").random() >= unlinked_share
            skus.append(
                CatalogSku(
                    product_id=str(1_729_582_718_000_000_000 + seed % 1000 * 100_000 + number),
                    product_name=name if not series else f"{name} {series + 1}",
                    sku_id=str(1_729_582_719_000_000_000 + seed % 1000 * 100_000 + place),
                    sku_name=variant_name,
                    seller_sku=_seller_sku(f"{product_code}-{variant_code}", linked, rng, place),
                    barcode=_ean13(seed % 1000 * 10_000 + place),
                    price_minor=market.price(cents + rng.randint(-20, 20) * 5),
                    exponent=market.exponent,
                    currency=market.currency,
                    linked=linked,
                )
            )
    return (*skus, _with_bundle(skus))
