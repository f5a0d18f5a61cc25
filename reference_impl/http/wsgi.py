"""A WSGI application in threads, under ASGI: for answers that are whole when they come."""

from __future__ import annotations

import asyncio
import contextvars
import functools
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from a2wsgi.wsgi import Body, build_environ

from reference_impl.http.exchange import Receive, Scope, Send
from reference_impl.http.patience import Threads

THREADS = 10
"""How many requests are answered at a time by one process; as many as Connexion's own adapter has."""

WsgiApp: TypeAlias = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class InThreads:
    """Has a thread answer a request, and sends the answer at once; ``service_unavailable`` if it is late.

    Connexion's own adapter, a2wsgi, can stream: for each part, head and end included, the thread waits until
    the event loop has taken it. That is six changes of thread in an answer of one part; here it is two.
    """

    def __init__(self, app: WsgiApp) -> None:
        self._app = app
        self._threads = Threads(THREADS, name="WSGI")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        arguments: Any = scope, Body(loop, receive)  # type: ignore[arg-type]  # a2wsgi has its own names
        environ: Any = build_environ(*arguments)
        # In the request's own context, where Connexion's `context.scope` is found.
        context = contextvars.copy_context()
        answer = functools.partial(context.run, self._answer, environ)
        status, fields, body = await self._threads.do(scope, answer)
        headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in fields]
        await send(
            {"type": "http.response.start", "status": int(status.split(" ", 1)[0]), "headers": headers}
        )
        await send({"type": "http.response.body", "body": body})

    def _answer(self, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
        head: list[tuple[str, list[tuple[str, str]]]] = []
        parts: list[bytes] = []

        def start(status: str, fields: list[tuple[str, str]], _: object = None) -> Callable[[bytes], None]:
            head[:] = [(status, fields)]  # the last one counts (PEP 3333: an error may replace it)
            return parts.append

        answer = self._app(environ, start)
        try:
            parts.extend(answer)
        finally:
            if hasattr(answer, "close"):
                answer.close()
        ((status, fields),) = head
        return status, fields, b"".join(parts)
