"""What `stablemint listen` does: takes deliveries, checks them, forwards them unchanged, and shows them."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from stablemint.calling import call
from stablemint.failure import UNREACHABLE, Failure
from stablemint.sandbox import Sandbox, segment
from stablemint.terminal import Terminal, printable

FORWARDING_TIMEOUT = 10.0
"""Seconds; the sender's own, so that a slow server is seen as slow by both."""

LOOK_EVERY = 2.0
"""Seconds between two looks whether the server is still there."""

_LINE = 106
"""Columns that a delivery takes where nothing is shortened."""

_BETWEEN_US = frozenset({"host", "connection", "content-length", "transfer-encoding", "accept-encoding"})
"""Fields of one connection, not of the message (RFC 9110 §7.6.1)."""


def listen(
    sandbox: Sandbox,
    terminal: Terminal,
    *,
    partner: str,
    forward_to: str | None,
    events: Sequence[str],
    as_json: bool,
) -> int:
    """Take the partner's events until interrupted, then put its endpoints back."""
    key: str = sandbox.get("limits")["webhookPublicKey"]

    class Handler(_Handler):
        pass

    Handler.show = _Show(terminal, as_json=as_json)
    Handler.public_key = key
    Handler.forward_to = forward_to
    server = _Server(("127.0.0.1", 0), Handler)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with _endpoints(sandbox, partner, f"http://127.0.0.1:{server.server_port}/", events):
            if as_json:
                terminal.json(
                    {
                        "event": "ready",
                        "partner": partner,
                        "events": list(events) or None,
                        "forwardTo": forward_to,
                    }
                )
            else:
                what = ", ".join(events) or "every event"
                where = f"forwarding to {forward_to}" if forward_to else "acknowledging each"
                terminal.say(
                    f"listening for {what} of {terminal.paint(partner, 'bold')}, {where}; Ctrl-C ends it"
                )
            while not ended.wait(LOOK_EVERY):
                _look_for_server(sandbox)
    finally:
        server.shutdown()
        server.server_close()
    return 0


def _look_for_server(sandbox: Sandbox) -> None:
    """Raises Failure once nobody answers any more: no event would ever come."""
    try:
        sandbox.get("limits")
    except Failure as failure:
        if failure.code == UNREACHABLE:
            raise Failure(
                f"the server at {sandbox.url} has ended. Start it, and then `stablemint listen` again.",
                UNREACHABLE,
            ) from None


@contextmanager
def _endpoints(sandbox: Sandbox, partner: str, url: str, events: Sequence[str]) -> Iterator[None]:
    """The partner's endpoints lead to ``url`` until the block ends, and then where they led before."""
    place = f"partners/{segment(partner)}/endpoints"
    before: list[Mapping[str, Any]] = sandbox.get(place)["endpoints"]
    sandbox.put(place, {"url": url, **({"eventTypes": list(events)} if events else {})})
    there = True
    try:
        yield
    except Failure:  # the server has ended: nothing can be put back
        there = False
        raise
    finally:
        if there:
            _put_back(sandbox, place, url, before)


def _put_back(sandbox: Sandbox, place: str, url: str, before: Sequence[Mapping[str, Any]]) -> None:
    present = {one["eventType"] for one in sandbox.get(place)["endpoints"] if one["url"] == url}
    for event_type in present:
        sandbox.delete(f"{place}?eventType={event_type}")
    for one in before:
        if one["eventType"] in present:
            sandbox.put(place, {"url": one["url"], "eventTypes": [one["eventType"]]})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # all events of a payment come at once


class _Handler(BaseHTTPRequestHandler):
    """One delivery: verified, forwarded, answered, shown."""

    protocol_version = "HTTP/1.1"
    show: _Show
    public_key: str
    forward_to: str | None

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        began = time.monotonic()
        status, answer, note = self._forward(body)
        self.send_response(status)
        if status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):  # these have no content
            self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
        self.show(
            body,
            verdict=_verdict(dict(self.headers), body, self.public_key),
            status=status if note is None else None,
            note=note,
            seconds=time.monotonic() - began,
        )

    def _forward(self, body: bytes) -> tuple[int, bytes, str | None]:
        """The status and body to answer with, and why the partner's server gave none."""
        if self.forward_to is None:
            return HTTPStatus.NO_CONTENT, b"", None
        fields = {name: value for name, value in self.headers.items() if name.lower() not in _BETWEEN_US}
        try:
            reply = call("POST", self.forward_to, body=body, headers=fields, timeout=FORWARDING_TIMEOUT)
        except Failure as failure:
            return HTTPStatus.BAD_GATEWAY, b"", str(failure).partition(". ")[0]
        return reply.status, reply.body, None

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the library's name
        """Nothing: ``show`` says it better."""


def _verdict(fields: Mapping[str, str], body: bytes, public_key: str) -> str:
    """`valid`, or what is wrong, by the rules for receivers (RECV-01 and its neighbours)."""
    from reference_impl.domain.authentication import WINDOW, verify_signature

    timestamp = fields.get("StableMint-Timestamp") or ""
    signature = fields.get("StableMint-Signature") or ""
    if not verify_signature(f"{timestamp},".encode() + body, signature, public_key_pem=public_key):
        return "wrong signature"
    try:
        apart = abs(time.time() - datetime.fromisoformat(timestamp).timestamp())
    except ValueError:
        return "no time stamp"
    return "valid" if apart <= WINDOW else "stale"


class _Show:
    """One line, or one object, for each delivery; from several threads."""

    def __init__(self, terminal: Terminal, *, as_json: bool) -> None:
        self._terminal = terminal
        self._as_json = as_json
        self._turn = threading.Lock()

    def __call__(
        self, body: bytes, *, verdict: str, status: int | None, note: str | None, seconds: float
    ) -> None:
        try:
            event = json.loads(body)
            data = event["data"]
            kind, session, identifier = data["eventType"], data["sessionId"], event["eventId"]
        except (ValueError, KeyError, TypeError):
            kind, session, identifier = "(no event)", "", ""
        with self._turn:
            if self._as_json:
                self._terminal.json(
                    {
                        "event": "delivery",
                        "eventId": identifier,
                        "eventType": kind,
                        "sessionId": session,
                        "signature": verdict,
                        "status": status,
                        "error": note,
                        "seconds": round(seconds, 3),
                    }
                )
                return
            paint = self._terminal.paint
            good = status is not None and status < 300
            answer = paint(str(status) if status else f"no answer: {note}", "green" if good else "red")
            signed = paint(verdict, "green" if verdict == "valid" else "red")
            now = paint(time.strftime("%H:%M:%S"), "dim")
            event = self._terminal.event(printable(str(kind)), line=_LINE)
            if self._terminal.has_room(_LINE):
                event, signed = f"{event:38}", f"signature {signed}"
            self._terminal.say(
                f"{now}  {event:26} {printable(str(session))}  {signed}  {answer}  {seconds * 1000:.0f} ms"
            )
