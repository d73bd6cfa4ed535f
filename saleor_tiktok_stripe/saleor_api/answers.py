"""Answers to what Saleor asks of a payment app, in the form Saleor 3.20-3.24 reads.

A session's answer is trusted and, but for ``*_ACTION_REQUIRED``, final: Saleor does not ask again.
One value it cannot read turns a paid session into a failed one, so values are cut to its limits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .transactions import (
    ActionAnswer,
    ActionKind,
    GatewayAnswer,
    PaymentMethodDetails,
    SessionAnswer,
)

LONGEST_URL: Final = 200
LONGEST_REFERENCE: Final = 512


def gateway(answer: GatewayAnswer) -> dict[str, Any]:
    """Without ``data`` Saleor tells the storefront that this gateway cannot be used."""
    return {"error": answer.error} if answer.data is None else {"data": dict(answer.data)}


def action(answer: ActionAnswer, kind: ActionKind) -> dict[str, Any]:
    """A reference alone: the outcome is reported once it is known. A refusal is final."""
    said: dict[str, Any] = {}
    if answer.psp_reference:
        said["pspReference"] = answer.psp_reference[:LONGEST_REFERENCE]
    if answer.refusal:
        said |= {"result": f"{kind}_FAILURE", "message": answer.refusal}
        if answer.amount is not None:
            said["amount"] = answer.amount
    return said


def session(answer: SessionAnswer) -> dict[str, Any]:
    """As a payment app would answer Saleor's webhook (3.20-3.24 read the same keys)."""
    said: dict[str, Any] = {
        "result": answer.result,
        "amount": answer.amount,
        "message": answer.message,
        "actions": list(answer.actions),
        "data": dict(answer.data),
    }
    if answer.psp_reference:
        said["pspReference"] = answer.psp_reference[:LONGEST_REFERENCE]
    if answer.external_url.startswith("https://") and len(answer.external_url) <= LONGEST_URL:
        said["externalUrl"] = answer.external_url
    if answer.method is not None:
        said["paymentMethodDetails"] = _method(answer.method)
    return said


def _method(method: PaymentMethodDetails) -> Mapping[str, Any]:
    """Read from 3.22 on, ignored before."""
    said: dict[str, Any] = {"type": method.type, "name": method.name[:256]}
    if method.type == "CARD":
        said |= {"brand": method.brand[:40], "lastDigits": method.last_digits[-4:]}
        if method.exp_month in range(1, 13):
            said["expMonth"] = method.exp_month
        if method.exp_year is not None and method.exp_year >= 2000:
            said["expYear"] = method.exp_year
    return said
