"""A compact index of things by time.

A sorted array for the generated ones, small lists for those that changed since: one 64-bit number
(time, slot) per thing and nothing else.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator

_SLOT_BITS = 32
_SLOT_MASK = (1 << _SLOT_BITS) - 1
_TOP = 1 << 63


def pack(time: int, slot: int) -> int:
    """Sort key of a thing."""
    return (time << _SLOT_BITS) | slot


def slot_of(key: int) -> int:
    """Slot of a sort key."""
    return key & _SLOT_MASK


class TimeIndex:
    """Slots ordered by a time, with ranges, counts and changes."""

    def __init__(self, keys: Iterable[int]) -> None:
        self._base = array("Q", sorted(keys))
        self._gone: list[int] = []
        self._live: list[int] = []
        self._key_of: dict[int, int] = {}

    def put(self, slot: int, time: int, former_time: int | None) -> None:
        """Move a slot to a time. `former_time`: where it stood as generated, None if it is new."""
        self.drop(slot, former_time)
        key = pack(time, slot)
        self._key_of[slot] = key
        insort(self._live, key)

    def drop(self, slot: int, former_time: int | None) -> None:
        """Take a slot out."""
        key = self._key_of.pop(slot, None)
        if key is not None:
            del self._live[bisect_left(self._live, key)]
            return
        if former_time is None:
            return
        key = pack(former_time, slot)
        place = bisect_left(self._base, key)
        known = place < len(self._base) and self._base[place] == key
        at = bisect_left(self._gone, key)
        if known and not (at < len(self._gone) and self._gone[at] == key):
            self._gone.insert(at, key)

    def count(self, low: int | None, high: int | None) -> int:
        """How many lie in [low, high)."""
        start, end = self._bounds(low, high)
        total = bisect_left(self._base, end) - bisect_left(self._base, start)
        total -= bisect_left(self._gone, end) - bisect_left(self._gone, start)
        return total + bisect_left(self._live, end) - bisect_left(self._live, start)

    @staticmethod
    def _bounds(low: int | None, high: int | None) -> tuple[int, int]:
        start = 0 if low is None else pack(max(low, 0), 0)
        return start, (_TOP if high is None else pack(max(high, 0), 0))

    def keys(
        self, low: int | None, high: int | None, descending: bool, after: int | None
    ) -> Iterator[int]:
        """Keys in [low, high), in order, beginning behind the key `after`."""
        start, end = self._bounds(low, high)
        if after is not None:
            start, end = (start, min(end, after)) if descending else (max(start, after + 1), end)
        walk = self._down if descending else self._up
        return walk(start, end)

    def _up(self, start: int, end: int) -> Iterator[int]:
        base, live = self._base, self._live
        i, j = bisect_left(base, start), bisect_left(live, start)
        while True:
            first = base[i] if i < len(base) else _TOP
            second = live[j] if j < len(live) else _TOP
            if min(first, second) >= end:
                return
            if first < second:
                i += 1
                if not self._is_gone(first):
                    yield first
            else:
                j += 1
                yield second

    def _down(self, start: int, end: int) -> Iterator[int]:
        base, live = self._base, self._live
        i, j = bisect_left(base, end) - 1, bisect_left(live, end) - 1
        while True:
            first = base[i] if i >= 0 else -1
            second = live[j] if j >= 0 else -1
            if max(first, second) < start:
                return
            if first > second:
                i -= 1
                if not self._is_gone(first):
                    yield first
            else:
                j -= 1
                yield second

    def _is_gone(self, key: int) -> bool:
        at = bisect_left(self._gone, key)
        return at < len(self._gone) and self._gone[at] == key
