"""Random walks over sessions, keys and time, beside a model of them."""

from collections.abc import Sequence
from typing import Final

from ..stage import Stage
from ..trial import Trial, judges
from ..walks import Wrong, shorten
from .model import Step, World, make_walk

WALKS: Final = 3
LENGTH: Final = 30
SOUGHT: Final = ("IDEM-05", "IDEM-15", "PAY-01", "PAY-06", "SESS-16", "SESS-17", "SESS-18")


@judges(*SOUGHT)
def walks_agree_with_the_model(trial: Trial) -> None:
    """Creations, repeats, misused keys, look-ups, payments and moves of the clock, in any order.

    A walk is counted for the requirements that it came to, and for no other.
    """
    for _ in range(WALKS):
        steps = make_walk(trial.random, LENGTH)
        story: list[str] = []
        touched: set[str] = set()

        def run(walk: Sequence[Step], story: list[str] = story, touched: set[str] = touched) -> Wrong | None:
            with Stage(trial) as stage:
                world = World(trial, stage)
                wrong = world.walk(walk)
                story[:] = stage.story
                touched |= world.touched
                return wrong

        wrong = run(steps)
        if wrong is None:
            for requirement in sorted(touched):
                trial.check(requirement, True, None, "a walk as the model has it")
            continue
        shortest, wrong = shorten(steps, wrong, run)
        run(shortest)
        expected = f"{wrong.expected}; the shortest walk of {len(shortest)} steps: {'; '.join(story)}"
        trial.check(wrong.requirement, False, wrong.exchange, expected)
        return
