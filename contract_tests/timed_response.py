"""An answer of HTTP that has to be whole by a time, as http.client reads it."""

import http.client
import io
import socket
import time
from typing import Any, Final

_INTERIM: Final = frozenset(range(102, 200))
"""Answers that another one follows, besides 100; after 101 nothing follows that is HTTP."""


class TimedResponse(http.client.HTTPResponse):
    """An answer that has to be complete by a time: a byte every few seconds would never end otherwise."""

    def __init__(self, sock: socket.socket, *, deadline: float, method: str | None = None) -> None:
        super().__init__(sock, method=method)
        self.fp = io.BufferedReader(_Timed(sock, self.fp.detach(), deadline))

    def __setattr__(self, name: str, value: Any) -> None:
        # White space around a value is no part of it (RFC 9110 section 5.5). The library, which drops what is
        # in front alone, goes by these fields as well: `Transfer-Encoding: chunked ` were no chunks to it.
        if name in ("headers", "msg") and isinstance(value, http.client.HTTPMessage):
            value = _trimmed(value)
        super().__setattr__(name, value)

    def _read_status(self) -> tuple[str, int, str]:
        """The status line of the final answer: interim ones precede it (RFC 9110 section 15.2).

        The library passes over 100 alone, and would take what follows any other for the next answer.
        """
        while True:
            version, status, reason = super()._read_status()  # type: ignore[misc]  # not in its stubs
            if status not in _INTERIM:
                return version, status, reason
            http.client.parse_headers(self.fp)


def _trimmed(message: http.client.HTTPMessage) -> http.client.HTTPMessage:
    fields = http.client.HTTPMessage()
    for name, value in message.items():
        fields.add_header(name, value.strip(" \t"))
    return fields


class _Timed(io.RawIOBase):
    """Reads a socket's stream until a deadline, and raises TimeoutError at it."""

    def __init__(self, sock: socket.socket, stream: io.RawIOBase, deadline: float) -> None:
        self._sock = sock
        self._stream = stream
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        self._sock.settimeout(remaining)
        return self._stream.readinto(buffer)

    def close(self) -> None:
        self._stream.close()  # the socket is kept open for as long as its stream is
        super().close()
