"""What evidence may hold (the Stripe sheet, 4.2): fields, limits, and merging what was staged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from saleor_tiktok_stripe.sandbox.stripe.errors import invalid
from saleor_tiktok_stripe.sandbox.stripe.params import ADDRESS, Kind, Spec, flag, items, obj, text

LONG_TEXTS = (
    "access_activity_log", "cancellation_policy_disclosure", "cancellation_rebuttal",
    "duplicate_charge_explanation", "product_description", "refund_policy_disclosure",
    "refund_refusal_explanation", "uncategorized_text",
)  # fmt: skip
SHORT_TEXTS = (
    "billing_address", "customer_email_address", "customer_name", "customer_purchase_ip",
    "duplicate_charge_id", "service_date", "shipping_address", "shipping_carrier",
    "shipping_date", "shipping_tracking_number",
)  # fmt: skip
FILES = (
    "cancellation_policy", "customer_communication", "customer_signature",
    "duplicate_charge_documentation", "receipt", "refund_policy", "service_documentation",
    "shipping_documentation", "uncategorized_file",
)  # fmt: skip
TEXT_LIMIT = 20_000
ALL_TEXTS_LIMIT = 150_000
# Documented as 4.5 MB, cut off at 4.75 to 4.8 MiB: five million bytes, as the error text says.
ALL_FILES_LIMIT = 5_000_000
_SHORTEST = {"customer_device_fingerprint": 20, "customer_device_id": 15}
_DEVICE_OR_IP = ("customer_purchase_ip", "customer_device_id", "customer_device_fingerprint")
_IDENTIFIERS = (*_DEVICE_OR_IP, "customer_account_id", "customer_email_address", "shipping_address")
_PRIORS = 2


def _transaction_spec(more: Spec) -> Spec:
    texts = ("customer_account_id", *_SHORTEST, "customer_email_address", "customer_purchase_ip")
    fields = {name: text() for name in (*texts, "product_description")}
    return {**fields, "shipping_address": obj(ADDRESS), **more}


def _enhanced_spec() -> Spec:
    acknowledged = obj({"fee_acknowledged": flag()})
    kinds = ("merchandise", "services")
    disputed = _transaction_spec({"merchandise_or_services": text(choices=kinds)})
    prior = _transaction_spec({"charge": text(required=True)})
    proof: Spec = {
        "disputed_transaction": obj(disputed),
        "prior_undisputed_transactions": items(obj(prior)),
    }
    return {
        "mastercard_compliance": acknowledged,
        "visa_compliance": acknowledged,
        "visa_compelling_evidence_3": obj(proof),
    }


_APPEAL: Spec = {"reason_for_filing": text(longest=TEXT_LIMIT), "supporting_files": items()}
SPEC: Mapping[str, Kind] = {
    **{name: text() for name in (*SHORT_TEXTS, *FILES)},
    **{name: text(longest=TEXT_LIMIT) for name in LONG_TEXTS},
    "appeal": obj({"card": obj(_APPEAL)}),
    "enhanced_evidence": obj(_enhanced_spec()),
}
"""The parameter `evidence` of an update."""


def nothing() -> dict[str, Any]:
    """Evidence as a new dispute shows it."""
    fields: dict[str, Any] = dict.fromkeys(sorted((*LONG_TEXTS, *SHORT_TEXTS, *FILES)))
    fields["enhanced_evidence"] = {}
    return fields


def merged(evidence: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Evidence with what was given laid over it: "" clears a field, hashes merge, lists replace."""
    result = dict(evidence)
    for name, value in given.items():
        if value == "":
            result[name] = {} if name == "enhanced_evidence" else None
        elif isinstance(value, Mapping):
            former = result.get(name)
            result[name] = merged(former if isinstance(former, Mapping) else {}, value)
        else:
            result[name] = value
    return result


def is_there(evidence: Mapping[str, Any]) -> bool:
    """Whether anything is staged."""
    return any(value not in (None, {}, []) for value in evidence.values())


def check_texts(evidence: Mapping[str, Any]) -> None:
    """StripeError 400 when all texts together are longer than 150,000 characters."""
    total = sum(len(evidence.get(name) or "") for name in (*LONG_TEXTS, *SHORT_TEXTS))
    if total > ALL_TEXTS_LIMIT:
        raise invalid(
            f"The combined character count of all evidence fields is {total}, above the limit of "
            f"{ALL_TEXTS_LIMIT}.",
            "evidence",
        )


