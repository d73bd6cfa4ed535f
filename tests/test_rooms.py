"""What is imported late, is imported by threads that make their first calls at the same time."""

import json
import subprocess
import sys
from itertools import combinations

from saleor_tiktok_stripe.jobs import kinds

PACKAGE = "saleor_tiktok_stripe"
AT_START = f"{PACKAGE}.accounts.form"
BY_THE_FIRST_CALL = f"{PACKAGE}.rooms"
BY_LATER_CALLS = (f"{PACKAGE}.web.console", f"{PACKAGE}.graphql.view")
JOBS = sorted({f"{PACKAGE}.{target.partition(':')[0]}" for target, _ in kinds.KINDS.values()})


def _against_each_other(before: tuple[str, ...], later: list[str]) -> list[str]:
    """Pairs of ``later`` of which each waits for a module that the other one holds."""
    command = [sys.executable, "-m", "tests.support.import_order", ",".join(before), *later]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    waits = {
        name: {(held, wanted) for held, wanted in json.loads(line)}
        for name, line in zip(later, told.splitlines(), strict=True)
    }
    return [
        f"{one} and {other}: {held}, {wanted}"
        for one, other in combinations(later, 2)
        for held, wanted in waits[one]
        if (wanted, held) in waits[other]
    ]


def test_threads_that_import_at_the_same_time_never_wait_for_each_other():
    later = [*BY_LATER_CALLS, *JOBS]

    assert _against_each_other((AT_START, BY_THE_FIRST_CALL), later) == []


def test_without_the_rooms_that_are_imported_together_they_would():
    later = [f"{PACKAGE}.web", f"{PACKAGE}.fulfilment"]

    assert _against_each_other((AT_START,), later) != []
