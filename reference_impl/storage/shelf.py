"""A shelf of the store in memory: things in order, some of them over, some of them due."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count, islice
from operator import attrgetter
from typing import Generic, Protocol, TypeVar

from reference_impl.storage.agenda import Agenda


class Datable(Protocol):
    """What can be due."""

    @property
    def due_at(self) -> datetime | None: ...


T = TypeVar("T", bound=Datable)
Undo = list[Callable[[], object]]
"""What undoes the open transaction, to be called last to first."""


@dataclass(frozen=True, slots=True)
class _Place(Generic[T]):
    """Where a thing stands: its rank, and when it is due as things are."""

    number: int
    thing: T
    due_at: datetime | None


class Shelf(Generic[T]):
    """Things by identifier, in the order in which they were added, with an index of those that are over and
    one of those that are due, of each kind by itself. Every change says on ``undo`` how it is undone.
    """

    def __init__(
        self, *, is_over: Callable[[T], bool], undo: Undo, kind: Callable[[T], Hashable] = lambda _: None
    ) -> None:
        """``kind`` is for good: what can be passed over at once where things are due."""
        self._is_over = is_over
        self._kind = kind
        self._undo = undo
        self._numbers = count()
        self._things: dict[str, _Place[T]] = {}
        self._over: dict[str, None] = {}  # in the order in which they ended
        self._agendas: defaultdict[Hashable, Agenda] = defaultdict(lambda: Agenda(self._due_at))

    def __len__(self) -> int:
        return len(self._things)

    @property
    def over(self) -> int:
        """How many of the things are over."""
        return len(self._over)

    def __contains__(self, identifier: str) -> bool:
        return identifier in self._things

    def get(self, identifier: str) -> T | None:
        """The thing as last put there."""
        found = self._things.get(identifier)
        return found.thing if found else None

    def add(self, identifier: str, thing: T) -> None:
        """Put a new thing there."""
        self._undo.append(lambda: self._things.pop(identifier))
        self._put(identifier, _Place(next(self._numbers), thing, thing.due_at))

    def replace(self, identifier: str, thing: T) -> None:
        """Put a thing in the place of the one that is there; KeyError if there is none."""
        self._replace(identifier, thing, thing.due_at)

    def postpone(self, identifier: str, until: datetime) -> None:
        """Let a thing that is due be due at ``until`` instead, as long as it stands there."""
        if self._due_at(identifier) is not None:
            self._replace(identifier, self._things[identifier].thing, until)

    def latest(self, matches: Callable[[T], bool], *, limit: int) -> Sequence[T]:
        """The things that match, last added first."""
        return list(islice(filter(matches, self._backwards()), limit))

    def due(
        self,
        before: datetime,
        *,
        limit: int,
        fits: Callable[[T], bool] = lambda _: True,
        passing_over: Collection[Hashable] = (),
    ) -> Sequence[T]:
        """The things due at ``before`` or earlier that fit, first due first, then first added.

        Those of the kinds to be passed over are not looked at, however many are due.
        """
        found = [
            self._things[identifier]
            for kind, agenda in self._agendas.items()
            if kind not in passing_over
            for identifier in agenda.due(
                before, limit=limit, fits=lambda each: fits(self._things[each].thing)
            )
        ]
        found.sort(key=attrgetter("due_at", "number"))
        return [place.thing for place in found[:limit]]

    def earliest(self) -> datetime | None:
        """When the first thing is due."""
        return min(filter(None, (agenda.earliest() for agenda in self._agendas.values())), default=None)

    def drop(self) -> str:
        """Take away, beyond undoing, what was over first, or else what was added first; its identifier."""
        identifier = next(iter(self._over or self._things))
        self._over.pop(identifier, None)
        del self._things[identifier]
        return identifier

    def clear(self) -> None:
        """Take everything away, beyond undoing."""
        self._things.clear()
        self._over.clear()
        self._agendas.clear()

    def _replace(self, identifier: str, thing: T, due_at: datetime | None) -> None:
        former = self._things[identifier]
        # Undone last: a lapsed entry may have been forgotten meanwhile, and is valid again.
        agenda = self._agendas[self._kind(former.thing)]
        self._undo.append(lambda: agenda.enter(identifier, former.due_at, rank=former.number))
        self._undo.append(lambda: self._things.__setitem__(identifier, former))
        self._put(identifier, _Place(former.number, thing, due_at))

    def _put(self, identifier: str, place: _Place[T]) -> None:
        self._things[identifier] = place
        is_over = self._is_over(place.thing)
        if is_over and identifier not in self._over:
            self._undo.append(lambda: self._over.pop(identifier))
            self._over[identifier] = None
        elif not is_over and identifier in self._over:
            self._undo.append(lambda: self._over.__setitem__(identifier, None))
            del self._over[identifier]
        self._agendas[self._kind(place.thing)].enter(identifier, place.due_at, rank=place.number)

    def _backwards(self) -> Iterator[T]:
        return (place.thing for place in reversed(self._things.values()))

    def _due_at(self, identifier: str) -> datetime | None:
        place = self._things.get(identifier)
        return place.due_at if place else None
