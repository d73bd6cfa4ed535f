"""Stripe as payment gateway: sessions answered, payments followed, captured and cancelled."""

from .at_once import carry_out
from .catching_up import delivery_problem
from .gateway import browser_data, gateway
from .mirroring import mirror_problem
from .requests import request_cancel, request_capture
from .sessions import initialize, process

__all__ = [
    "browser_data",
    "carry_out",
    "delivery_problem",
    "gateway",
    "initialize",
    "mirror_problem",
    "process",
    "request_cancel",
    "request_capture",
]
