"""A worker of its own, to be killed: ``python -m tests.notices.worker prepare|work|show``."""

from __future__ import annotations

import json
import os
import sys


def main(command: str, seconds: float = 0.0) -> None:
    import django

    django.setup()
    from saleor_tiktok_stripe import accounts, jobs, notices
    from saleor_tiktok_stripe.jobs import clock
    from saleor_tiktok_stripe.models import Notice, NoticeDelivery
    from tests.support.factories import make_connection

    from .stage import CHANNEL, parked, tell_me

    if command == "prepare":
        connection = make_connection(CHANNEL)
        tell_me()
        parked(connection, ["1"])
        notices.look([connection])
        with clock.turned(180):
            notices.look(accounts.channel_connections(CHANNEL))
    elif command == "work":
        with clock.turned(180 + seconds):
            jobs.sweep()
            jobs.work()
    row = NoticeDelivery.objects.get()
    told = Notice.objects.get().told
    sys.stdout.write(json.dumps([row.state, row.attempts, told]) + "\n")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saleor_tiktok_stripe.sandbox.sidecar.settings")
    main(sys.argv[1], *map(float, sys.argv[2:]))
