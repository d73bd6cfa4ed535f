"""Who changes a connection holds up nobody who only adds work to it."""

from __future__ import annotations

import threading

import pytest
from django.db import OperationalError, transaction
from django.db import connection as database

from saleor_tiktok_stripe import accounts, jobs
from saleor_tiktok_stripe.models import Job
from tests.support.factories import make_connection

pytestmark = pytest.mark.django_db(transaction=True)


def test_settings_being_saved_do_not_hold_up_new_work():
    connection = make_connection("tiktok-us")
    chosen = accounts.ChannelSettings(app_key="appkey0001", service_id="7001")
    failures: list[OperationalError] = []

    def ask() -> None:
        try:
            with database.cursor() as cursor:
                cursor.execute("SET lock_timeout = '2s'")
            jobs.enqueue("order.sync", connection, "1")
        except OperationalError as error:
            failures.append(error)
        finally:
            database.close()

    with transaction.atomic():
        accounts.configure("tiktok-us", chosen, "staff:1")
        asking = threading.Thread(target=ask)
        asking.start()
        asking.join(60)

    assert failures == []
    assert Job.objects.filter(kind="order.sync").count() == 1
