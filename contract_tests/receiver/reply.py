"""What an endpoint answers to a delivery: well, badly, slowly or not at all."""

import select
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from ..wire import Answer, Headers

TRICKLE_SECONDS: Final = 0.5
"""Between two lines of a head that comes slowly."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One scripted answer.

    `delay` is in seconds until the head is complete; with `trickles` lines of the head come all the while.
    `breaks_off` closes the connection without any answer. `while_held` is called with the arrival once it is
    noted, before anything is sent.
    """

    status: int = 204
    headers: Headers = ()
    body: bytes = b""
    delay: float = 0.0
    trickles: bool = False
    breaks_off: bool = False
    while_held: Callable[[Any], object] | None = field(default=None, repr=False, compare=False)

    @property
    def answer(self) -> Answer | None:
        """The answer as evidence; None where there is none."""
        if self.breaks_off:
            return None
        return Answer(status=self.status, reason="Scripted", headers=self.headers, body=self.body)

    def send(self, connection: socket.socket, *, stopped: threading.Event) -> float | None:
        """Send it.

        The seconds after which the other side gave up waiting; None where it did not. Raises OSError.
        """
        if self.breaks_off:
            # A reset, as of a machine that is gone: there is nothing to be read into it.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return None
        connection.sendall(f"HTTP/1.1 {self.status} Scripted\r\n".encode() if self.trickles else b"")
        gave_up = self._hold(connection, stopped)
        if gave_up is not None:
            return gave_up
        lines = [] if self.trickles else [f"HTTP/1.1 {self.status} Scripted"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.status >= 200 and self.status != 204:
            lines.append(f"Content-Length: {len(self.body)}")
        lines.append("Connection: close")
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")
        connection.sendall(self.body)
        return None

    def _hold(self, connection: socket.socket, stopped: threading.Event) -> float | None:
        start = time.monotonic()
        end = start + self.delay
        while (left := end - time.monotonic()) > 0 and not stopped.is_set():
            readable, _, _ = select.select([connection], [], [], min(left, TRICKLE_SECONDS))
            if readable and not _peek(connection):
                return time.monotonic() - start
            if self.trickles:
                connection.sendall(b"X-Slow: yes\r\n")
        return None


ACKNOWLEDGE: Final = Reply()


def _peek(connection: socket.socket) -> bytes:
    try:
        return connection.recv(1, socket.MSG_PEEK)
    except OSError:
        return b""
