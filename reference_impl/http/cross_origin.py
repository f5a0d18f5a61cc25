"""Answers that pages of any origin may read (the CORS protocol, Fetch standard §3.3)."""

from __future__ import annotations

from collections.abc import Sequence

from reference_impl.environment import Environment
from reference_impl.http.api import Api
from reference_impl.http.boundary import common_fields
from reference_impl.http.exchange import App, Message, Receive, Scope, Send, header_fields

_PREFLIGHT_AGE = b"600"
"""Seconds for which a browser may keep the answer to a preflight."""

_READABLE = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Request-Id, Retry-After"),
)


class CrossOrigin:
    """Marks every answer under the first segment of the paths of ``cross_origin`` APIs, errors too, and
    answers preflights with 204.

    Credentials are never allowed: what these APIs take as proof stands in the path. The answers of other
    APIs are left alone (HTTP-07).
    """

    def __init__(self, app: App, *, apis: Sequence[Api], environment: Environment) -> None:
        self._app = app
        self._environment = environment
        self._contracts = [api.contract for api in apis if api.cross_origin]
        paths = (path for contract in self._contracts for path in contract.document["paths"])
        self._prefixes = tuple({f"/{path.split('/')[1]}/" for path in paths})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _raw_path(scope).startswith(self._prefixes):
            await self._app(scope, receive, send)
            return
        methods = self._preflighted_methods(scope)
        if methods is not None:
            await send({"type": "http.response.start", "status": 204, "headers": self._leave(methods)})
            await send({"type": "http.response.body", "body": b""})
            return

        async def send_readable(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_READABLE]
            await send(message)

        await self._app(scope, receive, send_readable)

    def _preflighted_methods(self, scope: Scope) -> str | None:
        """What the path that a preflight asks about can be called with; None where this is no preflight."""
        if scope["method"] != "OPTIONS":
            return None
        if not {"origin", "access-control-request-method"} <= header_fields(scope["headers"]).keys():
            return None
        matches = (contract.match(_raw_path(scope)) for contract in self._contracts)
        return next((match.allow for match in matches if match is not None), None)

    def _leave(self, methods: str) -> list[tuple[bytes, bytes]]:
        return [
            *_READABLE,
            (b"access-control-allow-methods", methods.encode("ascii")),
            (b"access-control-allow-headers", b"Content-Type"),
            (b"access-control-max-age", _PREFLIGHT_AGE),
            *common_fields(self._environment.new_request_id()),
        ]


def _raw_path(scope: Scope) -> str:
    path: bytes = scope["raw_path"]
    return path.decode("latin-1")
