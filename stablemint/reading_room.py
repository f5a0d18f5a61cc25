"""The documentation's pages over HTTP, with the standard library alone."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit


class ReadingRoom(BaseHTTPRequestHandler):
    """Answers GET and HEAD with the pages that the mock server has below `/docs/`."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        from mockserver.pages import documentation

        found = documentation.answer(documentation.PREFIX + urlsplit(self.path).path.lstrip("/"))
        found = found or documentation.missing("/")
        self._send(found.status, found.body, dict(found.headers), found.content_type)

    def do_HEAD(self) -> None:
        self.do_GET()

    def _send(self, status: int, body: bytes, fields: dict[str, str], kind: str | None) -> None:
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        if kind is not None:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the library's name
        """Nothing: a reader's clicks are no news."""
