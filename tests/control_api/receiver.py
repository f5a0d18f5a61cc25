"""A partner's webhook endpoint: takes what comes, answers as it is told to."""

from __future__ import annotations

import base64
import json
import queue
import ssl
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

PATIENCE = 20
"""Seconds after which a webhook that does not come is missing."""


@dataclass(frozen=True, kw_only=True)
class Received:
    """A webhook as it came in; field names in lower case."""

    fields: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def event_type(self) -> str:
        """The type of the event."""
        event_type: str = self.document["data"]["eventType"]
        return event_type

    @property
    def age(self) -> timedelta:
        """How long ago its time stamp is."""
        return datetime.now(UTC) - datetime.fromisoformat(self.fields["stablemint-timestamp"])

    def is_signed(self, public_key_pem: str) -> bool:
        """Whether the signature is over time stamp and body (HOOK-04)."""
        key = serialization.load_pem_public_key(public_key_pem.encode())
        assert isinstance(key, rsa.RSAPublicKey)
        signed = self.fields["stablemint-timestamp"].encode() + b"," + self.body
        signature = base64.b64decode(self.fields["stablemint-signature"], validate=True)
        try:
            key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return True


class Receiver:
    """Answers with ``statuses`` in turn, then with 204; ``echo`` sends the body back."""

    def __init__(self, *, echo: bool = False) -> None:
        self.statuses: queue.SimpleQueue[int] = queue.SimpleQueue()
        self.echo = echo
        self.came: queue.Queue[Received] = queue.Queue()
        self.url = ""
        self.free = threading.Event()
        self.free.set()

    def release(self) -> None:
        """Answer what is held, and what comes, at once."""
        self.free.set()

    def answer(self, statuses: Iterable[int]) -> None:
        """Answer the next webhooks so."""
        for status in statuses:
            self.statuses.put(status)

    def take(self) -> Received:
        """The next webhook."""
        return self.came.get(timeout=PATIENCE)

    def take_all(self) -> list[Received]:
        """Those that have come and were not taken."""
        taken = []
        while not self.came.empty():
            taken.append(self.came.get())
        return taken


def wait_for_the_next_millisecond() -> None:
    """Whatever is signed after this has another time stamp than what was signed before."""
    now = time.time_ns() // 1_000_000
    while time.time_ns() // 1_000_000 == now:
        time.sleep(0.0001)


@contextmanager
def listen(
    *, echo: bool = False, held: bool = False, secured_by: ssl.SSLContext | None = None
) -> Iterator[Receiver]:
    """A receiver on a port of the system's choosing, until the block ends; HTTPS with ``secured_by``.

    ``held``: it takes what comes and answers once it is released.
    """
    receiver = Receiver(echo=echo)
    if held:
        receiver.free.clear()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            fields = {name.lower(): value for name, value in self.headers.items()}
            try:
                status = receiver.statuses.get_nowait()
            except queue.Empty:
                status = 200 if receiver.echo else 204
            # Noted before it is answered: whoever hears that it was delivered finds it here.
            receiver.came.put(Received(fields=fields, body=body))
            receiver.free.wait(PATIENCE)
            wait_for_the_next_millisecond()
            content = body if receiver.echo else b""
            self.send_response(status)
            if status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - as its base has it
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128  # deliveries come at once; who finds no place knocks again a second later

    server = Server(("127.0.0.1", 0), Handler)
    if secured_by is not None:
        server.socket = secured_by.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    scheme = "http" if secured_by is None else "https"
    receiver.url = f"{scheme}://127.0.0.1:{server.server_port}/hooks"
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
