"""Workers killed while they send: a mail may come twice, under one Message-ID; it never fails to
come."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection as database

from saleor_tiktok_stripe import notices
from saleor_tiktok_stripe.models import Job, Notice, NoticeDelivery
from tests.support.factories import make_connection
from tests.support.receivers import Mailbox, mail_server

from .stage import CHANNEL, NOON, at, look, parked, tell_me


def test_two_workers_that_look_at_once_tell_once(transactional_db):
    connection = make_connection(CHANNEL)
    tell_me()
    parked(connection, ["1"])
    look(NOON)
    barrier = threading.Barrier(4)

    def again() -> None:
        barrier.wait(60)
        with contextlib.closing(database):
            notices.look([connection])

    with at(NOON + timedelta(minutes=3)):
        threads = [threading.Thread(target=again) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)

    assert Notice.objects.get().told == TOLD
    assert NoticeDelivery.objects.count() == 1
    assert Job.objects.filter(kind="notice.send").count() == 1


TOLD = ["here", "urgent"]


class KillingMailbox(Mailbox):
    """Takes the mail (``after`` it was taken) or not, and kills who brought it."""

    victim: Callable[[], int]
    when: str = ""

    async def handle_RCPT(self, *args) -> str:
        if self.when == "before":
            os.kill(self.victim(), signal.SIGKILL)
        return await super().handle_RCPT(*args)

    async def handle_DATA(self, *args) -> str:
        answer = await super().handle_DATA(*args)
        if self.when == "after":
            os.kill(self.victim(), signal.SIGKILL)
        return answer


def run(environment: dict[str, str], *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.notices.worker", *words],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )


def answer(process: subprocess.Popen[str]) -> list[object]:
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return json.loads(said)


@pytest.mark.parametrize(("when", "mails"), [("before", 1), ("after", 2)])
def test_a_killed_worker_sends_at_most_one_mail_twice_and_never_none(
    migrated_database, when, mails
):
    box = KillingMailbox()
    with mail_server(box=box):
        environment = {
            **os.environ,
            "DATABASE_URL": migrated_database,
            "EMAIL_URL": f"smtp://127.0.0.1:{box.port}",
            "DEFAULT_FROM_EMAIL": "shop@example.com",
        }
        assert answer(run(environment, "prepare")) == ["pending", 0, TOLD]
        victim = run(environment, "work")
        box.victim, box.when = lambda: victim.pid, when
        victim.communicate(timeout=60)
        assert victim.returncode == -signal.SIGKILL
        box.when = ""

        answer(run(environment, "work", "400"))  # its lease has ended: somebody takes it over
        assert answer(run(environment, "work", "2000")) == ["sent", 2, TOLD]

    assert len(box.mails) == mails
    assert len({mail["Message-ID"] for mail in box.mails}) == 1
    assert len({mail["Subject"] for mail in box.mails}) == 1
