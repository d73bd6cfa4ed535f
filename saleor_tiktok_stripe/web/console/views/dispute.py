"""One dispute: what the bank asks, the answer as a draft that is edited, sent once for good; or the
dispute is accepted."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Final

from django.http import HttpResponse

from .... import access
from ....aftersales import disputes as service
from ....aftersales.evidence import FILE_FIELDS, TEXT_FIELDS, Advice, advice
from ....aftersales.evidence.limits import ALL_FILES_LIMIT, FILE_LIMIT, PAGE_LIMIT
from ....aftersales.queue import QueueItem, of_dispute
from ....aftersales.recording import CLOSED
from ....errors import InvalidInput
from ....jobs import clock
from ....models import Dispute, DisputeEvidence, EvidenceFile
from ... import answers as replies
from .. import amounts, entries, terms
from ..parts import Badge, Choice, Code, Column, Fact, Form, Input, Lines, Link, Money, Table, table
from ..visits import Missing, Visit

_LONG: Final = frozenset(
    {
        "access_activity_log",
        "billing_address",
        "cancellation_policy_disclosure",
        "cancellation_rebuttal",
        "duplicate_charge_explanation",
        "product_description",
        "refund_policy_disclosure",
        "refund_refusal_explanation",
        "shipping_address",
        "uncategorized_text",
    }
)
"""Texts of several lines."""
_NAMES: Final[Mapping[str, str]] = {
    "access_activity_log": "Activity of the buyer",
    "customer_purchase_ip": "IP address of the purchase",
    "duplicate_charge_id": "The other payment (ch_…)",
    "uncategorized_file": "Anything else (file)",
    "uncategorized_text": "What happened",
}
_ACCEPTS: Final = "application/pdf,image/jpeg,image/png"
_MB: Final = 1_000_000
LIMITS: Final = (
    f"PDF, JPEG or PNG. At most {FILE_LIMIT // _MB} MB and {PAGE_LIMIT} pages each, "
    f"{ALL_FILES_LIMIT / _MB:.1f} MB together. Each field takes one file."
)


def show(visit: Visit) -> HttpResponse:
    """The dispute and its answer."""
    dispute = _dispute(visit)
    item = of_dispute(dispute, now=clock.now())
    held = _held(dispute)
    may = visit.may(access.CASE_ANSWERS)
    refusal = next((one.refusal for one in item.actions if one.refusal), "")
    open_ = bool(item.actions) and not refusal
    wanted = advice(dispute.reason)
    edits = open_ and may and held is not None and held.state in service.EDITABLE
    return visit.show(
        "dispute.html",
        f"Dispute {dispute.dispute_id}",
        badges=_badges(dispute, item, held),
        facts=list(_facts(visit, dispute, item)),
        advice=wanted,
        reason=terms.words(terms.REASON, dispute.reason),
        otherwise=item.otherwise,
        refusal=refusal,
        open=open_,
        may=may,
        missing=access.CASE_ANSWERS.words,
        held=held,
        draft=Form("draft", "Prepare the answer") if open_ and may and held is None else None,
        editor=_editor(visit, held, wanted) if edits and held is not None else None,
        files=_files(visit, held, edit=True) if edits and held is not None else None,
        upload=_upload_form(held, wanted) if edits and held is not None else None,
        stage=Form("stage", "Keep the draft at Stripe", tone="plain") if edits else None,
        review=visit.url("dispute_submit", id=dispute.dispute_id) if edits else "",
        accept=_accept_form(dispute) if may and _can_accept(dispute, item, held) else None,
        sent=_sent(visit, held) if held is not None and not edits and may else None,
    )


def show_review(visit: Visit) -> HttpResponse:
    """All that would be sent, before it is."""
    dispute = _dispute(visit)
    held = _held(dispute)
    if held is None or held.state not in service.EDITABLE:
        raise Missing("There is no draft of an answer that could be sent.")
    texts = {name: text for name, text in held.fields.items() if text and name in TEXT_FIELDS}
    left = advice(dispute.reason).wanted
    files = {one.field for one in held.files.defer("content")}
    return visit.show(
        "dispute_submit.html",
        f"Send the answer to dispute {dispute.dispute_id}",
        back=visit.url("dispute", id=dispute.dispute_id),
        due=(terms.left(dispute.due_by), dispute.due_by),
        texts=_texts(texts),
        files=_files(visit, held, edit=False),
        empty=[one for one in left if one.field not in texts and one.field not in files],
        form=Form(
            "submit",
            "Send it to the bank",
            (Input("confirm", "It is complete. It can be sent only once.", "switch"),),
            hidden={"version": str(held.version)},
        ),
    )


def draft(visit: Visit) -> HttpResponse:
    """Make the draft from the order."""
    service.draft(_dispute(visit), visit.actor)
    return visit.go(visit.url(), "The draft is made from what the order tells. Look through it.")


def save(visit: Visit) -> HttpResponse:
    """Keep the texts that were changed."""
    dispute = _dispute(visit)
    held = _held(dispute)
    known = held.fields if held is not None else {}
    sent = {name: _text(visit, name) for name in TEXT_FIELDS if name in visit.request.POST}
    changed = {name: text for name, text in sent.items() if text != known.get(name, "").strip()}
    if not changed:
        return visit.go(visit.url(), "Nothing was changed.", "info")
    service.edit(dispute, changed, version=_version(visit), actor=visit.actor)
    return visit.go(visit.url(), "Saved. Only your staff sees it.")


def attach(visit: Visit) -> HttpResponse:
    """Put a file into a field."""
    file = visit.request.FILES.get("file")
    if file is None or not file.name:
        raise InvalidInput("FILE_REQUIRED", "Choose a file.", field="file")
    content = file.read(FILE_LIMIT + 1)
    service.attach_file(
        _dispute(visit),
        visit.entered("field"),
        file.name,
        content,
        version=_version(visit),
        actor=visit.actor,
    )
    return visit.go(visit.url() + "#files", "The file is in the draft.")


def remove(visit: Visit) -> HttpResponse:
    """Take a file out."""
    field = visit.entered("field")
    service.remove_file(_dispute(visit), field, version=_version(visit), actor=visit.actor)
    return visit.go(visit.url() + "#files", "The file is out of the draft.")


def stage(visit: Visit) -> HttpResponse:
    """Keep the draft at Stripe too."""
    service.stage(_dispute(visit), visit.actor)
    return visit.go(visit.url(), "Stripe's dashboard shows the draft now. The bank sees nothing.")


def submit(visit: Visit) -> HttpResponse:
    """Send what was seen, once."""
    dispute = _dispute(visit)
    held = _held(dispute)
    if held is not None and held.state in service.EDITABLE and held.version != _version(visit):
        raise InvalidInput(
            "EVIDENCE_CHANGED",
            f"{held.edited_by or 'Somebody'} changed this draft meanwhile. Look through it again.",
        )
    service.submit(dispute, visit.actor, confirm=visit.entered("confirm") == "true")
    back = visit.url("dispute", id=dispute.dispute_id)
    return visit.go(back, "The answer is on its way to the bank.")


def accept(visit: Visit) -> HttpResponse:
    """Give the dispute up."""
    confirmed = visit.entered("confirm") == "true"
    service.accept(_dispute(visit), visit.actor, confirm=confirmed)
    return visit.go(visit.url(), "The dispute is being accepted: the buyer keeps the money.")


def download(visit: Visit) -> HttpResponse:
    """A file of the answer."""
    rows = EvidenceFile.objects.filter(evidence__dispute=_dispute(visit))
    found = rows.filter(field=visit.arguments["field"]).first()
    if found is None:
        raise Missing("There is no such file in this answer.")
    content = base64.b64decode(found.content)
    response = HttpResponse(content, content_type=found.content_type)
    ending = found.filename.rpartition(".")[2]
    response["Content-Disposition"] = f'attachment; filename="{found.field}.{ending}"'
    return replies.sealed(response)


def _dispute(visit: Visit) -> Dispute:
    return service.find_dispute(visit.channel, visit.arguments["id"])


def _held(dispute: Dispute) -> DisputeEvidence | None:
    return DisputeEvidence.objects.filter(dispute=dispute).first()


def _version(visit: Visit) -> int:
    return entries.number(visit, "version")


def _text(visit: Visit, name: str) -> str:
    return visit.entered(name).replace("\r\n", "\n")


def _name(field: str) -> str:
    return _NAMES.get(field) or terms.readable(field)


def _badges(dispute: Dispute, item: QueueItem, held: DisputeEvidence | None) -> tuple[Badge, ...]:
    found = [terms.badge(terms.DISPUTE, dispute.state)]
    left = terms.left(item.due_by) if item.actions else None
    if left is not None:
        found.append(left)
    if held is not None:
        found.append(terms.badge(terms.EVIDENCE, held.state))
    return tuple(found)


def _facts(visit: Visit, dispute: Dispute, item: QueueItem) -> Iterator[Fact]:
    charge = dispute.charge
    yield Fact("Amount", Money(dispute.amount, dispute.currency))
    if dispute.withdrawn:
        yield Fact("Taken by the bank", Money(dispute.withdrawn, dispute.settlement_currency))
    if dispute.reinstated:
        yield Fact("Given back", Money(dispute.reinstated, dispute.settlement_currency))
    if dispute.fee:
        yield Fact("Stripe's fee", Money(dispute.fee, dispute.settlement_currency))
    if item.due_by is not None:
        yield Fact(terms.answer_by(item.due_by), item.due_by)
    yield Fact("Kind", "Inquiry: no money was taken" if dispute.is_inquiry else "Dispute")
    yield Fact("Opened", dispute.opened_at)
    if dispute.closed_at is not None:
        yield Fact("Closed", dispute.closed_at)
    if charge.order_number:
        yield Fact("Order", f"#{charge.order_number}")
    name = charge.payment_id or f"{charge.pk}"
    link = Link(name, visit.url("transaction", id=str(charge.pk)))
    yield Fact("Payment", link if visit.may(access.MONEY) else Code(name))
    if dispute.network_reason_code:
        yield Fact("Code of the card network", Code(dispute.network_reason_code))


def _editor(visit: Visit, held: DisputeEvidence, wanted: Advice) -> dict[str, object]:
    """The texts, those that decide first."""
    telling = [one for one in wanted.wanted if one.field in TEXT_FIELDS]
    named = {one.field for one in telling}
    others = sorted((TEXT_FIELDS - named), key=lambda one: (not held.fields.get(one), _name(one)))
    inputs = [_input(one.field, held, one.what) for one in telling]
    inputs += [_input(one, held, "") for one in others]
    failed = visit.error is not None and visit.did == "save"
    version = visit.entered("version") if failed else str(held.version)
    form = Form("save", "Save the draft", tuple(inputs), hidden={"version": version})
    filled = visit.filled(form)
    return {
        "form": filled,
        "telling": [one for one in filled.inputs if one.name in named],
        "filled": [one for one in filled.inputs if one.name not in named and one.value],
        "others": [one for one in filled.inputs if one.name not in named and not one.value],
    }


def _input(field: str, held: DisputeEvidence, what: str) -> Input:
    value = str(held.fields.get(field) or "")
    rows = min(12, max(3, value.count("\n") + 2))
    kind = "textarea" if field in _LONG else "text"
    return Input(field, _name(field), kind, what, value, rows=rows)  # type: ignore[arg-type]


def _files(visit: Visit, held: DisputeEvidence, *, edit: bool) -> Table:
    dispute_id = visit.arguments["id"]
    rows = []
    for one in held.files.defer("content").order_by("field"):
        size = f"{one.size / _MB:.2f} MB" if one.size >= _MB / 10 else f"{one.size / 1000:.0f} kB"
        pages = "1 page" if one.pages == 1 else f"{one.pages} pages"
        link = Link(one.filename, visit.url("dispute_file", id=dispute_id, field=one.field))
        origin = "Made from the order" if one.generated else f"By {terms.person(one.uploaded_by)}"
        row = [_name(one.field), Lines((link, origin)), f"{size}, {pages}"]
        rows.append([*row, _remove_form(held, one)] if edit else row)
    columns: list[str | Column] = ["Field", "File", "Size"]
    return table(
        "Files of the answer",
        [*columns, Column("Remove", hidden=True)] if edit else columns,
        rows,
        empty="There is no file in it yet.",
    )


def _remove_form(held: DisputeEvidence, one: EvidenceFile) -> Form:
    return Form(
        "remove",
        "Remove",
        tone="plain",
        name=f"remove-{one.field.replace('_', '-')}",
        hidden={"field": one.field, "version": str(held.version)},
    )


def _upload_form(held: DisputeEvidence, wanted: Advice) -> Form:
    telling = {one.field: one.what for one in wanted.wanted if one.field in FILE_FIELDS}
    named = [Choice(name, f"{_name(name)}: {what}") for name, what in telling.items()]
    others = [Choice(name, _name(name)) for name in sorted(FILE_FIELDS - set(telling))]
    return Form(
        "attach",
        "Add the file",
        (
            Input(
                "field", "What it shows", "select", "Those that help most come first.",
                choices=(*named, *others),
            ),
            Input("file", "File", "file", LIMITS, accept=_ACCEPTS, required=True),
        ),
        tone="plain",
        hidden={"version": str(held.version)},
    )  # fmt: skip


def _can_accept(dispute: Dispute, item: QueueItem, held: DisputeEvidence | None) -> bool:
    if dispute.is_inquiry or dispute.state in CLOSED or not item.actions:
        return False
    return held is None or held.state in service.EDITABLE


def _accept_form(dispute: Dispute) -> Form:
    lost = amounts.words(dispute.amount, dispute.currency)
    return Form(
        "accept",
        "Accept the dispute",
        (Input("confirm", f"The buyer may keep {lost}.", "switch"),),
        tone="danger",
        summary="Accept the dispute…",
        confirm="The dispute is closed as lost: the buyer keeps the money, and the fee is not "
        "returned. It cannot be taken back.",
    )


def _texts(texts: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(_name(name), text) for name, text in sorted(texts.items()) if text]


def _sent(visit: Visit, held: DisputeEvidence) -> dict[str, object]:
    """What went to the bank; of an accepted dispute, nothing did."""
    fields = (held.sent or {}).get("fields") or {}
    return {
        "state": terms.badge(terms.EVIDENCE, held.state),
        "by": terms.person(held.submitted_by),
        "at": held.submitted_at,
        "message": held.message,
        "texts": _texts({name: text for name, text in fields.items() if name in TEXT_FIELDS}),
        "files": _files(visit, held, edit=False) if fields or held.files.exists() else None,
    }
