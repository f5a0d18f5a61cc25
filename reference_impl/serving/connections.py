"""Connections with limits: on the size of a request's head, and on how long its sender may take."""

from __future__ import annotations

import asyncio
import math
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAXIMUM_HEAD = 32_768
"""Bytes of a request's target and header fields together."""

MAXIMUM_FIELDS = 100
"""Header fields of a request."""

_REFUSAL = b"HTTP/1.1 %s\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_TOO_LARGE = _REFUSAL % b"431 Request Header Fields Too Large"
_TIMEOUT = _REFUSAL % b"408 Request Timeout"


class _HeadTooLargeError(Exception):
    """Stops the parser."""


class LimitedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which by itself takes a head of any size, at any pace.

    A head, or trailers, beyond the limits are answered 431; a request that is not whole ``request_timeout``
    seconds after its connection was made, or after its first byte on a connection kept alive, 408. Both close
    the connection, and neither reaches the application.
    """

    request_timeout = 30.0

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._head_size = 0
        self._fed = 0
        self._in_head = True
        self._deadline = math.inf
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._start_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        # A single field, of the head or of trailers, is given to `on_header` once it is whole, and what
        # frames a chunk to nobody: until then their bytes are counted here.
        self._fed += len(data)
        if self._fed > MAXIMUM_HEAD + len(data):
            self._refuse(_TOO_LARGE)
            return
        super().data_received(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_size, self._in_head = 0, True
        if self._deadline == math.inf:  # with a connection's first request the time is running already
            self._start_deadline()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._count(len(name) + len(value) + 4)

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._fed = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._deadline = math.inf
        self._in_head, self._fed = True, 0

    def _count(self, size: int) -> None:
        self._head_size += size
        if self._head_size > MAXIMUM_HEAD or len(self.headers) > MAXIMUM_FIELDS:
            raise _HeadTooLargeError

    def _refuse(self, answer: bytes) -> None:
        if self.transport.is_closing():
            return
        unanswered = self._in_head or not self.cycle.response_started
        asked = self._fed or not self._in_head
        if asked and unanswered:  # who has sent nothing asks for nothing
            self.transport.write(answer)
        self.transport.close()

    def _start_deadline(self) -> None:
        self._deadline = self.loop.time() + self.request_timeout
        if self._timer is None:
            self._timer = self.loop.call_at(self._deadline, self._look_at_deadline)

    def _look_at_deadline(self) -> None:
        """Refuse what is late, or look again when it would be: one timer serves many requests."""
        self._timer = None
        if self._deadline <= self.loop.time():
            self._refuse(_TIMEOUT)
        elif self._deadline != math.inf:
            self._timer = self.loop.call_at(self._deadline, self._look_at_deadline)

    def send_400_response(self, msg: str) -> None:
        if self._head_size > MAXIMUM_HEAD or len(self.headers or ()) > MAXIMUM_FIELDS:
            self._refuse(_TOO_LARGE)
        else:
            super().send_400_response(msg)
