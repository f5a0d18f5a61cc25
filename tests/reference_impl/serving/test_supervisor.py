"""The supervisor: what it does about processes that end, without starting any."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

import pytest

from reference_impl.environment import session_clock
from reference_impl.serving.roles import Role
from reference_impl.serving.supervisor import LONGEST_PAUSE, SETTLED, Slot, Supervisor, next_pause
from reference_impl.settings import load_settings
from reference_impl.storage.memory import MemoryStorage


def test_the_pause_doubles_while_a_process_keeps_ending_up_to_a_limit() -> None:
    pauses = [0.0]
    for _ in range(8):
        pauses.append(next_pause(pauses[-1], lived=0.1))
    assert pauses[1:] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, LONGEST_PAUSE, LONGEST_PAUSE]


def test_a_process_that_has_worked_for_a_while_is_replaced_at_once() -> None:
    """One that ends every hour is not made to wait for those before it."""
    assert next_pause(LONGEST_PAUSE, lived=SETTLED + 1) == next_pause(0.0, lived=0.0)


class Scripted(Supervisor):
    """Processes that end when the script says so; time passes at no speed.

    ``lives`` has, for one process after the other, how long it lived and whether it was ready before it
    ended; after the last one, all are to stop.
    """

    def __init__(self, lives: Iterable[tuple[float, bool]], folder: Path, *roles: Role) -> None:
        super().__init__(
            load_settings({}),
            roles,
            storage=MemoryStorage(),
            clock=session_clock,
            listeners=(),
            operations_listeners=(),
            metrics_folder=folder,
            ready=lambda: None,
            monotonic=lambda: self.now,
        )
        self.lives = iter(lives)
        self.now = 0.0
        self.paused: list[float] = []

    async def _run_process(self, slot: Slot) -> int:
        try:
            lived, worked = next(self.lives)
        except StopIteration:
            self._stopping.set()
            return 0
        self.now += lived
        if worked:
            slot.ready.set()
        return -9

    async def _pause(self, seconds: float) -> None:
        self.paused.append(seconds)


def test_a_process_that_crashes_again_and_again_is_started_ever_more_slowly(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Ready or not: once the first has worked, a database that is away for a while ends nothing for good."""
    lives = [(0.5, True), (0.5, False), (0.5, False), (60.0, True), (0.5, True)]
    scripted = Scripted(lives, tmp_path, Role.DISPATCH)
    assert asyncio.run(scripted.run()) == 0
    assert scripted.paused == [0.1, 0.2, 0.4, 0.1, 0.2]
    assert caplog.messages.count("a process ended and is replaced") == 5


def test_a_process_that_never_worked_ends_all_with_1(tmp_path: Path) -> None:
    """A mistake in its settings does not go away by trying again."""
    scripted = Scripted([(0.5, False)], tmp_path, Role.WEB)
    assert asyncio.run(scripted.run()) == 1
    assert scripted.paused == []
