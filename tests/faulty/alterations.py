"""How faults change our applications: what goes in, what comes out, and what is decided in between."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from reference_impl import application
from reference_impl.domain.problems import Problem
from reference_impl.domain.sessions import Session
from reference_impl.http import admission, boundary, bridge, handlers
from reference_impl.http.api import Handler
from reference_impl.http.exchange import App, Message, Receive, Scope, Send
from reference_impl.http.messages import Answer, Request
from tests.faulty.patches import Patches

Document = dict[str, Any]


def alter_requests(patches: Patches, change: Callable[[Scope], Scope]) -> None:
    """Hand on another request than the one that came."""

    def wrap(app: App) -> App:
        async def altered(scope: Scope, receive: Receive, send: Send) -> None:
            await app(change(scope) if scope["type"] == "http" else scope, receive, send)

        return altered

    patches.wrap(wrap)


def field_of(scope: Scope, name: bytes) -> bytes | None:
    """A header field of the request, by its name in lower case."""
    return dict(scope["headers"]).get(name)


def answer_instead(patches: Patches, answer: Callable[[Scope, Send], Awaitable[bool]]) -> None:
    """Answer some requests before the application sees them: those for which `answer` is true."""

    def wrap(app: App) -> App:
        async def answered(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or not await answer(scope, send):
                await app(scope, receive, send)

        return answered

    patches.wrap(wrap)


def alter_heads(patches: Patches, change: Callable[[Scope, int, MutableMapping[bytes, bytes]], None]) -> None:
    """Change the header fields of answers, given their request and their status."""

    def wrap(app: App) -> App:
        async def altered(scope: Scope, receive: Receive, send: Send) -> None:
            async def send_altered(message: Message) -> None:
                if message["type"] == "http.response.start":
                    fields = dict(message["headers"])
                    change(scope, message["status"], fields)
                    message = {**message, "headers": list(fields.items())}
                await send(message)

            await app(scope, receive, send_altered)

        return altered

    patches.wrap(wrap)


def alter_bodies(patches: Patches, change: Callable[[bytes], bytes]) -> None:
    """Parse other bytes as JSON than those that came."""
    patches.around(admission, "read_json", lambda original, body: original(change(body)))


def alter_values(patches: Patches, change: Callable[[Document], object]) -> None:
    """Change what was parsed, where it is an object, before it is validated."""

    def read(original: Callable[[bytes], Any], body: bytes) -> Any:
        value = original(body)
        if isinstance(value, dict):
            change(value)
        return value

    patches.around(admission, "read_json", read)


def alter_text(value: Any, change: Callable[[str], str]) -> Any:
    """The same value with every text in it changed, names aside."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {name: alter_text(member, change) for name, member in value.items()}
    return [alter_text(member, change) for member in value] if isinstance(value, list) else value


def alter_schema(patches: Patches, name: str, change: Callable[[Document], object]) -> None:
    """Validate against another version of one schema of the document."""
    patches.document(lambda document: change(document["components"]["schemas"][name]))


def alter_handlers(patches: Patches, wrapper: Callable[[Handler, Request], Answer]) -> None:
    """Call `wrapper` with each handler of the session API and what it is to handle."""

    def altered(handler: Handler) -> Handler:
        return lambda request: wrapper(handler, request)

    patches.replace(
        application, "HANDLERS", {name: altered(handler) for name, handler in handlers.HANDLERS.items()}
    )


def alter_sessions(patches: Patches, change: Callable[[Document, Session], object]) -> None:
    """Change how sessions are shown."""

    def represent(original: Callable[..., bytes], session: Session, **keywords: Any) -> bytes:
        document = json.loads(original(session, **keywords))
        change(document, session)
        return json.dumps(document, ensure_ascii=False).encode()

    patches.around(handlers, "represent_session", represent)


def alter_problems(patches: Patches, change: Callable[[Document], object]) -> None:
    """Change the documents of errors."""

    def render(answer: Answer, _: Problem) -> Answer:
        document = json.loads(answer.body)
        change(document)
        return dataclasses.replace(answer, body=json.dumps(document).encode())

    alter_refusals(patches, render)


def alter_refusals(patches: Patches, change: Callable[[Answer, Problem], Answer]) -> None:
    """Change the answers that errors are given in."""

    def render(original: Callable[..., Answer], problem: Problem, **keywords: Any) -> Answer:
        return change(original(problem, **keywords), problem)

    for module in (boundary, bridge):
        patches.around(module, "render_problem", render)
