"""Answering a dispute: a draft that people edit, staged at Stripe if they like, sent once.

Stripe sends evidence to the bank unless told otherwise, and takes it once: so drafts live here,
what is sent is frozen before it leaves, and the job ``dispute.answer`` sends it when somebody asked
for that and confirmed it. Accepting gives the money up for good and needs the same.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.db import transaction

from .. import accounts, jobs
from ..accounts import audit
from ..errors import InvalidInput, Parked
from ..jobs import clock
from ..models import Charge, Dispute, DisputeEvidence, EvidenceFile, EvidenceState
from ..saleor_api import get_saleor
from ..saleor_api.transactions import OrderFacts
from ..stripe_api.types import DisputeState
from ..transport import Lane
from . import evidence as proof
from .recording import CLOSED
from .telling import GONE, order_of
from .uploading import body_of, upload_missing

ANSWER: Final = "dispute.answer"
RECEIPT: Final = "receipt"
EDITABLE: Final = frozenset({EvidenceState.DRAFT, EvidenceState.STAGED})
_ANSWERABLE: Final = frozenset({DisputeState.NEEDS_RESPONSE, DisputeState.INQUIRY_NEEDS_RESPONSE})
_COMPLIANCE: Final = frozenset({"compliance"})


def draft(dispute: Dispute, actor: str) -> DisputeEvidence:
    """The answer to ``dispute``; made from the order when there is none yet.

    Raises what Saleor raises. An order that is gone gives a draft with what our rows know.
    """
    existing = DisputeEvidence.objects.filter(dispute=dispute).first()
    if existing is not None:
        return existing
    facts = proof.collect(dispute, _order(dispute.charge))
    texts, receipt = proof.fill(facts), proof.receipt_pdf(facts)
    with transaction.atomic():
        Dispute.objects.select_for_update().get(pk=dispute.pk)
        made, new = DisputeEvidence.objects.get_or_create(
            dispute=dispute, defaults={"fields": texts, "edited_by": actor}
        )
        if new:
            audit.record("dispute.draft", dispute.connection, actor, subject=dispute.dispute_id)
        if new and receipt is not None:
            checked = proof.check_file(f"receipt-{dispute.dispute_id}.pdf", receipt)
            _keep_file(made, RECEIPT, checked, receipt, actor, generated=True)
    return made


def edit(
    dispute: Dispute, changes: Mapping[str, str], *, version: int, actor: str
) -> DisputeEvidence:
    """Change texts of the draft, by Stripe's field names; "" empties one.

    ``version`` is the one that was seen. Raises ``InvalidInput``: ``EVIDENCE_CHANGED``,
    ``EVIDENCE_SENT``, ``EVIDENCE_FIELD_UNKNOWN``, ``EVIDENCE_TEXT_TOO_LONG``.
    """
    for name in changes:
        if name not in proof.TEXT_FIELDS:
            raise InvalidInput(
                "EVIDENCE_FIELD_UNKNOWN", f"Evidence has no text {name!r}.", field=name
            )
    with transaction.atomic():
        held = _to_edit(dispute, version)
        fields = {**held.fields, **changes}
        proof.check_texts(fields)
        held.fields = fields
        return _edited(held, actor, *changes)


def attach_file(
    dispute: Dispute, field: str, filename: str, content: bytes, *, version: int, actor: str
) -> DisputeEvidence:
    """Put a file into ``field``, in place of the one there. What it is, is told by its content.

    Raises ``InvalidInput``: as ``edit``, and what ``evidence.check_file`` and ``check_files`` say.
    """
    if field not in proof.FILE_FIELDS:
        raise InvalidInput(
            "EVIDENCE_FIELD_UNKNOWN", f"Evidence has no file {field!r}.", field="field"
        )
    # Looked into before anything is locked: a large one takes its time.
    checked = proof.check_file(filename, content)
    with transaction.atomic():
        held = _to_edit(dispute, version)
        held.files.filter(field=field).delete()
        _keep_file(held, field, checked, content, actor)
        proof.check_files(held.files.all(), _brand(dispute))
        held.fields = {name: text for name, text in held.fields.items() if name != field}
        return _edited(held, actor, field)


def remove_file(dispute: Dispute, field: str, *, version: int, actor: str) -> DisputeEvidence:
    """Take the file out of ``field``. Raises ``InvalidInput`` as ``edit``."""
    with transaction.atomic():
        held = _to_edit(dispute, version)
        if held.files.filter(field=field).delete()[0]:
            # Also what was staged there at Stripe.
            held.fields = {**held.fields, field: ""}
        return _edited(held, actor, field)


def stage(dispute: Dispute, actor: str) -> DisputeEvidence:
    """Keep the draft at Stripe too, where its dashboard shows it. The bank sees nothing.

    Raises ``InvalidInput`` when no answer is possible, and what the client raises; trying again is
    safe.
    """
    held = _current(dispute)
    _check_editable(held)
    _check_answerable(dispute)
    client = accounts.stripe_client(dispute.connection, lane=Lane.INTERACTIVE)
    upload_missing(client, held)
    key = f"evidence:{held.key}:stage:{held.version}"
    client.stage_evidence(dispute.dispute_id, body_of(held), key=key)
    with transaction.atomic():
        unchanged = DisputeEvidence.objects.select_for_update().filter(
            pk=held.pk, version=held.version, state=EvidenceState.DRAFT
        )
        unchanged.update(state=EvidenceState.STAGED)
        audit.record("dispute.stage", dispute.connection, actor, subject=dispute.dispute_id)
    held.refresh_from_db()
    return held


def submit(dispute: Dispute, actor: str, *, confirm: bool) -> DisputeEvidence:
    """Send the draft to the bank: once, for good. Written down here, done by a job.

    Asking again while it is sent, or was, changes nothing. Raises ``InvalidInput``:
    ``CONFIRMATION_NEEDED``, ``EVIDENCE_EMPTY``, or why no answer is possible.
    """
    with transaction.atomic():
        held = _locked(dispute)
        if held.state not in EDITABLE:
            return held
        if not confirm:
            raise InvalidInput(
                "CONFIRMATION_NEEDED",
                "Evidence can be sent once and not be changed afterwards. Confirm that it is "
                "complete.",
                field="confirm",
            )
        _check_answerable(dispute)
        _check_complete(held, dispute)
        held.state = EvidenceState.SUBMITTING
        held.submitted_by = actor
        held.sent = {"fields": held.fields, "files": _names(held), "attempt": 1, "at": ""}
        held.message = ""
        held.save()
        jobs.enqueue(ANSWER, dispute.connection, dispute.dispute_id, lane=jobs.LANE_CLICK)
        audit.record("dispute.submit", dispute.connection, actor, subject=dispute.dispute_id)
    return held


def accept(dispute: Dispute, actor: str, *, confirm: bool) -> DisputeEvidence:
    """Give the dispute up: the buyer keeps the money, the fee is not returned. Done by a job.

    Raises ``InvalidInput``: ``CONFIRMATION_NEEDED``, ``ACCEPT_INQUIRY`` (an inquiry is accepted by
    a full refund), ``EVIDENCE_SENT``, ``DISPUTE_CLOSED``.
    """
    if dispute.is_inquiry:
        raise InvalidInput(
            "ACCEPT_INQUIRY",
            "This is an inquiry: no money was taken yet. To accept it, refund the payment in full; "
            "that usually ends the inquiry, without a fee.",
        )
    if not confirm:
        raise InvalidInput(
            "CONFIRMATION_NEEDED",
            "Accepting gives the money and the dispute's fee up for good. Confirm it.",
            field="confirm",
        )
    with transaction.atomic():
        Dispute.objects.select_for_update().get(pk=dispute.pk)
        held, _ = DisputeEvidence.objects.get_or_create(dispute=dispute)
        if held.state in {EvidenceState.ACCEPTING, EvidenceState.ACCEPTED}:
            return held
        _check_editable(held)
        if dispute.state in CLOSED:
            raise _closed()
        held.state = EvidenceState.ACCEPTING
        held.submitted_by = actor
        held.save()
        jobs.enqueue(ANSWER, dispute.connection, dispute.dispute_id, lane=jobs.LANE_CLICK)
        audit.record("dispute.accept", dispute.connection, actor, subject=dispute.dispute_id)
    return held


def find_dispute(channel_slug: str, dispute_id: str) -> Dispute:
    """The dispute of a channel by Stripe's id. Raises ``InvalidInput`` (``DISPUTE_NOT_FOUND``)."""
    rows = Dispute.objects.select_related("connection", "charge__connection")
    found = rows.filter(connection__channel_slug=channel_slug, dispute_id=dispute_id).first()
    if found is None:
        raise InvalidInput(
            "DISPUTE_NOT_FOUND", f"This channel has no dispute {dispute_id}.", field="dispute"
        )
    return found


