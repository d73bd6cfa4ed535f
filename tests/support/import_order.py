"""``python -m tests.support.import_order``: which modules wait for which, while what is imported
later is imported; one JSON list of pairs for each name given. Each in a fork of its own, after what
the host and a first call have imported."""

import _frozen_importlib
import json
import os
import sys
from importlib import import_module

import django

OURS = "saleor_tiktok_stripe."


def waits(name: str) -> list[tuple[str, str]]:
    """(module being imported, module it needs first) while ``name`` is imported: Python holds the
    lock of the one, and takes that of the other."""
    stack: list[str] = []
    found: set[tuple[str, str]] = set()
    imports = _frozen_importlib._find_and_load

    def watched(wanted: str, import_: object) -> object:
        if wanted.startswith(OURS) and wanted not in sys.modules:
            found.update((held, wanted) for held in stack if held.startswith(OURS))
        stack.append(wanted)
        try:
            return imports(wanted, import_)
        finally:
            stack.pop()

    _frozen_importlib._find_and_load = watched
    import_module(name)
    return sorted(found)


def _in_a_fork(name: str) -> str:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, json.dumps(waits(name)).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read().decode()
    os.waitpid(child, 0)
    return told


if __name__ == "__main__":
    django.setup()
    first, *later = sys.argv[1:]
    for one in first.split(","):
        import_module(one)
    for one in later:
        sys.stdout.write(_in_a_fork(one) + "\n")
