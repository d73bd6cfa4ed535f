"""The same order as input of Saleor's own ``orderBulkCreate``."""

from __future__ import annotations

from typing import Any

from saleor_tiktok_stripe.saleor_api.ids import global_id
from saleor_tiktok_stripe.saleor_api.types import AddressData, NewLine, NewOrder
from tests.saleor.shop import Shop


def bulk_create_input(shop: Shop, order: NewOrder) -> dict[str, Any]:
    """Variables for one order; amounts as strings, as they travel over HTTP."""
    return {
        "externalReference": order.external_reference,
        "channel": order.channel_slug,
        "createdAt": order.created_at.isoformat(),
        "status": order.status.value,
        "user": {"email": order.email},
        "billingAddress": _address(order.billing_address),
        "shippingAddress": _address(order.shipping_address),
        "currency": order.currency,
        "languageCode": order.language_code.upper(),
        "customerNote": order.customer_note,
        "metadata": _pairs(order.metadata),
        "notes": [{"message": note} for note in order.notes],
        "lines": [_line(shop, order, line) for line in order.lines],
        "deliveryMethod": {
            "shippingMethodId": global_id("ShippingMethod", shop.shipping_method.pk),
            "shippingMethodName": order.shipping_method_name,
            "shippingPrice": _price(order.shipping_net, order.shipping_gross),
            "shippingTaxRate": str(order.shipping_tax_rate),
            "shippingTaxClassId": global_id("TaxClass", shop.tax_class.pk),
        },
        "transactions": [
            {
                "name": item.name,
                "message": item.message,
                "pspReference": item.psp_reference,
                "amountCharged": {"amount": str(item.charged), "currency": order.currency},
            }
            for item in order.transactions
        ],
    }


def _line(shop: Shop, order: NewOrder, line: NewLine) -> dict[str, Any]:
    units = line.quantity
    made = {
        "variantId": line.variant_id,
        "productName": line.product_name,
        "variantName": line.variant_name,
        "productSku": line.sku,
        "createdAt": order.created_at.isoformat(),
        "isShippingRequired": True,
        "isGiftCard": False,
        "quantity": units,
        "totalPrice": _price(line.unit_net * units, line.unit_gross * units),
        "undiscountedTotalPrice": _price(
            line.undiscounted_unit_net * units, line.undiscounted_unit_gross * units
        ),
        "warehouse": shop.warehouse_id(),
        "taxRate": str(line.tax_rate),
        "taxClassId": global_id("TaxClass", shop.tax_class.pk),
        "taxClassName": shop.tax_class.name,
        "metadata": _pairs(line.metadata),
    }
    discount = line.undiscounted_unit_net - line.unit_net
    if discount:
        made |= {
            "unitDiscountReason": line.discount_reason,
            "unitDiscountType": "FIXED",
            "unitDiscountValue": str(discount),
        }
    return made


def _price(net: object, gross: object) -> dict[str, str]:
    return {"net": str(net), "gross": str(gross)}


def _pairs(metadata: Any) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in metadata.items()]


def _address(address: AddressData | None) -> dict[str, Any] | None:
    if address is None:
        return None
    return {
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
        "phone": address.phone,
    }
