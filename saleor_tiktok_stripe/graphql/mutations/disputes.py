"""Answers to disputes: a draft that is edited, sent once; or the dispute is accepted."""

from __future__ import annotations

from typing import Any, Final

import graphene

from ...access import CASE_ANSWERS
from ...aftersales import disputes as service
from ...aftersales.evidence.limits import FILE_LIMIT
from ...errors import InvalidInput
from ...models import Dispute
from ..core.ids import key_of
from ..core.mutations import Mutation
from ..core.scalars import Upload
from ..core.shop import Shop
from ..types.disputes import DetailsOfDispute, TiktokStripeDisputeDetails

_ID: Final = "The dispute's id."
_FIELD: Final = "Stripe's name of the field, as in `fields` of the dispute."
_VERSION: Final = (
    "The draft's version that was seen, so that two people do not overwrite each other; left out: "
    "the newest."
)
_AFTER: Final = "With its answer as it is now."


class _OfDispute(Mutation):
    """One dispute of the channel; ``do(dispute, actor, ...)`` is the service."""

    class Meta:
        abstract = True

    @classmethod
    def perform(cls, shop: Shop, actor: str, id: str, **arguments: Any) -> dict[str, Any]:
        name = key_of("TiktokStripeDispute", id)
        cls.do(service.find_dispute(shop.channel_slug, name), actor, **arguments)
        return {"dispute": DetailsOfDispute(service.find_dispute(shop.channel_slug, name))}

    @classmethod
    def do(cls, dispute: Dispute, actor: str, **arguments: Any) -> None:
        """Ask the service."""
        raise NotImplementedError


def _version(dispute: Dispute, actor: str, seen: int | None) -> int:
    """Makes the draft where there is none."""
    return service.draft(dispute, actor).version if seen is None else seen


class TiktokStripeDisputeDraftCreate(_OfDispute):
    class Meta:
        rule = CASE_ANSWERS
        description = (
            "Make a draft of the answer from the order; where there is one, it stays as it is. "
            "Nobody sees it outside."
        )

    class Arguments:
        id = graphene.ID(required=True, description=_ID)

    dispute = graphene.Field(TiktokStripeDisputeDetails, description=_AFTER)

    @classmethod
    def do(cls, dispute: Dispute, actor: str, **arguments: Any) -> None:
        service.draft(dispute, actor)


class TiktokStripeEvidenceTextInput(graphene.InputObjectType):
    """A text of the answer."""

    field = graphene.String(required=True, description=_FIELD)
    text = graphene.String(required=True, description="The text; empty: nothing is said there.")


class TiktokStripeDisputeEvidenceUpdate(_OfDispute):
    class Meta:
        rule = CASE_ANSWERS
        description = "Change texts of the draft. Nobody sees it outside."

    class Arguments:
        id = graphene.ID(required=True, description=_ID)
        texts = graphene.List(
            graphene.NonNull(TiktokStripeEvidenceTextInput),
            required=True,
            description="What changes; the other texts stay.",
        )
        version = graphene.Int(description=_VERSION)

    dispute = graphene.Field(TiktokStripeDisputeDetails, description=_AFTER)

    @classmethod
    def do(cls, dispute: Dispute, actor: str, **arguments: Any) -> None:
        changes = {one["field"]: one["text"] for one in arguments["texts"]}
        version = _version(dispute, actor, arguments.get("version"))
        service.edit(dispute, changes, version=version, actor=actor)


class TiktokStripeDisputeEvidenceFileUpload(_OfDispute):
    class Meta:
        rule = CASE_ANSWERS
        description = (
            "Put a file into a field of the draft, in place of the one there. Files come as "
            "https://github.com/jaydenseric/graphql-multipart-request-spec has it."
        )

    class Arguments:
        id = graphene.ID(required=True, description=_ID)
        field = graphene.String(required=True, description=_FIELD)
        file = Upload(
            required=True,
            description=f"PDF, JPEG or PNG, at most {FILE_LIMIT // 1_000_000} MB.",
        )
        version = graphene.Int(description=_VERSION)

    dispute = graphene.Field(TiktokStripeDisputeDetails, description=_AFTER)

    @classmethod
    def do(cls, dispute: Dispute, actor: str, **arguments: Any) -> None:
        name, content = _content(arguments["file"])
        version = _version(dispute, actor, arguments.get("version"))
        service.attach_file(
            dispute, arguments["field"], name, content, version=version, actor=actor
        )


