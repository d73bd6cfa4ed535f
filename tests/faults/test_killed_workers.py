"""Processes killed with SIGKILL while they receive or work: nothing lost, nothing done twice."""

from __future__ import annotations

import pytest

from tests.inbox.signed import ORDER, body, sign

STATES = "SELECT subject, status FROM saleor_tiktok_stripe_job ORDER BY subject"
NOTES = "SELECT subject FROM saleor_tiktok_stripe_auditentry ORDER BY subject"


def finished(process, code: int = 0) -> str:
    output, _ = process.communicate(timeout=60)
    assert process.returncode == code
    return output


def test_a_worker_killed_in_the_middle_is_followed_by_one_that_does_it_once(start, rows):
    finished(start("enqueue", "test.hang", "a", "b"))
    victim = start("work", HANG="1")
    assert victim.stdout.readline() == "hanging\n"
    assert rows(STATES) == [("a", "running"), ("b", "running")]

    victim.kill()
    victim.wait()
    too_early = finished(start("work"))
    frees_them = finished(start("work", "331"))
    does_them = finished(start("work", "360"))

    # The pause after a loss is random, so either of the two may have done them.
    assert too_early == "0\n"
    assert int(frees_them) + int(does_them) == 2
    assert rows(STATES) == [("a", "done"), ("b", "done")]
    assert rows(NOTES) == [("a",), ("b",)]


@pytest.mark.slow
def test_a_row_that_kills_its_workers_dies_alone(start, rows):
    subjects = [f"order-{number}" for number in range(5)]
    finished(start("enqueue", "test.kill", "poison", *subjects))

    deaths = 0
    for turn in range(1, 12):
        process = start("work", str(turn * 1500))
        process.communicate(timeout=60)
        deaths += process.returncode == -9

    assert deaths == 5
    assert dict(rows(STATES)) == dict.fromkeys(subjects, "done") | {"poison": "dead"}
    assert rows(NOTES) == [(subject,) for subject in subjects]
    [(code, problem)] = rows(
        "SELECT error_code, problem->>'cause' FROM saleor_tiktok_stripe_job "
        "WHERE subject = 'poison'"
    )
    assert code == "WORKER_LOST"
    assert problem == "The worker was lost 5 times while it did this."


def test_a_process_killed_after_its_answer_has_written_down_the_work(start, rows, add_connection):
    raw = body()
    add_connection()
    victim = start("receive", "tiktok-us", sign(raw))

    output, _ = victim.communicate(raw.decode(), timeout=60)

    assert (output, victim.returncode) == ("handed_over\n", -9)
    assert rows("SELECT event_key, status FROM saleor_tiktok_stripe_inboundevent") == [
        ("1", "handed_over")
    ]
    assert rows("SELECT kind, subject, status FROM saleor_tiktok_stripe_job") == [
        ("order.sync", ORDER, "queued")
    ]