def _order(charge: Charge) -> OrderFacts | None:
    saleor = get_saleor()
    order_id = order_of(saleor, charge)
    try:
        return saleor.order_facts(order_id) if order_id else None
    except Parked as error:
        if error.code not in GONE:
            raise
        return None


def _current(dispute: Dispute) -> DisputeEvidence:
    held = DisputeEvidence.objects.filter(dispute=dispute).first()
    if held is None:
        raise InvalidInput("EVIDENCE_EMPTY", "There is no draft yet. Make one first.")
    return held


def _locked(dispute: Dispute) -> DisputeEvidence:
    return DisputeEvidence.objects.select_for_update().get(pk=_current(dispute).pk)


def _to_edit(dispute: Dispute, version: int) -> DisputeEvidence:
    held = _locked(dispute)
    _check_editable(held)
    if held.version != version:
        raise InvalidInput(
            "EVIDENCE_CHANGED",
            f"{held.edited_by or 'Somebody'} changed this draft meanwhile. Load it again, then "
            "repeat your change.",
            field="version",
        )
    return held


def _check_editable(held: DisputeEvidence) -> None:
    if held.state not in EDITABLE:
        raise InvalidInput(
            "EVIDENCE_SENT",
            "This dispute was answered or accepted already, or is just about to be. That cannot be "
            "changed.",
        )


