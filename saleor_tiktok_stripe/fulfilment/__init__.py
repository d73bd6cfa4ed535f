"""Goods that leave: what staff ship, track and cancel in Saleor is told to the marketplace, whose
carriers, packages and deadlines are known here."""

from .attention import deadlines, late_shipments, number_due
from .carriers import CarrierBook, Match, match
from .listing import CarrierTable, carrier_table
from .providers import link_carrier, refresh_carriers, unlink_carrier
from .pushing import plan_push, retry_push
from .watching import changed_in_saleor

__all__ = [
    "CarrierBook",
    "CarrierTable",
    "Match",
    "carrier_table",
    "changed_in_saleor",
    "deadlines",
    "late_shipments",
    "link_carrier",
    "match",
    "number_due",
    "plan_push",
    "refresh_carriers",
    "retry_push",
    "unlink_carrier",
]
