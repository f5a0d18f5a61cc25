"""How far another machine's clock is from ours, by the ``Date`` of what it answers."""

from collections.abc import Callable
from typing import Final

from .wire import Exchange, parse_date

LEAST_SECONDS: Final = 2
"""Clocks that differ by less are as good as each other."""
EDGE_SECONDS: Final = 290
"""Within the window of 300 on both sides, with room for a request's way and for whole seconds."""


def skew_of(exchange: Exchange, *, sent: float, received: float) -> int:
    """Seconds by which the other clock is ahead; 0 where it does not say, or may be as good as ours.

    An answer is dated, in whole seconds, at any time between `sent` and `received`, which are of
    ``time.time()``: one that took its time does not make a clock wrong.
    """
    theirs = parse_date((exchange.answer.header("Date") if exchange.answer is not None else None) or "")
    if theirs is None:
        return 0
    least, most = theirs - received, theirs + 1 - sent
    return 0 if least < LEAST_SECONDS and most > -LEAST_SECONDS else round((least + most) / 2)


def confirmed(dated: int, judges_by: Callable[[int], bool]) -> int:
    """The clock to go by: the one that answers are dated by, unless ours is what the other judges by.

    An intermediary may have dated them.
    """
    return 0 if dated and not judges_by(dated) and judges_by(0) else dated


def told(skew: int, dated: int, whose: str) -> str:
    """A note for the reader on the clock that is gone by, where there is anything to say of it."""
    if skew:
        way = "ahead of" if skew > 0 else "behind"
        return f"{whose} clock is {abs(skew)} s {way} ours; we go by it"
    if dated:
        way = "ahead of" if dated > 0 else "behind"
        return f"{whose} answers are dated {abs(dated)} s {way} our clock, by which it judges; we go by ours"
    return ""
