"""What waits to be used so many times."""

from __future__ import annotations

import pytest

from mockserver.waiting import MOST_WAITING, TooManyError, Waiting


def test_each_is_used_as_often_as_it_was_added_for_first_come_first_used() -> None:
    waiting = Waiting[str]("thing")
    waiting.add("a", times=2)
    waiting.add("b", times=1)
    taken = [waiting.take(lambda _: True) for _ in range(4)]
    assert [entry and (entry.thing, entry.remaining) for entry in taken] == [
        ("a", 1),
        ("a", 0),
        ("b", 0),
        None,
    ]
    assert len(waiting) == 0


def test_what_does_not_fit_stays() -> None:
    waiting = Waiting[str]("thing")
    waiting.add("a", times=1)
    assert waiting.take(lambda thing: thing == "b") is None
    assert [entry.remaining for entry in waiting.listed()] == [1]


def test_identifiers_are_never_used_again() -> None:
    waiting = Waiting[str]("thing")
    first = waiting.add("a", times=1)
    assert waiting.remove(first.identifier)
    assert not waiting.remove(first.identifier)
    assert waiting.add("a", times=1).identifier != first.identifier
    assert waiting.clear() == 1


def test_no_more_wait_than_can() -> None:
    waiting = Waiting[int]("thing")
    for number in range(MOST_WAITING):
        waiting.add(number, times=1)
    with pytest.raises(TooManyError):
        waiting.add(0, times=1)
