"""What an endpoint answers to a delivery: well, badly, slowly or not at all."""

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

    def send(self, connection: socket.socket, *, stopped: threading.Event) -> None:
        """Send it. Raises OSError.

        A sender that closes its side of the connection may wait for the answer still.
        """
        if self.breaks_off:
            # A reset, as of a machine that is gone: there is nothing to be read into it.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        connection.sendall(f"HTTP/1.1 {self.status} Scripted\r\n".encode() if self.trickles else b"")
        self._hold(connection, stopped)
        lines = [] if self.trickles else [f"HTTP/1.1 {self.status} Scripted"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.status >= 200 and self.status != 204:
            lines.append(f"Content-Length: {len(self.body)}")
        lines.append("Connection: close")
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")
        connection.sendall(self.body)

    def _hold(self, connection: socket.socket, stopped: threading.Event) -> None:
        end = time.monotonic() + self.delay
        while (left := end - time.monotonic()) > 0 and not stopped.wait(min(left, TRICKLE_SECONDS)):
            if self.trickles:
                connection.sendall(b"X-Slow: yes\r\n")


ACKNOWLEDGE: Final = Reply()