def _check_answerable(dispute: Dispute) -> None:
    if dispute.state in CLOSED:
        raise _closed()
    if dispute.state == DisputeState.APPEAL_NEEDS_RESPONSE:
        raise InvalidInput(
            "APPEAL_AT_STRIPE", "Appeals are made in Stripe's dashboard, not from here."
        )
    if dispute.state not in _ANSWERABLE or dispute.submission_count:
        raise InvalidInput(
            "ALREADY_ANSWERED",
            "The bank waits for no answer: this dispute was answered already.",
        )
    if dispute.due_by is None or dispute.due_by <= clock.now():
        raise InvalidInput(
            "ANSWER_TOO_LATE",
            "The bank takes no answer to this dispute (any more)."
            + (f" It was due by {_moment(dispute.due_by)}." if dispute.due_by else ""),
        )
    if (dispute.eligibility or {}).get("case_type") in _COMPLIANCE:
        raise InvalidInput(
            "COMPLIANCE_FEE",
            "Answering this kind of dispute costs a fee of the card network that must be agreed "
            "to. Do it in Stripe's dashboard.",
        )


def _closed() -> InvalidInput:
    return InvalidInput("DISPUTE_CLOSED", "This dispute is closed. Nothing can be done any more.")


def _check_complete(held: DisputeEvidence, dispute: Dispute) -> None:
    if not any(held.fields.values()) and not held.files.exists():
        raise InvalidInput("EVIDENCE_EMPTY", "The draft is empty. Fill it before sending it.")
    proof.check_texts(held.fields)
    proof.check_files(held.files.all(), _brand(dispute))


def _keep_file(
    held: DisputeEvidence,
    field: str,
    checked: proof.CheckedFile,
    content: bytes,
    actor: str,
    *,
    generated: bool = False,
) -> None:
    EvidenceFile.objects.create(
        evidence=held,
        field=field,
        filename=checked.filename,
        content_type=checked.content_type,
        size=checked.size,
        pages=checked.pages,
        content=base64.b64encode(content).decode(),
        generated=generated,
        uploaded_by=actor,
    )


def _edited(held: DisputeEvidence, actor: str, *names: str) -> DisputeEvidence:
    held.version += 1
    held.state = EvidenceState.DRAFT
    held.edited_by = actor
    held.save()
    dispute = held.dispute
    audit.record(
        "dispute.edit",
        dispute.connection,
        actor,
        subject=dispute.dispute_id,
        data={"version": str(held.version), "fields": ", ".join(sorted(names))},
    )
    return held


def _names(held: DisputeEvidence) -> dict[str, str]:
    return {file.field: file.filename for file in held.files.all()}


def _brand(dispute: Dispute) -> str:
    return str((dispute.eligibility or {}).get("brand") or "")


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
