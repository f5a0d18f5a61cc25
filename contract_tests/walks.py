"""Random walks, and the shortest walk that still goes wrong.

A walk is a sequence of steps, made from a seed before anything is sent: what a target answers decides nothing
about what it is asked. Only once a walk has gone wrong is it tried again, shortened (delta debugging, Zeller
and Hildebrandt 2002), to show as little as needs to be seen.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from .wire import Exchange

StepT = TypeVar("StepT")

MOST_RERUNS: Final = 40
"""Shortened walks that are tried; each makes requests."""


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """What a walk ran into: the requirement that does not hold, what was expected, and the evidence."""

    requirement: str
    expected: str
    exchange: Exchange | None


def shorten(
    walk: Sequence[StepT], wrong: Wrong, run: Callable[[Sequence[StepT]], Wrong | None]
) -> tuple[list[StepT], Wrong]:
    """The shortest walk found that breaks the same requirement as `walk` did, and how it does.

    `run` walks, in a world of its own each time: what went wrong, or None.
    """
    steps, reruns = list(walk), 0
    size = max(1, len(steps) // 2)
    while size:
        at = 0
        while at < len(steps) and reruns < MOST_RERUNS:
            shorter = steps[:at] + steps[at + size :]
            reruns += 1
            found = run(shorter)
            if found is not None and found.requirement == wrong.requirement:
                steps, wrong = shorter, found
            else:
                at += size
        size //= 2
    return steps, wrong
