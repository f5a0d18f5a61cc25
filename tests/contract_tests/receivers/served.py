"""A correct webhook receiver in Python's standard library, whose every step a faulty one can replace."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

PARTNER = "Example Shop"
SESSIONS = ("fB3hZu0kCv8rTm5_YqLn2w", "Xa7-bM1yNd9oGi4jEt6wSQ", "p9LxTqZ4RkeH1sVdM6uGyw")


class Refused(Exception):
    """The status to answer with."""

    def __init__(self, status: int) -> None:
        self.status = status


@dataclass
class Shop:
    """A receiver's steps, in their order. Raises :class:`Refused` for what is wrong."""

    trusted: tuple[rsa.RSAPublicKey, ...]
    seen: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)
    limit: ClassVar[int] = 1_000_000
    window: ClassVar[float] = 300
    date: str | None = None
    """What its answers are dated, where that is not the time."""

    def receive(self, headers: Message, raw: bytes) -> int:
        """The status to answer with."""
        self.check_media_type(headers)
        timestamp = self.field_of(headers, "StableMint-Timestamp") or ""
        self.check_signature(timestamp, self.field_of(headers, "StableMint-Signature"), raw)
        self.check_age(timestamp)
        event = json.loads(raw)
        self.check_addressee(event)
        self.check_event(event)
        return self.handle(event)

    def field_of(self, headers: Message, name: str) -> str | None:
        return headers.get(name)

    def check_media_type(self, headers: Message) -> None:
        if headers.get_content_type() != "application/json":
            raise Refused(415)

    def check_signature(self, timestamp: str, signature: str | None, raw: bytes) -> None:
        if not any(self.verify(key, timestamp, signature or "", raw) for key in self.trusted):
            raise Refused(401)

    def verify(self, key: rsa.RSAPublicKey, timestamp: str, signature: str, raw: bytes) -> bool:
        try:
            decoded = base64.b64decode(signature, validate=True)
            key.verify(decoded, f"{timestamp},".encode() + raw, padding.PKCS1v15(), SHA256())
        except (ValueError, InvalidSignature):
            return False
        return True

    def check_age(self, timestamp: str) -> None:
        if abs(self.age(timestamp)) > self.window:
            raise Refused(400)

    def age(self, timestamp: str) -> float:
        return (datetime.now(UTC) - datetime.fromisoformat(timestamp)).total_seconds()

    def check_addressee(self, event: Any) -> None:
        if event["data"]["partnerName"] != PARTNER or event["data"]["sessionId"] not in SESSIONS:
            raise Refused(403)

    def check_event(self, event: Any) -> None:
        """What this receiver knows of events is enough."""

    def handle(self, event: Any) -> int:
        with self.lock:
            self.seen.add(event["eventId"])
        return 204


@contextmanager
def serving(shop: Shop, *, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve a receiver on loopback until the block ends: the URL of its endpoint."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            if length > shop.limit:
                self.close_connection = True
                self.answer(413)
                return
            try:
                status = shop.receive(self.headers, self.rfile.read(length))
            except Refused as refused:
                status = refused.status
            except Exception:
                status = 500
            self.answer(status)

        def answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            if 300 <= status < 400:
                self.send_header("Location", "/elsewhere")
            self.end_headers()

        def date_time_string(self, timestamp: float | None = None) -> str:
            return shop.date or super().date_time_string(timestamp)

        def log_message(self, *args: object) -> None:
            """Nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False
        request_queue_size = 128  # duplicates come at once; who finds no place knocks again a second later

        def finish_request(self, request: Any, client_address: Any) -> None:
            if tls is None:
                super().finish_request(request, client_address)
                return
            # Who does not trust the certificate hangs up.
            with suppress(OSError), tls.wrap_socket(request, server_side=True) as secured:
                super().finish_request(secured, client_address)

        def handle_error(self, request: object, client_address: object) -> None:
            """A sender that has hung up is none."""

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}/hook?tenant=7"
        finally:
            server.shutdown()
            thread.join()
