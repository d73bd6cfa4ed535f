"""Files: uploaded to an address of their own, seen by the account that uploaded them only."""

from __future__ import annotations

from saleor_tiktok_stripe.sandbox.stripe import file_checks
from saleor_tiktok_stripe.sandbox.stripe.errors import invalid
from saleor_tiktok_stripe.sandbox.stripe.expand import expandable
from saleor_tiktok_stripe.sandbox.stripe.paging import listing, page
from saleor_tiktok_stripe.sandbox.stripe.params import (
    PAGING,
    Kind,
    Spec,
    integer,
    metadata,
    obj,
    text,
    when,
)
from saleor_tiktok_stripe.sandbox.stripe.registry import Request, route
from saleor_tiktok_stripe.sandbox.stripe.world import Account, Object

DAY = 86_400
_LINK: Spec = {
    "create": Kind("flag", required=True),
    "expires_at": integer(),
    "metadata": metadata(),
}
_CREATE: Spec = {"purpose": text(required=True), "file_link_data": obj(_LINK)}
_LIST: Spec = {**PAGING, "created": when(), "purpose": text()}

expandable("file_link", file="file")


@route("POST", "/v1/files", params=_CREATE, scope="file", hosts=("files",))
def create_file(request: Request) -> Object:
    """Keep a file, if its content, size and pages are as its purpose demands."""
    upload = request.files.get("file")
    if upload is None:
        raise invalid("Missing required param: file.", "file", "parameter_missing")
    purpose = request.params["purpose"]
    kind = file_checks.check(purpose, upload.content)
    account = request.account
    id_ = account.new_id("file")
    lives = file_checks.PURPOSES[purpose].lives
    made = account.put(
        {
            "id": id_,
            "object": "file",
            "created": account.now(),
            "expires_at": account.now() + lives * DAY if lives else None,
            "filename": upload.filename,
            "links": listing([], f"/v1/file_links?file={id_}"),
            "purpose": purpose,
            "size": len(upload.content),
            "title": None,
            "type": kind,
            "url": f"{request.world.files_url}/v1/files/{id_}/contents",
        }
    )
    account.note(id_)["content"] = upload.content
    link = request.get("file_link_data") or {}
    if link.get("create"):
        made["links"]["data"].append(_link(account, id_, link))
    return made


def _link(account: Account, file_id: str, given: Object) -> Object:
    id_ = account.new_id("link")
    return account.put(
        {
            "id": id_,
            "object": "file_link",
            "created": account.now(),
            "expired": False,
            "expires_at": given.get("expires_at"),
            "file": file_id,
            "livemode": account.livemode,
            "metadata": given.get("metadata") or {},
            "url": f"{account.world.files_url}/links/{id_}",
        }
    )


@route("GET", "/v1/files", params=_LIST, scope="file", hosts=("api", "files"))
def list_files(request: Request) -> Object:
    """All files, or those of one purpose."""
    wanted = request.get("purpose")
    found = [one for one in request.account.of("file") if wanted in (None, one["purpose"])]
    return page(request, found, "/v1/files", "file")


@route("GET", "/v1/files/{id}", scope="file", hosts=("api", "files"))
def retrieve_file(request: Request) -> Object:
    """One file; its bytes are not given out."""
    return request.account.get("file", request.path["id"])
