"""Disputes, their evidence and its files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from ..errors import InvalidInput
from . import endpoints
from .calls import PAGE, Calls, seconds
from .dispute_records import DisputeWire, FileWire
from .package import Upload
from .types import Dispute, EvidenceFile

FILE_LIMIT: Final = 5 * 1024 * 1024
"""Bytes Stripe takes in one evidence file."""
FILE_TYPES: Final = frozenset({"application/pdf", "image/jpeg", "image/png"})


class DisputeCalls(Calls):
    """Disputes. Evidence is a mapping of Stripe's field names; "" clears a field."""

    def dispute(self, dispute_id: str) -> Dispute:
        """The dispute as it is now."""
        row = self._gateway.call(endpoints.DISPUTE, of=dispute_id)
        return self._gateway.build(row, DisputeWire, DisputeWire.dispute, endpoints.DISPUTE)

    def disputes(self, payment_id: str) -> tuple[Dispute, ...]:
        """All disputes of a payment, oldest first."""
        params = {"payment_intent": payment_id, "limit": PAGE}
        rows = list(self._gateway.pages(endpoints.DISPUTES, params))
        return tuple(
            self._gateway.build(row, DisputeWire, DisputeWire.dispute, endpoints.DISPUTES)
            for row in reversed(rows)
        )

    def disputes_since(self, since: datetime) -> Iterator[Dispute]:
        """All disputes opened at ``since`` or later, newest first. Stripe filters by no status."""
        params = {"created": {"gte": seconds(since)}, "limit": PAGE}
        for row in self._gateway.pages(endpoints.DISPUTES, params):
            yield self._gateway.build(row, DisputeWire, DisputeWire.dispute, endpoints.DISPUTES)

    def stage_evidence(self, dispute_id: str, evidence: Mapping[str, Any], *, key: str) -> Dispute:
        """Keep ``evidence`` as a draft at Stripe; the bank sees nothing."""
        return self._update(dispute_id, {"evidence": evidence, "submit": False}, key)

    def submit_evidence(self, dispute_id: str, evidence: Mapping[str, Any], *, key: str) -> Dispute:
        """Send ``evidence`` (and what is staged) to the bank: once, for good."""
        return self._update(dispute_id, {"evidence": evidence, "submit": True}, key)

    def close_dispute(self, dispute_id: str, *, key: str) -> Dispute:
        """Accept the dispute as lost, for good. The fee is not returned."""
        row = self._gateway.call(endpoints.DISPUTE_CLOSE, key=key, of=dispute_id)
        return self._gateway.build(row, DisputeWire, DisputeWire.dispute, endpoints.DISPUTE_CLOSE)

    def upload_evidence_file(
        self, filename: str, content_type: str, content: bytes, *, key: str
    ) -> EvidenceFile:
        """Upload a PDF, JPEG or PNG of at most 5 MB; its id goes into an evidence field.

        Raises ``InvalidInput`` (``FILE_TYPE_UNFIT``, ``FILE_SIZE_UNFIT``) before Stripe sees it.
        """
        if content_type not in FILE_TYPES:
            raise InvalidInput(
                "FILE_TYPE_UNFIT", "Stripe takes PDF, JPEG and PNG files.", field="file"
            )
        if not 0 < len(content) <= FILE_LIMIT:
            raise InvalidInput(
                "FILE_SIZE_UNFIT", "Stripe takes files of up to 5 MB, not empty ones.", field="file"
            )
        upload = Upload({"purpose": "dispute_evidence"}, "file", filename, content)
        row = self._gateway.call(endpoints.FILE_UPLOAD, upload=upload, key=key)
        return self._gateway.build(row, FileWire, FileWire.file, endpoints.FILE_UPLOAD)

    def _update(self, dispute_id: str, params: Mapping[str, Any], key: str) -> Dispute:
        row = self._gateway.call(endpoints.DISPUTE_UPDATE, params, key=key, of=dispute_id)
        return self._gateway.build(row, DisputeWire, DisputeWire.dispute, endpoints.DISPUTE_UPDATE)
