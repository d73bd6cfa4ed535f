"""What a vendor's name of an amount means: one table per vendor, with a closed default.

A name that is not here is ``other``, and kept. Sources: TikTok Shop Open API, finance 202501
(breakdowns and transaction types); Stripe's reporting categories and types of fee details.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ...models import LedgerEntry

Kind = LedgerEntry.Kind

_BLOCKS: Final[Mapping[str, Mapping[str, Kind]]] = {
    "revenue": {
        "subtotal_before_discount_amount": Kind.SALE,
        "seller_discount_amount": Kind.SELLER_DISCOUNT,
        "refund_subtotal_before_discount_amount": Kind.REFUND,
        "seller_discount_refund_amount": Kind.REFUND,
        "cod_service_fee_amount": Kind.FEE,
        "refund_cod_service_fee_amount": Kind.REFUND,
    },
    "shipping": dict.fromkeys(
        (
            "actual_shipping_fee_amount",
            "customer_paid_shipping_fee_amount",
            "customer_shipping_fee_offset_amount",
            "exchange_shipping_fee_amount",
            "failed_delivery_subsidy_amount",
            "fbt_fulfillment_fee_amount",
            "fbt_fulfillment_fee_reimbursement_amount",
            "fbt_shipping_fee_amount",
            "refunded_customer_shipping_fee_amount",
            "replacement_shipping_fee_amount",
            "return_refund_subsidy_amount",
            "return_shipping_fee_amount",
            "return_shipping_label_fee_amount",
            "seller_self_shipping_service_fee_amount",
            "shipping_fee_discount_amount",
            "shipping_insurance_fee_amount",
            "signature_confirmation_fee_amount",
        ),
        Kind.SHIPPING,
    ),
    "fee": {
        **dict.fromkeys(
            (
                "bonus_cashback_service_fee_amount",
                "credit_card_handling_fee_amount",
                "dynamic_commission_amount",
                "fee_per_item_sold_amount",
                "flash_sales_service_fee_amount",
                "live_specials_fee_amount",
                "mall_service_fee_amount",
                "platform_commission_amount",
                "pre_order_service_fee_amount",
                "referral_fee_amount",
                "refund_administration_fee_amount",
                "sfp_service_fee_amount",
                "transaction_fee_amount",
                "vn_fix_infrastructure_fee",
                "voucher_xtra_service_fee_amount",
            ),
            Kind.FEE,
        ),
        **dict.fromkeys(
            (
                "affiliate_ads_commission_amount",
                "affiliate_commission_amount",
                "affiliate_commission_before_pit_amount",
                "affiliate_partner_commission_amount",
                "cofunded_creator_bonus_amount",
                "external_affiliate_marketing_fee_amount",
            ),
            Kind.COMMISSION,
        ),
    },
    "tax": dict.fromkeys(
        (
            "anti_dumping_duty_amount",
            "customs_clearance_amount",
            "customs_duty_amount",
            "gst_amount",
            "import_vat_amount",
            "isr_amount",
            "iva_amount",
            "local_vat_amount",
            "pit_amount",
            "sst_amount",
            "vat_amount",
        ),
        Kind.TAX,
    ),
}
MARKETPLACE: Final[Mapping[str, Mapping[str, Kind]]] = {
    **_BLOCKS,
    "fee_tax": {**_BLOCKS["fee"], **_BLOCKS["tax"]},
}
"""Group -> the marketplace's name -> kind, of what a settlement is the sum of. Fees and taxes come
in groups of their own, or together."""

BESIDES: Final[Mapping[str, Kind]] = {
    "customer_payment_amount": Kind.SALE,
    "customer_refund_amount": Kind.REFUND,
    "platform_discount_amount": Kind.PLATFORM_DISCOUNT,
    "platform_discount_refund_amount": Kind.PLATFORM_DISCOUNT,
    "sales_tax_amount": Kind.TAX,
    "sales_tax_payment_amount": Kind.TAX,
    "sales_tax_refund_amount": Kind.TAX,
    "retail_delivery_fee_amount": Kind.FEE,
    "retail_delivery_fee_payment_amount": Kind.FEE,
    "retail_delivery_fee_refund_amount": Kind.FEE,
    "seller_cofunded_discount_amount": Kind.SELLER_DISCOUNT,
    "seller_cofunded_discount_refund_amount": Kind.SELLER_DISCOUNT,
    "fbm_shipping_cost_amount": Kind.SHIPPING,
    "fbt_shipping_cost_amount": Kind.SHIPPING,
    "platform_shipping_fee_discount_amount": Kind.SHIPPING,
    "promo_shipping_incentive_amount": Kind.SHIPPING,
    "shipping_fee_subsidy_amount": Kind.SHIPPING,
}
"""What a row tells besides: never a part of its settlement."""

ADJUSTMENTS: Final[Mapping[str, Kind]] = {
    **dict.fromkeys(
        (
            "COFUNDED_CREATOR_REWARDS",
            "CUSTOMER_SERVICE_COMPENSATION",
            "DEDUCTIONS_INCURRED_BY_SELLER",
            "FBT_WAREHOUSE_SERVICE_FEE",
            "GMV_PAYMENT_FOR_ADS",
            "LOGISTICS_REIMBURSEMENT",
            "OTHER_ADJUSTMENT",
            "PLATFORM_COMMISSION_ADJUSTMENT",
            "PLATFORM_COMMISSION_COMPENSATION",
            "PLATFORM_COMPENSATION",
            "PLATFORM_PENALTY",
            "PLATFORM_REIMBURSEMENT",
            "PROMOTION_ADJUSTMENT",
            "REBATE",
            "SAMPLE_SHIPPING_FEE",
            "SELLER_MISSION_REWARD",
            "SHIPPING_FEE_ADJUSTMENT",
            "SHIPPING_FEE_COMPENSATION",
            "SHIPPING_FEE_REBATE",
            "STAMP_DUTY",
        ),
        Kind.ADJUSTMENT,
    ),
    "CHARGE_BACK": Kind.DISPUTE,
}
"""Types of rows that are for no sale of an order."""

UNWELCOME: Final = frozenset(
    {"CHARGE_BACK", "DEDUCTIONS_INCURRED_BY_SELLER", "OTHER_ADJUSTMENT", "PLATFORM_PENALTY"}
)
"""Adjustments that a merchant wants to be told of; as are those with a new name."""

GATEWAY: Final[Mapping[str, Kind]] = {
    "charge": Kind.SALE,
    "charge_failure": Kind.SALE,
    "refund": Kind.REFUND,
    "partial_capture_reversal": Kind.REFUND,
    "refund_failure": Kind.REFUND,
    "dispute": Kind.DISPUTE,
    "dispute_reversal": Kind.DISPUTE,
    "fee": Kind.FEE,
    "network_cost": Kind.FEE,
    "tax": Kind.TAX,
    "payout": Kind.PAYOUT,
    "payout_reversal": Kind.PAYOUT,
    "payout_minimum_balance_hold": Kind.RESERVE,
    "payout_minimum_balance_release": Kind.RESERVE,
    "risk_reserved_funds": Kind.RESERVE,
    "other_adjustment": Kind.ADJUSTMENT,
}
"""Stripe's reporting category -> kind of the amount itself."""

GATEWAY_FEES: Final[Mapping[str, Kind]] = {
    "stripe_fee": Kind.FEE,
    "application_fee": Kind.FEE,
    "payment_method_passthrough_fee": Kind.FEE,
    "tax": Kind.TAX,
    "withheld_tax": Kind.TAX,
}
"""Stripe's type of a fee detail -> kind."""
