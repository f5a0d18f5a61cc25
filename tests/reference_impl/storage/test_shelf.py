"""A shelf's things of several kinds: in one order, and passed over without a look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from reference_impl.storage.shelf import Shelf, Undo
from tests.reference_impl.builders import NOW


@dataclass(frozen=True)
class Thing:
    """A thing of a kind, due so many seconds after ``NOW``."""

    name: str
    kind: str
    seconds: int

    @property
    def due_at(self) -> datetime | None:
        return NOW + timedelta(seconds=self.seconds)


def a_shelf(*things: Thing) -> tuple[Shelf[Thing], Undo]:
    undo: Undo = []
    shelf = Shelf[Thing](is_over=lambda _: False, undo=undo, kind=lambda thing: thing.kind)
    for thing in things:
        shelf.add(thing.name, thing)
    return shelf, undo


def test_things_of_all_kinds_are_due_in_one_order() -> None:
    """First due first, ties as they were added, at most as many as are wanted."""
    shelf, _ = a_shelf(Thing("b", "x", 5), Thing("c", "y", 3), Thing("d", "x", 3), Thing("e", "y", 9))
    until = NOW + timedelta(seconds=9)
    assert [thing.name for thing in shelf.due(until, limit=9)] == ["c", "d", "b", "e"]
    assert [thing.name for thing in shelf.due(until, limit=2)] == ["c", "d"]
    assert shelf.earliest() == NOW + timedelta(seconds=3)


def test_what_is_passed_over_is_not_looked_at_however_much_it_is() -> None:
    """So that thousands of deliveries owed to a dead receiver cost the others nothing."""
    shelf, _ = a_shelf(*(Thing(f"dead-{number}", "dead", 0) for number in range(100)), Thing("other", "y", 1))
    looked_at: list[str] = []

    def fits(thing: Thing) -> bool:
        looked_at.append(thing.name)
        return True

    found = shelf.due(NOW + timedelta(seconds=1), limit=64, fits=fits, passing_over={"dead"})
    assert [thing.name for thing in found] == looked_at == ["other"]


def test_what_is_undone_is_due_when_it_was() -> None:
    shelf, undo = a_shelf(Thing("a", "x", 1), Thing("b", "y", 2))
    undo.clear()
    shelf.replace("a", Thing("a", "x", 7))
    assert [thing.name for thing in shelf.due(NOW + timedelta(seconds=5), limit=9)] == ["b"]
    while undo:
        undo.pop()()
    assert [thing.name for thing in shelf.due(NOW + timedelta(seconds=5), limit=9)] == ["a", "b"]


def test_an_emptied_shelf_has_nothing_due() -> None:
    shelf, _ = a_shelf(Thing("a", "x", 1))
    shelf.clear()
    assert shelf.earliest() is None
    assert shelf.due(NOW + timedelta(days=1), limit=9) == []
