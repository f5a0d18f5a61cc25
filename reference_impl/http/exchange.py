"""ASGI plumbing: header fields, body and answer of one exchange."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any, TypeAlias

from reference_impl.domain.problems import Problem
from reference_impl.http.api import Target
from reference_impl.http.messages import Answer, Request, StreamedAnswer

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

MAXIMUM_BODY = 262_144
"""Bytes of content that are read; one more is refused."""

_REQUEST_ID = "stablemint.request_id"
_TARGET = "stablemint.target"
_CALLER = "stablemint.caller"
_REQUEST = "stablemint.request"
_LOOP = "stablemint.loop"


class ClientDisconnected(Exception):
    """The client went away before its request was whole."""


def header_fields(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Fields by lower-case name; repeated ones joined with ``, `` (RFC 9110 §5.3)."""
    fields: dict[str, str] = {}
    for name, value in raw:
        key = name.decode("latin-1")
        text = value.decode("latin-1")
        fields[key] = f"{fields[key]}, {text}" if key in fields else text
    return fields


async def read_body(receive: Receive, fields: Mapping[str, str]) -> bytes:
    """The whole content, after transfer decoding: in chunks or not, it is the same (HTTP-15).

    Raises ``body_too_large`` above the limit (HTTP-13); exactly as many bytes are read (HTTP-14).
    """
    declared = fields.get("content-length", "")
    if declared.isdecimal() and int(declared) > MAXIMUM_BODY:
        raise _too_large()
    parts: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnected
        part = message.get("body", b"")
        size += len(part)
        if size > MAXIMUM_BODY:
            raise _too_large()
        parts.append(part)
        more = message.get("more_body", False)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _too_large() -> Problem:
    return Problem("body_too_large", f"The body may have at most {MAXIMUM_BODY} bytes.")


def replay(body: bytes, receive: Receive) -> Receive:
    """A ``receive`` that gives ``body`` again to whoever reads further down."""
    given = False

    async def receive_again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again


async def send_answer(answer: Answer, send: Send, further: Iterable[tuple[bytes, bytes]] = ()) -> None:
    """Send a whole answer: status, its header fields and ``further`` ones, body."""
    headers = [
        (b"content-type", answer.content_type.encode("latin-1")),
        (b"content-length", str(len(answer.body)).encode("ascii")),
        *((name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()),
        *further,
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def send_stream(answer: StreamedAnswer, receive: Receive, send: Send) -> None:
    """Send an answer bit by bit; a client that reads slowly holds its own stream up and nothing else."""

    async def pump() -> None:
        async for chunk in answer.chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def watch() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
    headers.append((b"content-type", answer.content_type.encode("latin-1")))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    tasks = [asyncio.create_task(pump()), asyncio.create_task(watch())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await answer.chunks.aclose()


def request_id(scope: Scope) -> str:
    """The `Request-Id` that the boundary gave this exchange."""
    identifier: str = scope["state"][_REQUEST_ID]
    return identifier


def identify(scope: Scope, identifier: str) -> None:
    """Give the exchange its `Request-Id`."""
    scope.setdefault("state", {})[_REQUEST_ID] = identifier


def admitted_request(scope: Scope) -> Request:
    """The request that passed every check, for its handler."""
    request: Request = scope["state"][_REQUEST]
    return request


def admit(scope: Scope, request: Request) -> None:
    """Leave the request for its handler."""
    scope["state"][_REQUEST] = request


def found_target(scope: Scope) -> Target:
    """The operation that the exchange is about."""
    target: Target = scope["state"][_TARGET]
    return target


def find_target(scope: Scope, target: Target) -> None:
    """Note the operation that the exchange is about."""
    scope["state"][_TARGET] = target


def sought_target(scope: Scope) -> Target | None:
    """The operation that the exchange is about, None where it has found none."""
    target: Target | None = scope["state"].get(_TARGET)
    return target


def known_caller(scope: Scope) -> Any:
    """Who was authenticated, None where nobody was."""
    return scope["state"].get(_CALLER)


def note_caller(scope: Scope, caller: object) -> None:
    """Note who was authenticated, for what becomes of the request next."""
    scope["state"][_CALLER] = caller


def serving_loop(scope: Scope) -> asyncio.AbstractEventLoop:
    """The event loop that serves, for a handler that runs in another thread."""
    loop: asyncio.AbstractEventLoop = scope["state"][_LOOP]
    return loop


def note_loop(scope: Scope) -> None:
    """Note the event loop that serves, which is the running one."""
    scope["state"][_LOOP] = asyncio.get_running_loop()