def _content(file: Any) -> tuple[str, bytes]:
    """Raises ``InvalidInput`` for what is no file, or too large a one."""
    if not (hasattr(file, "read") and hasattr(file, "name")):
        raise InvalidInput(
            "FILE_REQUIRED", "Send the file as a part of its own (multipart).", field="file"
        )
    content = file.read(FILE_LIMIT + 1)
    if len(content) > FILE_LIMIT:
        raise InvalidInput(
            "EVIDENCE_FILE_TOO_LARGE",
            f"A file may have {FILE_LIMIT // 1_000_000} MB. Make it smaller.",
            field="file",
        )
    return str(file.name), content


class TiktokStripeDisputeEvidenceFileDelete(_OfDispute):
    class Meta:
        rule = CASE_ANSWERS
        description = "Take the file out of a field of the draft."

    class Arguments:
        id = graphene.ID(required=True, description=_ID)
        field = graphene.String(required=True, description=_FIELD)
        version = graphene.Int(description=_VERSION)

    dispute = graphene.Field(TiktokStripeDisputeDetails, description=_AFTER)

    @classmethod
    def do(cls, dispute: Dispute, actor: str, **arguments: Any) -> None:
        version = _version(dispute, actor, arguments.get("version"))
        service.remove_file(dispute, arguments["field"], version=version, actor=actor)


class TiktokStripeDisputeStage(_OfDispute):
    class Meta:
        rule = CASE_ANSWERS
        description = (
            "Keep the draft at Stripe too, where its dashboard shows it. The bank sees nothing."
        )

    class Arguments:
        id = graphene.ID(required=True, description=_ID)

    dispute = graphene.Field(TiktokStripeDisputeDetails, description=_AFTER)

    @classmethod
    def do(cls, dispute: Dispute, actor: str, **arguments: Any) -> None:
        service.stage(dispute, actor)


class TiktokStripeDisputeSubmit(_OfDispute):
    class Meta:
        rule = CASE_ANSWERS
        description = (
            "Send the draft to the buyer's bank: once, for good. It is sent in the background; "
            "asking again changes nothing."
        )

    class Arguments:
        id = graphene.ID(required=True, description=_ID)
        confirm = graphene.Boolean(
            required=True, description="True: the draft is complete and may be sent."
        )

    dispute = graphene.Field(TiktokStripeDisputeDetails, description=_AFTER)

    @classmethod
    def do(cls, dispute: Dispute, actor: str, **arguments: Any) -> None:
        service.submit(dispute, actor, confirm=arguments["confirm"])


class TiktokStripeDisputeAccept(_OfDispute):
    class Meta:
        rule = CASE_ANSWERS
        description = (
            "Give the dispute up for good: the buyer keeps the money, Stripe's fee is not returned."
        )

    class Arguments:
        id = graphene.ID(required=True, description=_ID)
        confirm = graphene.Boolean(
            required=True, description="True: yes, the buyer may keep the money."
        )

    dispute = graphene.Field(TiktokStripeDisputeDetails, description=_AFTER)

    @classmethod
    def do(cls, dispute: Dispute, actor: str, **arguments: Any) -> None:
        service.accept(dispute, actor, confirm=arguments["confirm"])


class DisputeMutations(graphene.ObjectType):
    """Of the API."""

    tiktok_stripe_dispute_draft_create = TiktokStripeDisputeDraftCreate.Field()
    tiktok_stripe_dispute_evidence_update = TiktokStripeDisputeEvidenceUpdate.Field()
    tiktok_stripe_dispute_evidence_file_upload = TiktokStripeDisputeEvidenceFileUpload.Field()
    tiktok_stripe_dispute_evidence_file_delete = TiktokStripeDisputeEvidenceFileDelete.Field()
    tiktok_stripe_dispute_stage = TiktokStripeDisputeStage.Field()
    tiktok_stripe_dispute_submit = TiktokStripeDisputeSubmit.Field()
    tiktok_stripe_dispute_accept = TiktokStripeDisputeAccept.Field()
