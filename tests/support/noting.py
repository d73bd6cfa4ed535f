"""Kinds of jobs for tests with real processes, and the process that runs them.

``python -m tests.support.noting work|receive|enqueue ...`` with DATABASE_URL. Each run of a job is
one ``AuditEntry``, so that a test can count effects.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from saleor_tiktok_stripe.jobs import ClaimedJob
    from saleor_tiktok_stripe.models import Connection


class NotingConfig(AppConfig):
    name = "tests.support"
    label = "tests_support"

    def ready(self) -> None:
        register()


def note(connection: Connection | None, claimed: Sequence[ClaimedJob]) -> dict[int, object]:
    """One entry per job, together with the end of the job."""
    from django.db import transaction

    from saleor_tiktok_stripe import jobs
    from saleor_tiktok_stripe.models import AuditEntry

    with transaction.atomic():
        AuditEntry.objects.bulk_create(
            AuditEntry(actor=str(os.getpid()), action="note", subject=job.subject)
            for job in claimed
        )
        jobs.finish({job: jobs.Done("noted") for job in claimed})
    return {}


def hang(connection: Connection | None, claimed: Sequence[ClaimedJob]) -> dict[int, object]:
    """As ``note``, but with HANG set it says so and waits to be killed before it commits."""
    if os.environ.get("HANG"):
        from django.db import transaction

        from saleor_tiktok_stripe.models import AuditEntry

        with transaction.atomic():
            AuditEntry.objects.create(actor="hung", action="note")
            say("hanging")
            sys.stdin.read()
    return note(connection, claimed)


def kill(connection: Connection | None, claimed: Sequence[ClaimedJob]) -> dict[int, object]:
    """As ``note``, but takes its process down when the poisonous one is among them."""
    if any(job.subject == "poison" for job in claimed):
        os.kill(os.getpid(), signal.SIGKILL)
    return note(connection, claimed)


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def register() -> None:
    from saleor_tiktok_stripe import jobs

    jobs.register("test.note", note, batch=50)
    jobs.register("test.hang", hang, batch=50)
    jobs.register("test.kill", kill, batch=50)


def main(command: str, *arguments: str) -> None:
    import django

    django.setup()
    from saleor_tiktok_stripe import inbox, jobs
    from saleor_tiktok_stripe.jobs import clock

    register()
    if command == "work":
        seconds = float(arguments[0]) if arguments else 0.0
        with clock.turned(seconds) if seconds else nullcontext():
            jobs.sweep()
            say(str(jobs.work().done))
    elif command == "receive":
        channel, signature = arguments
        from saleor_tiktok_stripe.models import Vendor

        answer = inbox.receive(Vendor.TIKTOK, channel, sys.stdin.buffer.read(), signature)
        say(answer.outcome)
        os.kill(os.getpid(), signal.SIGKILL)
    elif command == "enqueue":
        jobs.enqueue_many(arguments[0], None, arguments[1:])


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saleor_tiktok_stripe.sandbox.sidecar.settings")
    main(*sys.argv[1:])
