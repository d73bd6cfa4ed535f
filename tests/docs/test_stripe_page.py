from __future__ import annotations

import pytest

from saleor_tiktok_stripe.stripe_api.capabilities import SCOPES, Scope

from .pages import page

PAGE = page("connect-stripe.md")


@pytest.mark.parametrize("scope", SCOPES.values(), ids=lambda scope: scope.permission)
def test_every_permission_of_the_key_is_told_with_what_works_by_it(scope: Scope) -> None:
    told = f"| {scope.permission} | {scope.access} | {scope.purpose}"

    assert told in PAGE


def test_no_permission_is_told_that_is_not_used() -> None:
    part = PAGE.partition("| --- | --- | --- |\n")[2].partition("\n\n")[0]

    assert len(part.splitlines()) == len(SCOPES)
