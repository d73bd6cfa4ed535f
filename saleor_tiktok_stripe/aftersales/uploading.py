"""The files of an answer on their way to Stripe, and the body of the call that names them."""

from __future__ import annotations

import base64

from ..models import DisputeEvidence, EvidenceFile
from ..stripe_api.client import StripeClient


def upload_missing(client: StripeClient, held: DisputeEvidence) -> None:
    """Upload the files that Stripe does not have yet; each under its own row's key, so that an
    upload whose answer was lost is not made twice. Raises what the client raises."""
    for file in held.files.filter(file_id="").order_by("pk"):
        uploaded = client.upload_evidence_file(
            file.filename,
            file.content_type,
            base64.b64decode(file.content),
            key=f"evidence-file:{file.key}",
        )
        EvidenceFile.objects.filter(pk=file.pk).update(file_id=uploaded.id)


def body_of(held: DisputeEvidence) -> dict[str, str]:
    """Texts and file ids by Stripe's field names; "" empties a field that was staged before."""
    files = {file.field: file.file_id for file in held.files.order_by("pk")}
    return {**held.fields, **files}
