"""The session clock of the sandbox: it runs, and moves forwards on command."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

import reference_impl.clock
from reference_impl.clock import MovableClock
from reference_impl.environment import session_clock

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Now:
    """Real time, as the test sets it."""

    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Now:
    """Real time in the test's hands."""
    real = Now()
    monkeypatch.setattr(reference_impl.clock, "session_clock", real)
    return real


def test_it_starts_at_real_time_and_runs_with_it(now: Now) -> None:
    clock = MovableClock()
    assert clock() == NOON
    now.time += timedelta(seconds=7)
    assert clock() == NOON + timedelta(seconds=7)


def test_it_moves_ahead_by_the_sum_of_its_steps_and_runs_on(now: Now) -> None:
    clock = MovableClock()
    assert clock.advance(minutes=30) == NOON + timedelta(minutes=30)
    assert clock.advance(days=1, hours=2, minutes=3, seconds=4.5) == NOON + timedelta(
        days=1, hours=2, minutes=33, seconds=4.5
    )
    before = clock()
    now.time += timedelta(seconds=1)
    assert clock() == before + timedelta(seconds=1)


def test_an_advance_of_nothing_is_allowed(now: Now) -> None:
    assert MovableClock().advance() == NOON


def test_it_is_set_to_a_time_in_any_zone(now: Now) -> None:
    clock = MovableClock()
    later = datetime(2026, 3, 1, 16, tzinfo=timezone(timedelta(hours=2)))
    assert clock.set(later) == NOON + timedelta(hours=2)
    assert clock.set(later) == later


@pytest.mark.parametrize("freeze", [False, True])
def test_it_never_moves_backwards(now: Now, freeze: bool) -> None:
    clock = MovableClock()
    if freeze:
        clock.freeze()
    with pytest.raises(ValueError, match="only moves forwards"):
        clock.advance(seconds=-1)
    with pytest.raises(ValueError, match="only moves forwards"):
        clock.advance(hours=1, minutes=-61)
    with pytest.raises(ValueError, match="only moves forwards"):
        clock.set(NOON - timedelta(milliseconds=1))
    assert clock() == NOON


def test_frozen_it_stands_until_it_is_moved_or_resumed(now: Now) -> None:
    clock = MovableClock()
    assert clock.freeze() == NOON
    now.time += timedelta(hours=1)
    assert clock() == NOON
    assert clock.advance(minutes=5) == clock() == NOON + timedelta(minutes=5)
    assert clock.set(NOON + timedelta(minutes=6)) == clock()
    assert clock.resume() == NOON + timedelta(minutes=6)
    now.time += timedelta(seconds=3)
    assert clock() == NOON + timedelta(minutes=6, seconds=3)


def test_frozen_twice_and_resumed_twice_it_is_where_it_was(now: Now) -> None:
    clock = MovableClock()
    clock.freeze()
    now.time += timedelta(hours=1)
    assert clock.freeze() == NOON
    clock.resume()
    assert clock.resume() == NOON


def test_two_clocks_move_apart(now: Now) -> None:
    one, other = MovableClock(), MovableClock()
    one.advance(days=1)
    assert other() == NOON


def test_real_time_never_follows() -> None:
    clock = MovableClock()
    clock.advance(days=365)
    assert session_clock() - datetime.now(UTC) < timedelta(seconds=5)
    assert clock() - session_clock() > timedelta(days=364)
