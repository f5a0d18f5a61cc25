"""A partner: a shop on an origin of its own, which creates sessions, embeds the widget and takes webhooks."""

from __future__ import annotations

import html
import json
import threading
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

from mockserver import MockServer

Session = Mapping[str, Any]

_NUMBERS = count(1)

SCRIPT = """\
import {{ register }} from "{mock}/widget/stable-payment-gateway.js";
window.told = [];
for (const type of ["exit", "manual-success-primary-click", "manual-success-secondary-click",
  "status-change"]) {{
  document.addEventListener(type, (event) => window.told.push([type, event.detail]));
}}
const {{ order }} = document.querySelector("main").dataset;
for (const type of order ? ["exit", "manual-success-primary-click"] : []) {{
  document.addEventListener(type, () => location.assign(`/order?order=${{order}}`));
}}
register({{ baseUrl: "{mock}" }});
"""

PAGE = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Shop</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="/icon.png">
<link rel="stylesheet" href="/shop.css">{head}</head>
<body><main{order}><h1>Shop</h1>{body}</main></body></html>
"""

STYLE = """\
:root { color-scheme: light dark; }
body { margin: 0; font-family: sans-serif; background: #f3efe9; color: #222; }
main { max-width: 58rem; margin: 2rem auto; padding: 0 1rem; }
[site-id="themed"] { --gateway-accent: #ffd400; --gateway-on-accent: #000000; --gateway-radius: 0px;
  --gateway-font: Georgia, serif; }
@media (prefers-color-scheme: dark) { body { background: #1d1a17; color: #eee; } }
"""


class Shop:
    """``url`` is its origin, ``webhooks`` are the events that it received."""

    def __init__(self, url: str, mock: MockServer) -> None:
        self.url = url
        self.mock = mock
        self.webhooks: list[Mapping[str, Any]] = []
        self._arrived = threading.Condition()
        self._orders: dict[str, Session] = {}
        self._pages: dict[str, str] = {}

    def create(
        self, path: str = "/session/hosted/partner-managed-customer", *, partner: str = "demo", **members: Any
    ) -> Session:
        """A session made as a partner makes it; ``members`` add to the request, None leaves one out."""
        number = next(_NUMBERS)
        document: dict[str, Any] = {"userCountryCode": "DE", "currency": "EUR", "amount": 9.5}
        if "hosted" in path:
            ways = ("success", "support", "exit", "error")
            document |= {f"{way}Url": f"{self.url}/{way}?order={number}&note=%C3%A4" for way in ways}
        if "partner-managed" in path:
            document |= {"userId": f"user-{number}", "userEmail": f"user-{number}@shop.example"}
        document |= members
        body = json.dumps({name: value for name, value in document.items() if value is not None}).encode()
        session = self._call("POST", path, body, partner)
        self._orders[str(number)] = session
        return session

    def look_up(self, session_id: str, *, partner: str = "demo") -> Session:
        return self._call("GET", f"/session/{session_id}", b"", partner)

    def show(self, session: Session) -> str:
        """The address of a shop page with a link to the session's checkout."""
        return self._publish(
            PAGE.format(head="", order="", body=f'<a href="{html.escape(session["sessionUrl"])}">Pay</a>')
        )

    def embed(self, session: Session, **attributes: str) -> str:
        """The address of a shop page with the widget; attributes as keywords, ``site_id`` for `site-id`."""
        return self._embed("", session, attributes)

    def sell(self, session: Session) -> str:
        """The same of a page that goes to the order once the widget says that the payer is done with it."""
        number = next(number for number, each in self._orders.items() if each is session)
        return self._embed(f' data-order="{number}"', session, {})

    def events_of(self, session_id: str) -> Sequence[Mapping[str, Any]]:
        """The data of the webhooks received for a session, in the order of arrival."""
        return [event["data"] for event in self.webhooks if event["data"]["sessionId"] == session_id]

    def wait_for(self, session_id: str, event_type: str) -> Mapping[str, Any]:
        """The data of an event once it has arrived; AssertionError if it does not within ten seconds."""

        def received() -> Mapping[str, Any] | None:
            return next(
                (data for data in self.events_of(session_id) if data["eventType"] == event_type), None
            )

        with self._arrived:
            assert self._arrived.wait_for(lambda: received() is not None, timeout=10), (
                f"no {event_type} arrived"
            )
        data = received()
        assert data is not None
        return data

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Status, type and body of a GET."""
        if path == "/shop.js":
            return 200, "text/javascript", SCRIPT.format(mock=self.mock.url).encode()
        if path == "/shop.css":
            return 200, "text/css", STYLE.encode()
        if path in self._pages:
            return 200, "text/html", self._pages[path].encode()
        place = urlsplit(path)
        if place.path in ("/success", "/support", "/exit", "/error", "/order"):
            (order,) = parse_qs(place.query)["order"]
            status = self.look_up(self._orders[order]["sessionId"])["status"]
            page = PAGE.format(head="", order="", body=f"<p>Your order is {status}</p>")
            return 200, "text/html", page.encode()
        return 404, "text/plain", b""

    def receive(self, body: bytes) -> None:
        with self._arrived:
            self.webhooks.append(json.loads(body))
            self._arrived.notify_all()

    def _embed(self, order: str, session: Session, attributes: Mapping[str, str]) -> str:
        written = {"session-id": session["sessionId"], **attributes}
        text = " ".join(f'{name.replace("_", "-")}="{html.escape(value)}"' for name, value in written.items())
        head = '<script type="module" src="/shop.js"></script>'
        body = f"<stable-payment-gateway {text}></stable-payment-gateway>"
        return self._publish(PAGE.format(head=head, order=order, body=body))

    def _publish(self, page: str) -> str:
        path = f"/page-{next(_NUMBERS)}"
        self._pages[path] = page
        return self.url + path

    def _call(self, method: str, path: str, body: bytes, partner: str) -> Session:
        request = urllib.request.Request(
            self.mock.url + path,
            data=body or None,
            method=method,
            headers={**self.mock.sign(body, partner=partner), "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            document: Session = json.load(answer)
            return document


@contextmanager
def open_shop(mock: MockServer) -> Iterator[Shop]:
    """A shop on a free port of 127.0.0.1, another origin than the mock server's."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.reply(*shop.answer(self.path))

        def do_POST(self) -> None:
            shop.receive(self.rfile.read(int(self.headers["Content-Length"])))
            self.reply(204, "text/plain", b"")

        def reply(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            # As strict as a partner can be: nothing inline, and the mock server alone beside itself.
            self.send_header(
                "Content-Security-Policy",
                f"default-src 'none'; script-src 'self' {mock.url}; connect-src {mock.url}; "
                "style-src 'self'; img-src 'self'; base-uri 'none'",
            )
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128  # a browser opens many at once; who finds no place waits for a second

        def handle_error(self, request: object, client_address: object) -> None:
            """A browser that goes away in mid-answer is nobody's mistake."""

    server = Server(("127.0.0.1", 0), Handler)
    shop = Shop(f"http://127.0.0.1:{server.server_address[1]}", mock)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield shop
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
