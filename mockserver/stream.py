"""What happens in a namespace, as server-sent events (WHATWG HTML §9.2)."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping
from itertools import count
from typing import Any

MOST_UNREAD = 256
"""Events kept for a reader that is behind; beyond them the oldest are lost, and it is told how many."""

HEARTBEAT = 15.0
"""Seconds of silence after which a comment is sent, so that a connection that is gone is noticed."""


class Stream:
    """Tells every reader what is published, from the moment it begins to read."""

    def __init__(self) -> None:
        self._readers: set[_Reader] = set()
        self._numbers = count(1)
        self._is_closed = False

    def publish(self, kind: str, describe: Callable[[], Mapping[str, Any]]) -> None:
        """Tell the readers; ``describe`` is asked only if there are any."""
        if self._readers:
            data = json.dumps(describe(), ensure_ascii=False)
            event = f"id: {next(self._numbers)}\nevent: {kind}\ndata: {data}\n\n".encode()
            for reader in self._readers:
                reader.put(event)

    async def read(self) -> AsyncGenerator[bytes, None]:
        """What is published from now on, until the stream is closed or the reader goes away."""
        reader = _Reader()
        self._readers.add(reader)
        try:
            yield b": connected\n\n"
            while not self._is_closed:
                yield await reader.get() or b": still here\n\n"
        finally:
            self._readers.discard(reader)

    def close(self) -> None:
        """End what every reader reads."""
        self._is_closed = True
        for reader in self._readers:
            reader.wake()


class _Reader:
    """What one reader has not read yet."""

    def __init__(self) -> None:
        self._unread: deque[bytes] = deque()
        self._lost = 0
        self._woken = asyncio.Event()

    def put(self, event: bytes) -> None:
        if len(self._unread) >= MOST_UNREAD:
            self._unread.popleft()
            self._lost += 1
        self._unread.append(event)
        self.wake()

    def wake(self) -> None:
        self._woken.set()

    async def get(self) -> bytes | None:
        """The next event, or how many were lost before it; None after a while of silence."""
        if not self._unread:
            self._woken.clear()
            try:
                async with asyncio.timeout(HEARTBEAT):
                    await self._woken.wait()
            except TimeoutError:
                return None
        if self._lost:
            lost, self._lost = self._lost, 0
            return f'event: lost\ndata: {{"lost": {lost}}}\n\n'.encode()
        return self._unread.popleft() if self._unread else None
