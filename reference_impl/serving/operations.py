"""Health and metrics, on an address and port of their own: never where the API's clients come in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Generic, TypeVar

from reference_impl.domain.problems import Problem
from reference_impl.http.exchange import Receive, Scope, Send, send_answer
from reference_impl.http.messages import Answer
from reference_impl.serving.metrics import CONTENT_TYPE, BacklogCollector, exposition
from reference_impl.storage.port import Storage

_PATIENCE = 2.0
"""Seconds for which the store is waited for: less than those who ask for health and metrics wait."""

_TEXT = "text/plain; charset=utf-8"


T = TypeVar("T")


class Question(Generic[T]):
    """Something to ask the store, by one thread at a time however many want to know.

    Each waits for a short time alone, and who comes meanwhile for the same answer: a store that stands still
    has one question to answer then, and one thread waits for it.
    """

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self._asked: asyncio.Task[T] | None = None

    async def answer(self) -> T:
        """What the store says; raises its Problem, and TimeoutError."""
        if self._asked is None or self._asked.done():
            self._asked = asyncio.create_task(asyncio.to_thread(self._ask))
            self._asked.add_done_callback(_take_note)
        async with asyncio.timeout(_PATIENCE):
            return await asyncio.shield(self._asked)


def _take_note(asked: asyncio.Task[T]) -> None:
    """So that nothing is said of an error that came when nobody waited any more."""
    if not asked.cancelled():
        asked.exception()


class Operations:
    """The ASGI application of `/healthz`, `/readyz` and `/metrics`, for whoever runs the processes.

    ``lacking`` gives what keeps them from being ready, by name, empty where nothing does.
    """

    def __init__(
        self,
        *,
        storage: Storage,
        metrics_folder: Path,
        backlog: BacklogCollector,
        lacking: Callable[[], Mapping[str, str]],
    ) -> None:
        self._metrics_folder = metrics_folder
        self._ping = Question(storage.ping)
        self._backlog = Question(lambda: list(backlog.collect()))
        self._lacking = lacking

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send_answer(await self._answer(scope), send)

    async def _answer(self, scope: Scope) -> Answer:
        if scope["method"] not in ("GET", "HEAD"):
            return Answer(405, b"", {"allow": "GET, HEAD"}, _TEXT)
        match scope["path"]:
            case "/healthz":
                return Answer(200, b'{"status": "alive"}')
            case "/readyz":
                return await self._readiness()
            case "/metrics":
                return Answer(200, await self._figures(), content_type=CONTENT_TYPE)
            case _:
                return Answer(404, b"/healthz, /readyz and /metrics are here\n", {}, _TEXT)

    async def _readiness(self) -> Answer:
        lacking = dict(self._lacking())
        try:
            await self._ping.answer()
        except Problem as problem:
            lacking["database"] = problem.detail
        except TimeoutError:
            lacking["database"] = f"It has not answered within {_PATIENCE:g} seconds."
        status = 503 if lacking else 200
        document = {"status": "not ready" if lacking else "ready", "lacking": lacking}
        return Answer(status, json.dumps(document).encode())

    async def _figures(self) -> bytes:
        try:
            backlog = await self._backlog.answer()
        except TimeoutError:
            backlog = []
        return await asyncio.to_thread(exposition, self._metrics_folder, backlog)
