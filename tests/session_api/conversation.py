"""A conversation with a server that may be sent anything: what it said, and that it did not hang."""

from __future__ import annotations

import re
import socket

from tests.session_api.exchange import TIMEOUT

_QUIET = 0.05
"""Seconds of silence after which the server is taken to wait for more: the client then hangs up."""

_STATUS_LINE = re.compile(rb"HTTP/1\.1 ([2-9][0-9]{2}) ")


def converse(port: int, *pieces: bytes) -> bytes:
    """Send ``pieces``, listen until the server falls silent, hang up, and return all that it said.

    Raises TimeoutError if the server neither reads on nor closes once the client has hung up.
    """
    heard = bytearray()
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for piece in pieces:
                connection.sendall(piece)
            if not _listen(connection, heard, patience=_QUIET):
                connection.shutdown(socket.SHUT_WR)
                if not _listen(connection, heard, patience=TIMEOUT):
                    raise TimeoutError(f"no end after {bytes(heard)!r}")
        except (BrokenPipeError, ConnectionResetError):
            pass  # a server may close on what it does not understand
    return bytes(heard)


def statuses(heard: bytes) -> list[int]:
    """The statuses of the final answers in ``heard``."""
    return [int(status) for status in _STATUS_LINE.findall(heard)]


def _listen(connection: socket.socket, heard: bytearray, *, patience: float) -> bool:
    """Add to ``heard`` until the server closes (True) or says nothing for ``patience`` seconds (False)."""
    connection.settimeout(patience)
    try:
        while received := connection.recv(65536):
            heard += received
    except TimeoutError:
        return False
    return True
