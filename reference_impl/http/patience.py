"""For how long a request is let wait for its answer, and the threads that wait in its place.

An event loop that waits for a database holds up every request, those too that need none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

from reference_impl.domain.problems import unavailable
from reference_impl.http.exchange import Scope

ANSWER_WITHIN = 15.0
"""Seconds from a request's last byte to its answer, where its API answers within a time at all.

More than a statement may take, and what was asked for may still come about: as when a connection breaks.
"""

_DEADLINE = "stablemint.deadline"

T = TypeVar("T")


def begin_to_wait(scope: Scope) -> None:
    """Note that the request is whole, and has to be answered in time."""
    scope["state"][_DEADLINE] = asyncio.get_running_loop().time() + ANSWER_WITHIN


async def have_done(scope: Scope, executor: Executor, work: Callable[[], T]) -> T:
    """What a thread makes of ``work``; raises ``service_unavailable`` where it takes too long (ERR-11).

    Nobody begins with what was given up by then.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout_at(scope["state"].get(_DEADLINE)) as patience:
            return await loop.run_in_executor(executor, work)
    except TimeoutError:
        if not patience.expired():
            raise  # the work's own
        raise unavailable("The database does not answer at the moment. Try again.") from None
