"""One HTTP/1.1 request off a connection, as the bytes that came: nothing is repaired, nothing raises."""

import socket
from dataclasses import dataclass
from typing import Final

from ..wire import Request

HEAD_LIMIT: Final = 65_536
BODY_LIMIT: Final = 1 << 20
"""Bytes of a body that are read; no event comes near it."""
PART: Final = 65_536
CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


@dataclass(frozen=True, kw_only=True)
class Unreadable:
    """What was sent instead of a request: why it is none, and how it begins."""

    reason: str
    beginning: bytes


def read_request(connection: socket.socket) -> Request | Unreadable | None:
    """The request, or what came instead of one; None where nothing came at all.

    The connection's own time-out bounds every step.
    """
    stream = _Stream(connection)
    try:
        head = stream.until(b"\r\n\r\n", HEAD_LIMIT)
        if not head and not stream.buffer:
            return None
        return _parse(stream, head)
    except _Malformed as malformed:
        return Unreadable(reason=str(malformed), beginning=stream.seen[:1_000])
    except OSError as error:
        if not stream.seen:
            return None
        return Unreadable(reason=f"the connection failed: {error}", beginning=stream.seen[:1_000])


class _Malformed(Exception):
    """No HTTP; the message says in what way."""


class _Stream:
    """Buffered reading, of no more bytes than asked for."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.buffer = b""
        self.seen = b""

    def _fill(self) -> bool:
        part = self.connection.recv(PART)
        self.buffer += part
        self.seen = (self.seen + part)[:HEAD_LIMIT]
        return bool(part)

    def until(self, mark: bytes, limit: int) -> bytes:
        while mark not in self.buffer:
            if len(self.buffer) > limit:
                raise _Malformed(f"more than {limit:,} bytes before the end of a head or line")
            if not self._fill():
                if not self.buffer:
                    return b""
                raise _Malformed("the connection was closed within a head or line")
        found, _, self.buffer = self.buffer.partition(mark)
        return found

    def exactly(self, size: int) -> bytes:
        while len(self.buffer) < size:
            if not self._fill():
                raise _Malformed(f"the connection was closed {size - len(self.buffer)} bytes before the end")
        found, self.buffer = self.buffer[:size], self.buffer[size:]
        return found


def _parse(stream: _Stream, head: bytes) -> Request:
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise _Malformed("the first line is no HTTP/1.1 request line")
    headers = tuple(_field(line) for line in lines)
    request = Request(method=words[0], path=words[1], headers=headers)
    if (request.header("Expect") or "").lower() == "100-continue":
        stream.connection.sendall(CONTINUE)
    chunked = (request.header("Transfer-Encoding") or "").lower() == "chunked"
    return Request(
        method=words[0],
        path=words[1],
        headers=headers,
        body=_chunks(stream) if chunked else _content(stream, request),
        chunked=chunked,
    )


def _field(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name or name != name.strip():
        raise _Malformed("a header line without a name and a colon")
    return name, value.strip(" \t")


def _content(stream: _Stream, request: Request) -> bytes:
    length = request.header("Content-Length")
    if length is None:
        return b""
    if not (length.isascii() and length.isdigit()) or len(length) > 9 or int(length) > BODY_LIMIT:
        raise _Malformed(f"a Content-Length that is no number up to {BODY_LIMIT:,}")
    return stream.exactly(int(length))


def _chunks(stream: _Stream) -> bytes:
    body = b""
    while True:
        digits = stream.until(b"\r\n", 100).partition(b";")[0].strip()
        try:
            size = int(digits, 16)
        except ValueError:
            raise _Malformed("a chunk without its size") from None
        if size < 0 or len(body) + size > BODY_LIMIT:
            raise _Malformed(f"chunks of more than {BODY_LIMIT:,} bytes")
        if size == 0:
            while stream.until(b"\r\n", HEAD_LIMIT):
                pass  # trailers
            return body
        body += stream.exactly(size)
        stream.exactly(2)
