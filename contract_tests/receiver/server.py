"""Where deliveries arrive: one listening socket, and an inbox for each endpoint that a test sets."""

import contextlib
import functools
import json
import socket
import socketserver
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final

from ..json_text import JsonFault, strict_json
from ..wire import Exchange, Request
from .reading import Unreadable, read_request
from .reply import ACKNOWLEDGE, Reply

READ_SECONDS: Final = 15.0
"""For each step of reading a request."""
LINGER_SECONDS: Final = 1.0
"""For the other side to take an answer, and to close."""
KEPT_STRAYS: Final = 100
KEPT_ARRIVALS: Final = 2_000
KEPT_BYTES: Final = 16 << 20
"""In one inbox, far more than any test asks for: what never stops sending must not fill the memory."""
NOWHERE: Final = Reply(status=404)
NO_REQUEST: Final = Reply(status=400)


@dataclass(kw_only=True)
class Arrival:
    """A request that arrived, with what it was answered.

    `at` is real time in seconds since 1970, `attempt` how often this body had come to the inbox, from 1.
    """

    request: Request
    reply: Reply
    at: float
    attempt: int

    @property
    def exchange(self) -> Exchange:
        """The delivery and its answer, as evidence."""
        answer = self.reply.answer
        return Exchange(
            request=self.request, answer=answer, failure=None if answer else "no answer, as scripted"
        )

    @functools.cached_property
    def event(self) -> dict[str, Any]:
        """The event as JSON, or as nearly JSON as it is; empty where the body is no object."""
        body = self.request.body or b""
        try:
            document = strict_json(body)
        except JsonFault:
            try:
                document = json.loads(body)
            except (ValueError, RecursionError):
                return {}
        return document if isinstance(document, dict) else {}

    @property
    def data(self) -> dict[str, Any]:
        """The event's ``data``; empty where there is none."""
        data = self.event.get("data")
        return data if isinstance(data, dict) else {}

    def word(self, name: str) -> str | None:
        """A text of the event's ``data``; None where it is absent, and told of where it is something else."""
        value = self.data.get(name)
        return value if value is None or isinstance(value, str) else f"{value!r}, which is no text"

    @property
    def event_id(self) -> str:
        """The event's ``eventId``; empty where there is none."""
        return str(self.event.get("eventId", ""))

    @property
    def event_type(self) -> str:
        """The event's type; empty where there is none."""
        return str(self.data.get("eventType", ""))


class Inbox:
    """One endpoint of a partner. The n-th attempt of an event gets the n-th reply, or else the last."""

    def __init__(self, url: str, replies: tuple[Reply, ...], lock: threading.Condition) -> None:
        self.url = url
        self._replies = replies or (ACKNOWLEDGE,)
        self._changed = lock
        self._arrivals: list[Arrival] = []
        self._size = 0

    def about(self, session_id: str) -> tuple[Arrival, ...]:
        """All that has arrived so far about one session, in order."""
        with self._changed:
            return self._about(session_id)

    def wait(self, session_id: str, count: int, *, seconds: float) -> tuple[Arrival, ...]:
        """The same, as soon as it is `count` or more, or after so many seconds in any case."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._about(session_id)) >= count, timeout=seconds)
            return self._about(session_id)

    @property
    def arrivals(self) -> tuple[Arrival, ...]:
        """All that has arrived so far, whatever it is about."""
        with self._changed:
            return tuple(self._arrivals)

    def _about(self, session_id: str) -> tuple[Arrival, ...]:
        return tuple(each for each in self._arrivals if each.data.get("sessionId") == session_id)

    def take(self, request: Request) -> Arrival:
        """Note a request, as long as there is room, and choose its reply."""
        with self._changed:
            attempt = 1 + sum(arrival.request.body == request.body for arrival in self._arrivals)
            reply = self._replies[min(attempt, len(self._replies)) - 1]
            arrival = Arrival(request=request, reply=reply, at=time.time(), attempt=attempt)
            if len(self._arrivals) < KEPT_ARRIVALS and self._size < KEPT_BYTES:
                self._arrivals.append(arrival)
                self._size += len(request.body or b"")
            self._changed.notify_all()
            return arrival


class Receiver:
    """A webhook receiver on `host` and `port`, any free one for 0; use it as a context manager.

    `public_url` is the base URL under which the implementation reaches it, where that is not its own address.
    Raises OSError where it cannot listen.
    """

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0, public_url: str | None = None) -> None:
        self._changed = threading.Condition()
        self._inboxes: dict[str, Inbox] = {}
        self._strays: list[Request | Unreadable] = []
        self._stopped = threading.Event()
        self._server = _Server((host, port), self._serve, ipv6=":" in host)
        name = f"[{host}]" if ":" in host else host
        self.url = (public_url or f"http://{name}:{self._server.server_address[1]}").rstrip("/")
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    def __enter__(self) -> "Receiver":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def strays(self) -> tuple[Request | Unreadable, ...]:
        """What arrived that was addressed to no inbox, or was no request at all; the latest hundred."""
        with self._changed:
            return tuple(self._strays)

    def open(self, name: str, *replies: Reply) -> Inbox:
        """An inbox at the path ``/<name>``, which may carry a query."""
        with self._changed:
            inbox = Inbox(f"{self.url}/{name}", replies, self._changed)
            self._inboxes[f"/{name}"] = inbox
        return inbox

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(READ_SECONDS)
        request = read_request(connection)
        if request is None:
            return
        inbox = self._find(request)
        if inbox is None or isinstance(request, Unreadable):
            with self._changed:
                self._strays = [*self._strays[1 - KEPT_STRAYS :], request]
            (NO_REQUEST if isinstance(request, Unreadable) else NOWHERE).send(
                connection, stopped=self._stopped
            )
            return
        arrival = inbox.take(request)
        if arrival.reply.while_held is not None:
            arrival.reply.while_held(arrival)
        with contextlib.suppress(OSError):
            arrival.reply.send(connection, stopped=self._stopped)
        if not arrival.reply.breaks_off:
            _say_goodbye(connection)

    def _find(self, request: Request | Unreadable) -> Inbox | None:
        if isinstance(request, Unreadable):
            return None
        with self._changed:
            # A public URL may have a path of its own, which a proxy may or may not have taken away.
            return next((inbox for path, inbox in self._inboxes.items() if request.path.endswith(path)), None)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 512

    def __init__(
        self, address: tuple[str, int], serve: Callable[[socket.socket], None], *, ipv6: bool
    ) -> None:
        self.address_family = socket.AF_INET6 if ipv6 else socket.AF_INET
        self._serve = serve
        super().__init__(address, socketserver.BaseRequestHandler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        with contextlib.suppress(OSError):
            self._serve(request)

    def shutdown_request(self, request: Any) -> None:
        # Not `shutdown` first, as inherited: a connection that is to be reset would end in good order.
        self.close_request(request)


def _say_goodbye(connection: socket.socket) -> None:
    """Let the other side read to the end: closing on unread data would reset what it has yet to read."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(LINGER_SECONDS)
        while connection.recv(65_536):
            pass
