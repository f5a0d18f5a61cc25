"""The agenda against a list that is sorted anew at every question."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_impl.storage.agenda import Agenda
from tests.reference_impl.builders import NOW

NAMES = [f"thing-{number}" for number in range(6)]
MINUTES = st.integers(min_value=0, max_value=5)
ENTRIES = st.tuples(st.just("enter"), st.sampled_from(NAMES), st.none() | MINUTES)
QUESTIONS = st.tuples(st.just("ask"), MINUTES, st.integers(min_value=0, max_value=7))


class Things:
    """Things that are due, their agenda, and the naive answer to the same questions."""

    def __init__(self) -> None:
        self.due_at: dict[str, datetime] = {}
        self.agenda = Agenda(self.due_at.get)

    def change(self, name: str, due_at: datetime | None) -> None:
        if due_at is None:
            self.due_at.pop(name, None)
        else:
            self.due_at[name] = due_at
        self.agenda.enter(name, due_at, rank=NAMES.index(name) if name in NAMES else int(name))

    def due(self, before: datetime, limit: int) -> list[str]:
        due = sorted((time, NAMES.index(name), name) for name, time in self.due_at.items() if time <= before)
        return [name for _, _, name in due[:limit]]


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.lists(ENTRIES | QUESTIONS, max_size=40))
def test_what_is_due_comes_in_order_of_time_then_rank(
    steps: list[tuple[str, str | int, int | None]],
) -> None:
    things = Things()
    for step in steps:
        match step:
            case ("enter", str(name), minutes):
                things.change(name, None if minutes is None else NOW + timedelta(minutes=minutes))
            case (_, int(minutes), int(limit)):
                before = NOW + timedelta(minutes=minutes)
                assert things.agenda.due(before, limit=limit) == things.due(before, limit)
        assert things.agenda.earliest() == min(things.due_at.values(), default=None)


@pytest.mark.parametrize("moves", [True, False], ids=["to other times", "to the same time"])
def test_memory_is_bounded_by_what_is_alive(moves: bool) -> None:
    """100 things are entered 20,000 times: the same time again makes an entry as well."""
    chance = random.Random(1)
    things = Things()
    for number in range(20_000):
        minutes = chance.randrange(1000) if moves else 1
        things.change(str(number % 100), NOW + timedelta(minutes=minutes))
    assert len(things.agenda) <= 1024
    assert len(things.agenda.due(NOW + timedelta(days=1), limit=1000)) == 100


def test_memory_follows_what_is_alive_down() -> None:
    """5,000 things were due at once and are no longer; those that are left take no more room than ever."""
    things = Things()
    for number in range(5_000):
        things.change(str(number), NOW)
    assert len(things.agenda) >= 5_000
    for number in range(5_000):
        things.change(str(number), None)
    for number in range(20_000):
        things.change("7", NOW + timedelta(seconds=number))
    assert len(things.agenda) <= 1024
    assert things.agenda.due(NOW + timedelta(days=1), limit=10) == ["7"]
