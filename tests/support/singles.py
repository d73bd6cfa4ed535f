"""Jobs that somebody waited for, in this process: the answer is known before the job has ended."""

import threading


def join_singles(seconds: float = 60.0) -> None:
    """Wait until the threads of ``jobs.result_within`` are through."""
    for thread in threading.enumerate():
        if thread.name == "tts-single":
            thread.join(seconds)
            assert not thread.is_alive()