def file_ids(evidence: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every file named, with its parameter; one named twice comes twice."""
    for name in FILES:
        if evidence.get(name):
            yield f"evidence[{name}]", evidence[name]
    card = (evidence.get("appeal") or {}).get("card") or {}
    for number, file_id in enumerate(card.get("supporting_files") or ()):
        yield f"evidence[appeal][card][supporting_files][{number}]", file_id


def check_files(
    evidence: Mapping[str, Any], find: Callable[[str], Mapping[str, Any] | None]
) -> None:
    """StripeError 400 when a file is not one of this account's for disputes, or they are too big
    all together.

    `find` answers the file object of an id in the dispute's own account, or None.
    """
    total = 0
    for param, file_id in file_ids(evidence):
        found = find(file_id)
        if found is None:
            raise invalid(f"No such file upload: '{file_id}'", param)
        if found["purpose"] != "dispute_evidence":
            raise invalid(
                f"The file '{file_id}' has the purpose {found['purpose']}; it must be "
                "dispute_evidence.",
                param,
            )
        total += found["size"]
    if total > ALL_FILES_LIMIT:
        raise invalid("The combined size of all evidence files must not exceed 5 MB.", "evidence")


def check_compelling(evidence: Mapping[str, Any]) -> None:
    """StripeError 400 where Visa's compelling evidence does not have the shape it must have."""
    proof = (evidence.get("enhanced_evidence") or {}).get("visa_compelling_evidence_3") or {}
    root = "evidence[enhanced_evidence][visa_compelling_evidence_3]"
    priors = proof.get("prior_undisputed_transactions") or []
    if priors and len(priors) != _PRIORS:
        raise invalid(
            "You must provide exactly 2 prior undisputed transactions.",
            f"{root}[prior_undisputed_transactions]",
        )
    for number, prior in enumerate(priors):
        where = f"{root}[prior_undisputed_transactions][{number}]"
        if not str(prior.get("charge", "")).startswith("ch_"):
            raise invalid(f"No such charge: '{prior.get('charge', '')}'", f"{where}[charge]")
        _check_lengths(prior, where)
    _check_lengths(proof.get("disputed_transaction") or {}, f"{root}[disputed_transaction]")


def _check_lengths(transaction: Mapping[str, Any], where: str) -> None:
    for name, shortest in _SHORTEST.items():
        value = transaction.get(name)
        if value and len(value) < shortest:
            raise invalid(f"{name} must be at least {shortest} characters.", f"{where}[{name}]")


def compelling_state(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """`enhanced_eligibility.visa_compelling_evidence_3` as the evidence stands.

    Two prior charges, on both of them at least two identifiers the same as the disputed one's,
    of which one is the address (IP) or the device. Two empty values are not the same.
    """
    proof = (evidence.get("enhanced_evidence") or {}).get("visa_compelling_evidence_3") or {}
    disputed = proof.get("disputed_transaction") or {}
    priors = proof.get("prior_undisputed_transactions") or []
    missing = {
        "missing_customer_identifiers": not priors or not all(_same(disputed, p) for p in priors),
        "missing_disputed_transaction_description": not disputed.get("product_description"),
        "missing_merchandise_or_services": not disputed.get("merchandise_or_services"),
        "missing_prior_undisputed_transaction_description": not priors
        or not all(p.get("product_description") for p in priors),
        "missing_prior_undisputed_transactions": len(priors) != _PRIORS,
    }
    actions = [name for name, is_missing in missing.items() if is_missing]
    return {"required_actions": actions, "status": "requires_action" if actions else "qualified"}


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    equal = {name for name in _IDENTIFIERS if one.get(name) and one.get(name) == other.get(name)}
    return len(equal) >= _PRIORS and any(name in equal for name in _DEVICE_OR_IP)


def shown(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """Evidence as an answer shows it: every field of a hash that is there, null where not set."""
    result = dict(evidence)
    enhanced = dict(result.get("enhanced_evidence") or {})
    proof = enhanced.get("visa_compelling_evidence_3")
    if proof is not None:
        disputed = proof.get("disputed_transaction")
        enhanced["visa_compelling_evidence_3"] = {
            "disputed_transaction": disputed
            and _transaction(disputed, {"merchandise_or_services": None}),
            "prior_undisputed_transactions": [
                _transaction(prior, {"charge": None})
                for prior in proof.get("prior_undisputed_transactions") or []
            ],
        }
    result["enhanced_evidence"] = enhanced
    return result


def _transaction(given: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: value or None for name, value in given.items()}
    fields = {**dict.fromkeys(_IDENTIFIERS), "product_description": None, **more, **told}
    if given.get("shipping_address"):
        fields["shipping_address"] = {**dict.fromkeys(ADDRESS), **given["shipping_address"]}
    return fields
