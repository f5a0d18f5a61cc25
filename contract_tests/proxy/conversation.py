"""Finds requests and answers in a copy of a connection's bytes.

The bytes themselves are none of its business: whatever this makes of them, they are passed on as they came.
The one exception is asked for: with a `host`, the value of ``Host`` in each request head is replaced.
"""

import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import h11

from ..wire import Answer, Exchange, Headers, Request

HEAD_LIMIT: Final = 131_072
"""Bytes of a head; a longer one is no longer read, but passed on."""
BODY_LIMIT: Final = 300_000
"""Bytes of a body that are kept to be judged: more than the 262,144 that the contract allows (HTTP-13)."""
HOST: Final = re.compile(rb"(?im)^(host[ \t]*:[ \t]*)[^\r\n]*")


@dataclass(frozen=True, kw_only=True)
class Observed:
    """An exchange that went by. `whole` where both bodies were kept in full, so that they can be judged.

    `request_bytes` is the size of the request's body, kept or not. It `began` before any of the request went
    on, and has `ended` with the answer, both by ``time.monotonic()``: answers on several connections may
    overtake each other.
    """

    exchange: Exchange
    whole: bool
    request_bytes: int
    began: float
    ended: float


@dataclass(kw_only=True)
class _Body:
    kept: bytearray = field(default_factory=bytearray)
    size: int = 0
    complete: bool = False

    def add(self, data: bytes) -> None:
        self.size += len(data)
        if self.size <= BODY_LIMIT:
            self.kept += data

    @property
    def whole(self) -> bool:
        return self.complete and self.size <= BODY_LIMIT


@dataclass(kw_only=True)
class _Pending:
    """A request whose answer has not ended."""

    method: str
    target: str
    headers: Headers
    chunked: bool
    body: _Body = field(default_factory=_Body)
    began: float = field(default_factory=time.monotonic)

    def request(self) -> Request:
        has_body = self.body.size > 0 or self.chunked
        return Request(
            method=self.method,
            path=self.target,
            headers=self.headers,
            body=bytes(self.body.kept) if has_body else None,
            chunked=self.chunked,
        )


