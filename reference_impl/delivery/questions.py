"""Asking a store from an event loop that must not wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from reference_impl.storage.port import Storage

_THREADS = 2
"""For what is due, and for what came of attempts: neither waits for the other."""

T = TypeVar("T")


class Questions:
    """Asks one store: in threads of its own where an answer may be long in coming.

    What a receiver answers meanwhile is heard in its time then, and a signal to stop as well. A store that
    answers at once is asked at once: nothing else happens in between.
    """

    def __init__(self, storage: Storage) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="store") if storage.waits else None

    async def ask(self, question: Callable[[], T]) -> T:
        """What the store says to ``question``, which it does too where nobody waits any more."""
        if self._threads is None:
            return question()
        return await asyncio.get_running_loop().run_in_executor(self._threads, question)
