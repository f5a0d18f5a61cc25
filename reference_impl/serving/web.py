"""A web server: uvicorn on sockets that are bound already, which leaves signals to whoever runs it."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator, Sequence

import uvicorn

from reference_impl.http.exchange import App
from reference_impl.serving.connections import LimitedProtocol
from reference_impl.settings import Settings

_KEEP_ALIVE = 75


class WebServer(uvicorn.Server):
    """Serves an application until ``should_exit`` is set; requests in flight are answered first.

    ``ready`` is called once it accepts connections; ``secure`` has it use the certificate of the settings.
    """

    def __init__(
        self, app: App, settings: Settings, *, ready: Callable[[], None], secure: bool = True
    ) -> None:
        protocol = type("Protocol", (LimitedProtocol,), {"request_timeout": settings.request_timeout})
        super().__init__(
            uvicorn.Config(
                app,
                http=protocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=_KEEP_ALIVE,
                timeout_graceful_shutdown=settings.shutdown_grace,  # type: ignore[arg-type]  # asyncio takes floats
                ssl_certfile=settings.tls_certificate if secure else None,
                ssl_keyfile=settings.tls_key if secure else None,
            )
        )
        self._ready = ready

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    async def serve_on(self, sockets: Sequence[socket.socket]) -> None:
        """Serve on bound sockets; they are closed at the end."""
        await self.serve(sockets=list(sockets))
