"""Health and metrics, on an address and port of their own: never where the API's clients come in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path

from reference_impl.domain.problems import Problem
from reference_impl.http.exchange import Receive, Scope, Send, send_answer
from reference_impl.http.messages import Answer
from reference_impl.serving.metrics import CONTENT_TYPE, BacklogCollector, exposition
from reference_impl.storage.port import Storage

_PING_TIMEOUT = 2.0
_TEXT = "text/plain; charset=utf-8"


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
        self._storage = storage
        self._metrics_folder = metrics_folder
        self._backlog = backlog
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
                text = await asyncio.to_thread(exposition, self._metrics_folder, self._backlog)
                return Answer(200, text, content_type=CONTENT_TYPE)
            case _:
                return Answer(404, b"/healthz, /readyz and /metrics are here\n", {}, _TEXT)

    async def _readiness(self) -> Answer:
        lacking = dict(self._lacking())
        try:
            async with asyncio.timeout(_PING_TIMEOUT):
                await asyncio.to_thread(self._storage.ping)
        except Problem as problem:
            lacking["database"] = problem.detail
        except TimeoutError:
            lacking["database"] = f"It has not answered within {_PING_TIMEOUT:g} seconds."
        status = 503 if lacking else 200
        document = {"status": "not ready" if lacking else "ready", "lacking": lacking}
        return Answer(status, json.dumps(document).encode())
