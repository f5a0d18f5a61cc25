"""A WSGI application in threads: whole answers, their errors, and whose context they are made in."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from reference_impl.http.exchange import App, Message
from reference_impl.http.wsgi import InThreads


def ask(app: App, *, body: bytes = b"") -> tuple[int, dict[bytes, bytes], list[bytes]]:
    """Status, header fields and the parts in which the content was sent."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": [],
        "state": {},
    }

    async def run() -> None:
        await app(scope, receive, send)

    asyncio.run(run())
    start, *rest = sent
    return start["status"], dict(start["headers"]), [each["body"] for each in rest]


def test_an_answer_in_parts_is_sent_at_once_and_closed() -> None:
    closed = []

    class Parts(list[bytes]):
        def close(self) -> None:
            closed.append(True)

    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        start("201 Created", [("Content-Type", "text/plain")])
        return Parts([environ["wsgi.input"].read(), b" and more"])

    answer = ask(InThreads(application), body=b"what was sent")
    assert answer == (201, {b"content-type": b"text/plain"}, [b"what was sent and more"])
    assert closed == [True]


def test_an_exception_comes_back_to_who_asked() -> None:
    def application(_: dict[str, Any], __: Callable[..., Any]) -> Iterable[bytes]:
        raise LookupError("nothing here")

    with pytest.raises(LookupError, match="nothing here"):
        ask(InThreads(application))


def test_an_answer_is_made_in_the_context_of_its_request() -> None:
    variable = contextvars.ContextVar("variable", default=b"none")

    def application(_: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        start("200 OK", [])
        return [variable.get()]

    variable.set(b"the request's")
    assert ask(InThreads(application))[2] == [b"the request's"]
