"""The bare application: reads the body and answers 201; ``python -m benchmarks.bare`` serves it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

from benchmarks.serving import configure, serve

_ANSWER = b'{"sessionId": "bare", "status": "open"}'
_HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(_ANSWER)).encode())]


async def application(
    _scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """An ASGI application that costs as little as one can."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 201, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _ANSWER})


def configuration() -> uvicorn.Config:
    """What serves it."""
    return configure(application)


if __name__ == "__main__":
    serve(configuration())
