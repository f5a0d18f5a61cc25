"""What waits to be used: faults for requests, behaviours for attempts, each so many times and then gone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Generic, TypeVar

MOST_WAITING = 1_000

T = TypeVar("T")


class TooManyError(Exception):
    """``MOST_WAITING`` wait already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Generic[T]):
    """A thing, its identifier, and how often it can still be used."""

    identifier: str
    thing: T
    remaining: int


class Waiting(Generic[T]):
    """Things in the order in which they were added. ``kind`` begins their identifiers."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._numbers = count(1)
        self._entries: dict[str, Entry[T]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, thing: T, *, times: int) -> Entry[T]:
        """Let it wait, to be used ``times`` times. Raises ``TooManyError``."""
        if len(self._entries) >= MOST_WAITING:
            raise TooManyError
        entry = Entry(identifier=f"{self._kind}-{next(self._numbers)}", thing=thing, remaining=times)
        self._entries[entry.identifier] = entry
        return entry

    def take(self, fits: Callable[[T], bool]) -> Entry[T] | None:
        """Use the first that fits, once; None if none does."""
        for entry in self._entries.values():
            if fits(entry.thing):
                left = replace(entry, remaining=entry.remaining - 1)
                if left.remaining:
                    self._entries[entry.identifier] = left
                else:
                    del self._entries[entry.identifier]
                return left
        return None

    def listed(self) -> Sequence[Entry[T]]:
        """All that wait."""
        return tuple(self._entries.values())

    def remove(self, identifier: str) -> bool:
        """Take one away; whether it was there."""
        return self._entries.pop(identifier, None) is not None

    def clear(self) -> int:
        """Take all away; how many there were."""
        cleared = len(self._entries)
        self._entries.clear()
        return cleared
