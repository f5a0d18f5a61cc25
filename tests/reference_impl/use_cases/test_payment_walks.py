"""Random walks of payers, bank and clock over both stores, compared with the small model."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import given, note, seed, settings
from hypothesis import strategies as st

from reference_impl.bank.outcomes import OUTCOMES
from reference_impl.domain.plans import Pace
from reference_impl.domain.sessions import FINAL, Session, Status
from reference_impl.domain.transitions import IllegalTransitionError
from reference_impl.environment import new_uuid
from reference_impl.storage.memory import MemoryStorage
from reference_impl.storage.port import Storage
from reference_impl.storage.sql import SqlStorage
from tests.reference_impl.builders import EMBEDDED, HOSTED, HOSTED_PARTNER_MANAGED
from tests.reference_impl.paying import COMPLETED, Till
from tests.reference_impl.use_cases.expected import Expected, RefusedError

Argument = str | bool | timedelta | None
Move = tuple[int, str, Argument]

SESSIONS = (HOSTED, HOSTED_PARTNER_MANAGED, EMBEDDED)
PACES = st.sampled_from(Pace)
DURATIONS = st.sampled_from([timedelta(seconds=s) for s in (0, 1, 2, 5, 300, 600, 899, 900, 1800)])
ANY_MOVE = st.one_of(
    *(
        st.tuples(st.integers(min_value=0, max_value=len(SESSIONS) - 1), st.just(kind), argument)
        for kind, argument in (
            ("identify", st.none()),
            ("choose", st.just("success")),
            ("choose", st.sampled_from(sorted(OUTCOMES))),
            ("choose", st.sampled_from(sorted(OUTCOMES))),
            ("consent", st.just(True)),
            ("consent", st.just(True)),
            ("consent", st.just(False)),
            ("leave", st.none()),
            ("step", st.none()),
            ("step", st.none()),
            ("settle", st.none()),
            ("move", DURATIONS),
            ("lapse", DURATIONS),
        )
    )
)
MOVES = st.lists(ANY_MOVE, min_size=15, max_size=40)


class Walk:
    """The same walk through a store and through the model, with one session of each kind."""

    def __init__(self, till: Till) -> None:
        self._till = till
        self._sessions = {
            till.open(operation_id, identified=False): Expected(
                expires_at=till.now + timedelta(minutes=30),
                pace=till.environment.pace(),
                anonymous=operation_id == HOSTED,
                identified=operation_id != HOSTED,
            )
            for operation_id in SESSIONS
        }

    def go(self, number: int, kind: str, argument: Argument) -> None:
        """Make one move in both; they must agree on whether it is refused, and on all that comes of it."""
        before = {session_id: self._till.session(session_id) for session_id in self._sessions}
        if isinstance(argument, timedelta):
            self._pass_time(kind, argument)
        else:
            session_id, expected = list(self._sessions.items())[number]
            arguments = () if argument is None else (argument,)
            refused = self._is_refused(lambda: getattr(expected, kind)(self._till.now, *arguments))
            with pytest.raises(IllegalTransitionError) if refused else nullcontext():
                getattr(self._till, kind)(session_id, *arguments)
        for session_id, expected in self._sessions.items():
            self._compare(session_id, expected, before[session_id])

    def _pass_time(self, kind: str, duration: timedelta) -> None:
        """Noticed (``move``), or not until later (``lapse``)."""
        if kind == "lapse":
            self._till.now += duration
            return
        for expected in self._sessions.values():
            expected.move(self._till.now, self._till.now + duration)
        self._till.move(seconds=duration.total_seconds())

    def _is_refused(self, act: Callable[[], object]) -> bool:
        try:
            act()
        except RefusedError:
            return True
        return False

    def _compare(self, session_id: str, expected: Expected, before: Session) -> None:
        after = self._till.session(session_id)
        assert after.status == expected.status
        assert (after.deposit.status if after.deposit else None) == expected.deposit
        assert after.due_at == expected.due_at
        assert self._till.told(session_id) == expected.told
        if before.status in FINAL:
            assert after == before  # SESS-18
        if before.deposit is not None and after.deposit is not None:
            assert after.deposit.end_to_end_id == before.deposit.end_to_end_id  # PAY-01


def walk(storage: Storage, pace: Pace, moves: Iterable[Move]) -> None:
    storage.clear()
    walking = Walk(Till(storage, pace=pace))
    for move in moves:
        note(f"{pace}: {move}")
        walking.go(*move)


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Storage]]:
    """Both stores, emptied before each walk."""
    sqlite = SqlStorage.open(tmp_path_factory.mktemp("walks") / "state.db")
    yield {"memory": MemoryStorage(), "sqlite": sqlite}
    sqlite.close()


@pytest.mark.parametrize(("store", "walks"), [("memory", 200), ("sqlite", 20)])
def test_no_walk_leads_astray(stores: dict[str, Storage], store: str, walks: int) -> None:
    """HOOK-06, PAY-01 to PAY-07, SESS-16 to SESS-18."""

    @settings(derandomize=True, database=None, max_examples=walks, deadline=None)
    @given(PACES, MOVES)
    def through(pace: Pace, moves: list[Move]) -> None:
        walk(stores[store], pace, moves)

    through()


@pytest.mark.prove
@pytest.mark.parametrize(("store", "walks"), [("memory", 1_000), ("sqlite", 200)])
def test_no_long_walk_leads_astray(
    stores: dict[str, Storage], store: str, walks: int, prove_seed: int
) -> None:
    """The same, more often and further."""

    @seed(prove_seed)
    @settings(database=None, max_examples=walks, deadline=None)
    @given(PACES, st.lists(ANY_MOVE, min_size=30, max_size=100))
    def through(pace: Pace, moves: list[Move]) -> None:
        walk(stores[store], pace, moves)

    through()


class CrashError(Exception):
    """What ends a step in the middle of its transaction."""


@pytest.mark.parametrize("store", ["memory", "sqlite"])
@pytest.mark.parametrize("delivery", range(1, len(COMPLETED) + 1))
def test_a_step_that_breaks_off_is_as_if_it_had_not_begun(
    stores: dict[str, Storage], store: str, delivery: int
) -> None:
    """HOOK-24: whichever event could not be written, in the end each is told once."""
    stores[store].clear()
    till = Till(stores[store])
    numbers = count(1)

    def break_off() -> str:
        if next(numbers) == delivery:
            raise CrashError
        return new_uuid()

    sound = till.environment
    session_id = till.open()
    till.environment = dataclasses.replace(sound, new_delivery_id=break_off)
    with pytest.raises(CrashError):
        till.consent(till.choose(session_id).session_id)
    told = till.told(session_id)
    assert told == COMPLETED[: len(told)]
    assert len(told) < delivery
    till.environment = sound
    if till.session(session_id).status is Status.OPEN:
        till.choose(session_id)
    till.move()
    plan = till.session(session_id).plan
    if plan is not None and plan.awaits_payer:
        till.consent(session_id)
    assert till.told(session_id) == COMPLETED
