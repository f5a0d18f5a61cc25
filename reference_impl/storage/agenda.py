"""What is due when: a heap that forgets what has changed."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime

_SMALL = 1024


class Agenda:
    """Identifiers in order of due time, ties by rank.

    Entries are never removed but checked when they come up: ``due_at(identifier)`` says when the thing is due
    now, None if it no longer is. Memory stays within a small multiple of what is alive.
    """

    def __init__(self, due_at: Callable[[str], datetime | None]) -> None:
        self._due_at = due_at
        self._heap: list[tuple[datetime, int, str]] = []
        self._compact_at = _SMALL

    def __len__(self) -> int:
        """How many entries are kept, lapsed ones included."""
        return len(self._heap)

    def enter(self, identifier: str, due_at: datetime | None, *, rank: int) -> None:
        """Note that the thing is due then; a former entry of another time lapses. Its rank is always one."""
        if due_at is None:
            return
        heapq.heappush(self._heap, (due_at, rank, identifier))
        if len(self._heap) > self._compact_at:
            self._heap = [*{entry for entry in self._heap if self._is_current(entry)}]
            heapq.heapify(self._heap)
            self._compact_at = max(_SMALL, 2 * len(self._heap))

    def due(self, before: datetime, *, limit: int, fits: Callable[[str], bool] = lambda _: True) -> list[str]:
        """At most ``limit`` that fit of those due at ``before`` or earlier, first due first; each once."""
        found: list[str] = []
        seen: dict[str, tuple[datetime, int, str]] = {}
        while self._heap and self._heap[0][0] <= before and len(found) < limit:
            entry = heapq.heappop(self._heap)
            if not self._is_current(entry) or entry[2] in seen:
                continue
            seen[entry[2]] = entry
            if fits(entry[2]):
                found.append(entry[2])
        for entry in seen.values():
            heapq.heappush(self._heap, entry)
        return found

    def earliest(self) -> datetime | None:
        """When the first thing is due."""
        while self._heap and not self._is_current(self._heap[0]):
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def _is_current(self, entry: tuple[datetime, int, str]) -> bool:
        return self._due_at(entry[2]) == entry[0]
