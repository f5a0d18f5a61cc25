"""A network that loses answers, between a shop and the session API."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass(kw_only=True)
class Relay:
    """Passes requests on. The next ``losing`` answers are lost, after the request was carried out; while
    ``is_down`` no request gets through.

    ``bodies`` are those of the POSTs that came, lost ones included.
    """

    url: str
    losing: int = 0
    is_down: bool = False
    bodies: list[bytes] = field(default_factory=list)


@contextmanager
def open_relay(target: str) -> Iterator[Relay]:
    """A relay to the server at ``target``, on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            relay.bodies.append(body)
            self.pass_on(body)

        def do_GET(self) -> None:
            self.pass_on(b"")

        def pass_on(self, body: bytes) -> None:
            self.close_connection = True
            if relay.is_down:
                return
            connection = HTTPConnection(urlsplit(target).netloc, timeout=10)
            connection.request(self.command, self.path, body or None, dict(self.headers.items()))
            answer = connection.getresponse()
            content = answer.read()
            connection.close()
            if relay.losing:
                relay.losing -= 1
                return
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers["Content-Type"])
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 128  # deliveries come at once; who finds no place knocks again a second later

    server = Server(("127.0.0.1", 0), Handler)
    relay = Relay(url=f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield relay
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
