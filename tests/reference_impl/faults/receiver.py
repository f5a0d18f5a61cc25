"""A partner's endpoint that fails half of the time, by a script, and keeps a log of what came."""

from __future__ import annotations

import asyncio
import json
import queue
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass

from reference_impl.http.exchange import Receive, Scope, Send, header_fields, read_body

MOST_FAILURES = 4
"""Failures of one event: fewer than end its schedule."""


@dataclass(frozen=True, kw_only=True)
class Came:
    """A request that came in, and how it is answered. ``at`` in seconds since 1970.

    ``signature`` tells attempts apart: each is signed afresh over a time of milliseconds (HOOK-18).
    """

    event_id: str
    session_id: str
    signature: str
    at: float
    status: int


class Waiting:
    """A request that is kept waiting for its answer."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.status: asyncio.Future[int] = self._loop.create_future()

    def answer(self, status: int) -> None:
        """Answer it, from another thread."""
        self._loop.call_soon_threadsafe(self.status.set_result, status)


class Receiver:
    """Acknowledges everything, or, after ``fail_half``, what its script says."""

    def __init__(self) -> None:
        self._script: random.Random | None = None
        self._failures: Counter[str] = Counter()
        self._log: list[Came] = []
        self._lock = threading.Lock()
        self._held: queue.SimpleQueue[Waiting] | None = None

    @property
    def log(self) -> list[Came]:
        """What has come so far, as it was answered."""
        with self._lock:
            return list(self._log)

    def fail_half(self, seed: int) -> None:
        """Fail half of the requests from now on: ``seed`` chooses which, in the order in which they come."""
        self._script = random.Random(seed)

    def hold(self) -> queue.SimpleQueue[Waiting]:
        """Keep requests waiting from now on: each is in the queue, to be answered."""
        self._held = queue.SimpleQueue()
        return self._held

    def let_go(self) -> None:
        """Answer what comes from now on at once again."""
        self._held = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        at = time.time()
        fields = header_fields(scope["headers"])
        document = json.loads(await read_body(receive, fields))
        event_id = document["eventId"]
        if self._held is None:
            status = self._next_status(event_id)
        else:
            waiting = Waiting()
            self._held.put(waiting)
            status = await waiting.status
        came = Came(
            event_id=event_id,
            session_id=document["data"]["sessionId"],
            signature=fields["stablemint-signature"],
            at=at,
            status=status,
        )
        with self._lock:
            self._log.append(came)
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def _next_status(self, event_id: str) -> int:
        if self._script is None or self._failures[event_id] == MOST_FAILURES or self._script.random() < 0.5:
            return 204
        self._failures[event_id] += 1
        return 503
