"""Listening sockets, bound before anything is served, and the host that URLs name for them."""

from __future__ import annotations

import errno
import socket
from collections.abc import Sequence

_BACKLOG = 2048


def bind(host: str, port: int) -> Sequence[socket.socket]:
    """Listening sockets: for 127.0.0.1 also ::1 on the same port, for clients whose `localhost` is that."""
    if host not in ("127.0.0.1", "localhost"):
        return (_listen(host, port),)
    first = _listen("127.0.0.1", port)
    try:
        return first, _listen("::1", first.getsockname()[1])
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            first.close()
            if port == 0:  # ours on IPv4, somebody else's on IPv6: take another
                return bind(host, 0)
            raise
        return (first,)  # a machine without IPv6


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named IPPROTO_TCP, or asyncio does not set TCP_NODELAY and Nagle's algorithm adds 40 ms to an answer.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)  # at once: who connects before the loop runs waits, and is not refused
    except OSError:
        listener.close()
        raise
    return listener


def url_host(host: str) -> str:
    """The host of URLs that lead to a server which listens on ``host``."""
    if host in ("127.0.0.1", "::1", "0.0.0.0", "::"):  # noqa: S104 - a name for links, not a binding
        return "localhost"
    return f"[{host}]" if ":" in host else host
