"""For how long a request is let wait for its answer, and the threads that wait in its place.

An event loop that waits for a database holds up every request, those too that need none.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from reference_impl.domain.problems import unavailable
from reference_impl.http.exchange import Scope

ANSWER_WITHIN = 15.0
"""Seconds from a request's last byte to its answer, where its API answers within a time at all.

More than a statement may take, and what was asked for may still come about: as when a connection breaks.
"""

_LOOK_OVER = 0.5
"""Seconds between two looks at who waits: a timer for each would cost a fifth of a thread's turn."""

_DEADLINE = "stablemint.deadline"

T = TypeVar("T")


def begin_to_wait(scope: Scope) -> None:
    """Note that the request is whole, and has to be answered in time."""
    scope["state"][_DEADLINE] = asyncio.get_running_loop().time() + ANSWER_WITHIN


class Threads:
    """A number of threads that work, and wait, in the place of one event loop."""

    def __init__(self, number: int, *, name: str) -> None:
        self._executor = ThreadPoolExecutor(number, thread_name_prefix=name)
        self._deadlines: dict[asyncio.Future[Any], float] = {}
        self._looks_over = False

    async def do(self, scope: Scope, work: Callable[[], T]) -> T:
        """What a thread makes of ``work``; raises ``service_unavailable`` where it comes too late (ERR-11).

        No thread begins with what was given up by then.
        """
        loop = asyncio.get_running_loop()
        outcome = loop.run_in_executor(self._executor, work)
        self._deadlines[outcome] = scope["state"].get(_DEADLINE, math.inf)
        if not self._looks_over:
            self._looks_over = True
            loop.call_later(_LOOK_OVER, self._look_over, loop)
        try:
            return await outcome
        except asyncio.CancelledError:
            if outcome in self._deadlines:
                raise  # it is the request that was cancelled
            raise unavailable("The database does not answer at the moment. Try again.") from None
        finally:
            self._deadlines.pop(outcome, None)

    def _look_over(self, loop: asyncio.AbstractEventLoop) -> None:
        """Give up what would be late at the next look."""
        latest = loop.time() + _LOOK_OVER
        for outcome in [each for each, deadline in self._deadlines.items() if deadline < latest]:
            if not outcome.done():
                del self._deadlines[outcome]
                outcome.cancel()
        self._looks_over = bool(self._deadlines)
        if self._looks_over:
            loop.call_later(_LOOK_OVER, self._look_over, loop)
