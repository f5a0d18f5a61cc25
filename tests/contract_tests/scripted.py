"""A server that says what it is told to, well-formed or not, and remembers the bytes that it was sent."""

from __future__ import annotations

import socket
import socketserver
import ssl
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

Script = Callable[[bytes], bytes | Iterable[bytes] | None]
"""From the bytes of a request to those of the answer, in one piece or several.

None closes the connection without an answer, and an empty answer, or piece of one, resets it.
"""


@dataclass(kw_only=True)
class Scripted:
    """Where it listens, and what it was sent, one item for each request."""

    url: str
    received: list[bytes] = field(default_factory=list)


def answer(status: str, body: bytes = b"", *headers: str) -> bytes:
    """The bytes of an answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@contextmanager
def scripted(script: Script, *, tls: ssl.SSLContext | None = None) -> Iterator[Scripted]:
    """Serve on loopback, until the block ends."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            while request := _read(self.request):
                described.received.append(request)
                reply = script(request)
                if reply is None:
                    break
                try:
                    for piece in [reply] if isinstance(reply, bytes) else reply:
                        if piece == b"":
                            linger = struct.pack("ii", 1, 0)
                            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                            return
                        self.request.sendall(piece)
                except ConnectionError:  # who has heard enough closes, and a script may
                    break

    class Server(socketserver.ThreadingTCPServer):
        # A race connects all at once; who finds no place knocks again a second later.
        request_queue_size = 128

        def shutdown_request(self, request: Any) -> None:
            # Not `shutdown` first, as inherited: what is to be reset would end in good order.
            self.close_request(request)

        def finish_request(self, request: Any, client_address: Any) -> None:
            if tls is None:
                super().finish_request(request, client_address)
                return
            # Who does not trust the certificate hangs up.
            with suppress(OSError), tls.wrap_socket(request, server_side=True) as secured:
                super().finish_request(secured, client_address)

    with Server(("127.0.0.1", 0), Handler) as server:
        described = Scripted(url=f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield described
        finally:
            server.shutdown()
            thread.join()


def _read(connection: socket.socket) -> bytes:
    data = b""
    with suppress(ConnectionError):
        while not _complete(data):
            part = connection.recv(65_536)
            if not part:
                return b""
            data += part
    return data


def _complete(data: bytes) -> bool:
    head, separator, body = data.partition(b"\r\n\r\n")
    if not separator:
        return False
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return len(body) >= int(line.partition(b":")[2])
        if line.startswith(b"transfer-encoding:"):
            return body.endswith(b"0\r\n\r\n")
    return True
