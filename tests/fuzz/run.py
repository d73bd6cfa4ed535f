"""Ask everything as everybody, with values that hurt, and look at what comes back and what stays.

Run by ``make test-fuzz`` in an environment of its own, beside ``serve``. The same cases in every
run; ``FUZZ_EXAMPLES`` (8) for each operation and role that may, ``FUZZ_SEED`` (0), ``FUZZ_ONLY``
(a part of an operation's name).
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import graphql
import requests
from cases import as_bytes, document, operations, register, with_literals, with_variables
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

FACTS = json.loads(os.environ["FUZZ"])
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "8"))
SEED = int(os.environ.get("FUZZ_SEED", "0"))
ONLY = os.environ.get("FUZZ_ONLY", "")
BOUND = float(os.environ.get("FUZZ_SECONDS", "20"))
SDL = Path(__file__).parents[2].joinpath("graphql/schema.graphql").read_text()
Shape = Callable[[graphql.GraphQLSchema, graphql.DocumentNode], dict[str, Any]]
DENIALS = {"SIGN_IN_REQUIRED", "PERMISSION_DENIED", "CHANNEL_UNKNOWN", "CHANNEL_REQUIRED"}
PUBLIC = {"query storefront", "query channel"}


@dataclass
class Asker:
    """One role. ``failures`` by operation and kind, with the first request that showed each."""

    role: str
    may: bool
    calls: int = 0
    slowest: float = 0.0
    codes: dict[str, int] = field(default_factory=dict)
    failures: dict[tuple[str, str], str] = field(default_factory=dict)
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        token = FACTS["tokens"][self.role]
        self.session.headers["Content-Type"] = "application/json"
        if token:
            self.session.headers["Authorization"] = f"Bearer {token}"

    def ask(self, name: str, request: dict[str, Any]) -> None:
        begun = time.monotonic()
        answer = self.session.post(FACTS["url"], data=as_bytes(request), timeout=60)
        took = time.monotonic() - begun
        self.calls += 1
        self.slowest = max(self.slowest, took)
        for wrong in self._wrong(name, answer, took):
            self.fail(name, wrong, json.dumps(request)[:600])

    def fail(self, name: str, wrong: str, words: str) -> None:
        self.failures.setdefault((name, wrong), words)

    def _wrong(self, name: str, answer: requests.Response, took: float) -> list[str]:
        found = [] if took < BOUND else ["took longer than the bound"]
        if answer.status_code not in (200, 400):
            found.append(f"status {answer.status_code}")
        found += [
            f"told a secret: {word[:9]}…" for word in FACTS["canaries"] if word in answer.text
        ]
        try:
            body = answer.json()
        except ValueError:
            return [*found, "no JSON"]
        errors = body.get("errors", [])
        codes = {_code(one) for one in errors}
        if answer.status_code == 200 and "data" not in body or not (errors or body.get("data")):
            found.append("neither data nor errors")
        found += [f"{one['message'][:60]}" for one in errors if "Internal Server" in str(one)]
        for told in _payload_errors(body.get("data")):
            codes.add(told.get("reason", "?"))
            if told.get("code") == "VENDOR_ERROR":
                found.append(f"a vendor is blamed: {told.get('message', '')[:80]}")
        if os.environ.get("FUZZ_SHOW"):
            print("SHOW", answer.request.body[:300], answer.text[:300])
        for code in codes:
            self.codes[code] = self.codes.get(code, 0) + 1
        denied = bool(codes) and codes <= DENIALS
        if not (self.may or denied or name in PUBLIC or answer.status_code == 400):
            found.append(f"was not refused: {sorted(codes)}")
        return found


def _code(error: dict[str, Any]) -> str:
    given = error.get("extensions", {})
    return str(given.get("code") or given.get("exception", {}).get("code"))


def _payload_errors(data: Any) -> list[dict[str, Any]]:
    """The ``errors`` of mutations, whatever name they were given."""
    if not isinstance(data, dict):
        return []
    lists = [one.get("errors") for one in data.values() if isinstance(one, dict)]
    return [each for one in lists if isinstance(one, list) for each in one if "code" in each]


def logged() -> list[str]:
    """Errors since the last time."""
    found: list[str] = requests.get(FACTS["control"] + "logged", timeout=60).json()
    return found


def digest() -> dict[str, str]:
    """Of all that is stored and sent."""
    found: dict[str, str] = requests.get(FACTS["control"] + "digest", timeout=60).json()
    return found


def fuzz(asker: Asker, operation: Any, schema: graphql.GraphQLSchema, examples: int) -> None:
    """The cases of one operation: as they are made, every second one with variables, and, where
    the role may, some that the schema does not allow."""
    name = operation.label

    def run(strategy: Any, number: int, shapes: list[Shape]) -> None:
        @seed(SEED)
        @settings(
            max_examples=number,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(strategy, st.sampled_from(shapes))
        def each(case: Any, shape: Shape) -> None:
            asker.ask(name, shape(schema, document(case.body, FACTS["known"])))

        each()

    run(operation.as_strategy(), examples, [with_literals, with_variables])
    if asker.may:
        wrong = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
        run(wrong, examples // 4 + 1, [with_literals])


def ask_all(asker: Asker, everything: list[Any], examples: int) -> None:
    schema = graphql.build_schema(SDL)
    before = {} if asker.may else digest()
    for operation in everything:
        fuzz(asker, operation, schema, examples)
        for line in logged():
            asker.fail(operation.label, f"logged an error: …{line[-300:]}", line[-1500:])
        if not asker.may:
            after = digest()
            parts = [one for one in before if before[one] != after[one]]
            if parts:
                asker.fail(operation.label, f"something was done: {parts}", "")
            before = after
        if asker.may and operation.label.startswith("mutation"):
            requests.post(FACTS["control"], timeout=60).raise_for_status()


def main() -> int:
    register(FACTS["known"])
    everything = [one for one in operations(SDL, FACTS["url"]) if ONLY in one.label]
    failed = 0
    for role in FACTS["tokens"]:
        may = role.endswith(" with")
        asker = Asker(role, may)
        begun = time.monotonic()
        ask_all(asker, everything, EXAMPLES if may else max(EXAMPLES // 4, 1))
        took = time.monotonic() - begun
        print(
            f"fuzz: {role}: {len(everything)} operations, {asker.calls} calls in {took:.0f} s, "
            f"slowest {asker.slowest:.2f} s, {len(asker.failures)} failures",
            flush=True,
        )
        top = sorted(asker.codes.items(), key=lambda one: -one[1])[:12]
        print("fuzz:   answers: " + ", ".join(f"{code} {count}" for code, count in top))
        for (name, wrong), words in asker.failures.items():
            print(f"FAILED {role}: {name}: {wrong}\n    {words}")
        failed += len(asker.failures)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
