"""HTTP: servers that are not exact about paths, headers and what comes first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reference_impl.domain.problems import invalid_request
from reference_impl.http import admission, json_text
from reference_impl.http.admission import Admission
from reference_impl.http.exchange import (
    MAXIMUM_BODY,
    App,
    Message,
    Receive,
    Scope,
    Send,
    found_target,
    replay,
)
from tests.faulty.patches import Patches, faulty


def adding(header: bytes, value: bytes) -> Callable[[App], App]:
    """A wrapper that adds a header to every answer."""

    def wrap(app: App) -> App:
        async def adding_app(scope: Scope, receive: Receive, send: Send) -> None:
            async def send_more(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message = {**message, "headers": [*message["headers"], (header, value)]}
                await send(message)

            await app(scope, receive, send_more)

        return adding_app

    return wrap


@faulty(breaks="HTTP-01", collateral=("HTTP-04",))
def trailing_slash_tolerated(patches: Patches) -> None:
    """A slash at the end of a path is dropped, so that two addresses name one thing."""

    def wrap(app: App) -> App:
        async def tolerant(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and len(scope["path"]) > 1:
                trimmed = {"path": scope["path"].rstrip("/"), "raw_path": scope["raw_path"].rstrip(b"/")}
                scope = {**scope, **trimmed}
            await app(scope, receive, send)

        return tolerant

    patches.wrap(wrap)


@faulty(breaks="HTTP-07")
def open_to_every_origin(patches: Patches) -> None:
    """Every answer invites the scripts of any web page."""
    patches.wrap(adding(b"access-control-allow-origin", b"*"))


@faulty(breaks="HTTP-10", collateral=("HTTP-11", "HTTP-18", "IDEM-07"), on="reference")
def any_media_type_is_json(patches: Patches) -> None:
    """Nobody looks at Content-Type: whatever parses as JSON is taken."""
    patches.replace(admission, "require_json", lambda *_: None)


@faulty(breaks="HTTP-16")
def request_id_of_the_client(patches: Patches) -> None:
    """The Request-Id of an answer is the one that the client has sent, where it has sent one."""

    def wrap(app: App) -> App:
        async def echoing(scope: Scope, receive: Receive, send: Send) -> None:
            sent = dict(scope["headers"]).get(b"request-id") if scope["type"] == "http" else None

            async def send_theirs(message: Message) -> None:
                if message["type"] == "http.response.start" and sent:
                    kept = [field for field in message["headers"] if field[0] != b"request-id"]
                    message = {**message, "headers": [*kept, (b"request-id", sent)]}
                await send(message)

            await app(scope, receive, send_theirs)

        return echoing

    patches.wrap(wrap)


@faulty(breaks="HTTP-18", collateral=("HTTP-11", "SESS-13", "IDEM-07"))
def validation_before_authentication(patches: Patches) -> None:
    """The body is validated before anybody asks who has sent it."""

    async def call(
        original: Callable[..., Any], self: Admission, scope: Scope, receive: Receive, send: Send
    ) -> None:
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        operation = found_target(scope).operation
        if operation.body is not None and len(body) <= MAXIMUM_BODY:
            faults = operation.body.faults(json_text.read_json(body))
            if faults:
                raise invalid_request(faults)
        await original(self, scope, replay(body, receive), send)

    patches.around(Admission, "__call__", call)