class Conversation:
    """Both directions of one connection. Tells `sink` of each exchange, in the order of the requests."""

    def __init__(
        self, sink: Callable[[Observed], None], *, blind: Callable[[str], None], host: str | None = None
    ) -> None:
        """`blind` is told why nothing more of this connection can be read."""
        self._sink = sink
        self._tell_blind = blind
        self._host = host.encode("ascii") if host else None
        self._held = b""
        self._requests = _new_parser(h11.SERVER)
        self._pending: deque[_Pending] = deque()
        self._reading: _Pending | None = None
        self._answers: h11.Connection | None = None
        self._unread = b""
        self._head: h11.Response | None = None
        self._body = _Body()
        self._is_blind = False

    @property
    def awaits_answer(self) -> bool:
        """Whether a request was sent whose answer has not ended."""
        return bool(self._pending)

    @property
    def has_request(self) -> bool:
        """Whether a whole request head has come."""
        return bool(self._pending) or self._is_blind

    def sent(self, data: bytes) -> bytes:
        """Take note of the client's bytes, none at their end; returns those to pass on."""
        if self._is_blind:
            return data
        if self._host is not None:
            self._held += data
        passed = bytearray()
        try:
            self._requests.receive_data(data)
            while self._read_request(passed):
                pass
        except h11.RemoteProtocolError as error:
            self._go_blind(f"what the client sent is no HTTP/1.1: {error}")
        if self._host is None:
            return data
        if self._is_blind or not data:
            passed += self._held
            self._held = b""
        return bytes(passed)

    def received(self, data: bytes) -> None:
        """Take note of the target's bytes, none at their end."""
        if self._is_blind:
            return
        at_end = not data
        self._unread += data
        try:
            while self._unread or at_end:
                parser = self._answers or self._expect_answer()
                if parser is None:
                    break
                parser.receive_data(self._unread)
                self._unread, at_end = b"", False
                self._read_answer(parser)
        except h11.RemoteProtocolError as error:
            self._finish(failure=f"no readable answer: {error}")
            self._go_blind(f"what the target answered is no whole HTTP/1.1 answer: {error}")

    def forget(self) -> None:
        """Tell of nothing that is under way: it never reached the target."""
        self._pending.clear()

    def end(self) -> None:
        """The connection is over: what was not answered never will be."""
        while self._pending and not self._is_blind:
            self._finish(failure="the connection was closed without a whole answer")

    # -- requests -------------------------------------------------------------------------------------------

    def _read_request(self, passed: bytearray) -> bool:
        event = self._requests.next_event()
        if isinstance(event, h11.Request):
            headers = _decode(event.headers)
            chunked = any(name.lower() == "transfer-encoding" for name, _ in headers)
            self._reading = _Pending(
                method=event.method.decode("ascii"),
                target=event.target.decode("latin-1"),
                headers=headers,
                chunked=chunked,
            )
            self._pending.append(self._reading)
            self._pass_head(passed)
        elif isinstance(event, h11.Data) and self._reading is not None:
            self._reading.body.add(bytes(event.data))
        elif isinstance(event, h11.EndOfMessage) and self._reading is not None:
            self._reading.body.complete = True
            self._reading = None
            rest, _ = self._requests.trailing_data
            self._pass_until(rest, passed)
            self._requests = _new_parser(h11.SERVER)
            if rest:
                self._requests.receive_data(rest)
            return bool(rest)
        else:
            if self._reading is not None:
                self._pass_until(b"", passed)
            return False
        return True

    def _pass_head(self, passed: bytearray) -> None:
        if self._host is None:
            return
        rest, _ = self._requests.trailing_data
        head = self._held[: len(self._held) - len(rest)]
        passed += HOST.sub(rb"\g<1>" + self._host, head, count=1)
        self._held = rest

    def _pass_until(self, rest: bytes, passed: bytearray) -> None:
        passed += self._held[: len(self._held) - len(rest)]
        self._held = rest if self._host is not None else b""

    # -- answers --------------------------------------------------------------------------------------------

    def _expect_answer(self) -> h11.Connection | None:
        """A parser for the answer to the oldest request; None where nothing was asked."""
        if not self._pending:
            self._unread = b""
            return None
        self._answers = parser = _new_parser(h11.CLIENT)
        parser.send(h11.Request(method=self._pending[0].method, target="/", headers=[("Host", "x")]))
        parser.send(h11.EndOfMessage())
        return parser

    def _read_answer(self, parser: h11.Connection) -> None:
        """Read on to what has come, or to the end of the answer: what follows it is unread."""
        while True:
            event = parser.next_event()
            if isinstance(event, h11.InformationalResponse):
                if event.status_code == 101:
                    self._go_blind("the connection has gone over to another protocol")
                    return
            elif isinstance(event, h11.Response):
                self._head, self._body = event, _Body()
            elif isinstance(event, h11.Data):
                self._body.add(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                self._body.complete = True
                self._unread, _ = parser.trailing_data
                self._finish()
                return
            else:
                return

    def _finish(self, failure: str | None = None) -> None:
        """Tell of the oldest request and of what became of it."""
        if not self._pending:
            return
        pending, head, body = self._pending.popleft(), self._head, self._body
        self._answers = self._head = None
        answer = None
        if failure is None and head is not None:
            answer = Answer(
                status=head.status_code,
                reason=head.reason.decode("latin-1"),
                headers=_decode(head.headers),
                body=bytes(body.kept),
            )
        whole = pending.body.whole and (answer is None or body.whole)
        exchange = Exchange(request=pending.request(), answer=answer, failure=failure)
        self._sink(
            Observed(
                exchange=exchange,
                whole=whole,
                request_bytes=pending.body.size,
                began=pending.began,
                ended=time.monotonic(),
            )
        )

    def _go_blind(self, why: str) -> None:
        if not self._is_blind:
            self._is_blind = True
            self._tell_blind(why)


def _new_parser(role: type[h11.CLIENT] | type[h11.SERVER]) -> h11.Connection:
    return h11.Connection(role, max_incomplete_event_size=HEAD_LIMIT)


def _decode(headers: Any) -> Headers:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers.raw_items())
