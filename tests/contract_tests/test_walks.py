"""A walk that goes wrong is shortened to what needs to be seen."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from contract_tests.walks import MOST_RERUNS, Wrong, shorten

WRONG = Wrong(requirement="SESS-18", expected="it to stay", exchange=None)


@pytest.mark.parametrize("needed", [{3}, {0, 29}, {4, 5, 6}, {1, 11, 21}])
def test_only_what_is_needed_is_left(needed: set[int]) -> None:
    """Steps that do not matter are dropped, those that do stay in their order."""
    runs: list[Sequence[int]] = []

    def run(walk: Sequence[int]) -> Wrong | None:
        runs.append(walk)
        return WRONG if needed <= set(walk) else None

    steps, wrong = shorten(list(range(30)), WRONG, run)
    assert wrong is WRONG
    assert needed <= set(steps)
    assert steps == sorted(steps)
    assert len(steps) <= len(needed) + 3
    assert len(runs) <= MOST_RERUNS


def test_another_fault_is_not_taken_for_it() -> None:
    """A shorter walk that breaks another requirement is no shorter way to this one."""
    other = Wrong(requirement="PAY-01", expected="one", exchange=None)

    def run(walk: Sequence[int]) -> Wrong | None:
        return WRONG if len(walk) >= 4 else other

    steps, wrong = shorten(list(range(8)), WRONG, run)
    assert len(steps) == 4
    assert wrong is WRONG
