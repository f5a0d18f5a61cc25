"""Running the mock server: sockets, the environment, start and stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import uvicorn

from mockserver.application import build
from mockserver.capacity import MAXIMUM_SESSIONS
from mockserver.connections import BreakableProtocol
from mockserver.namespaces import Namespace, Namespaces
from mockserver.pages import documentation
from mockserver.pages.inspector import INSPECTOR_PATH
from mockserver.tls import Certificate
from reference_impl.credentials import Home, PartnerCredentials
from reference_impl.domain.loopback import is_loopback_host
from reference_impl.environment import SANDBOX_MAXIMUM, Environment
from reference_impl.http.driver_gatekeeper import DEFAULT
from reference_impl.http.exchange import App
from reference_impl.serving.sockets import bind, url_host
from reference_impl.storage.memory import MemoryStorage
from reference_impl.storage.port import Storage

T = TypeVar("T")

_KEEP_ALIVE = 75
_GRACE = 0.3
"""Seconds that requests in flight are given when the server stops: all of it takes less than one."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to run: ``port`` 0 takes any free one; ``state`` is a SQLite file, None keeps all in memory."""

    host: str = "127.0.0.1"
    port: int = 8080
    state: Path | None = None
    home: Path = Path(".stablemint")
    public_url: str | None = None
    maximum_sessions: int = MAXIMUM_SESSIONS
    validate_responses: bool = False
    tls: bool = False
    control_token: str | None = None

    @property
    def is_exposed(self) -> bool:
        """Whether other machines can reach the server (HTTP-20 asks for TLS there)."""
        return not is_loopback_host(self.host)


class Sandbox:
    """A mock server, listening but not yet serving: its sockets are bound, its credentials made.

    Raises OSError where the port is taken or a file cannot be used.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.sockets = bind(settings.host, settings.port)
        try:
            self._prepare(settings)
        except BaseException:
            self._close_sockets()
            raise

    def _prepare(self, settings: Settings) -> None:
        self.port: int = self.sockets[0].getsockname()[1]
        self.url = (
            settings.public_url or f"{_scheme(settings)}://{url_host(settings.host)}:{self.port}"
        ).rstrip("/")
        self.home = Home(settings.home)
        self.partners: Mapping[str, PartnerCredentials] = self.home.prepare(url=self.url)
        self.storage = _open_storage(settings)
        webhook_key = self.home.webhook_key()
        default = Namespace(
            DEFAULT,
            settings=Environment(
                storage=self.storage,
                public_url=self.url,
                checkout_url=f"{self.url}/checkout",
                maximum_amount=SANDBOX_MAXIMUM,
                validate_responses=settings.validate_responses,
            ),
            storage=self.storage,
            partners=self.partners,
            webhook_key=webhook_key,
            capacity=settings.maximum_sessions,
        )
        self.clock = default.clock
        self.environment = default.environment
        self.namespaces = Namespaces(default, capacity=settings.maximum_sessions, webhook_key=webhook_key)
        self._loop: asyncio.AbstractEventLoop | None = None
        self.certificate = Certificate(settings.home) if settings.tls else None
        if self.certificate:
            self.certificate.prepare(host=settings.host, now=datetime.now(UTC))
        application = build(
            self.environment, environments=self.namespaces, control_token=settings.control_token
        )
        self._uvicorn = _Uvicorn(_configuration(application, self.certificate))

    @property
    def inspector_url(self) -> str:
        """Where to look at what happens."""
        return f"{self.url}{INSPECTOR_PATH}"

    @property
    def documentation_url(self) -> str:
        """Where to read."""
        return f"{self.url}{documentation.PREFIX}"

    def serve(self, *, ready: Callable[[], None]) -> None:
        """Serve until SIGINT or SIGTERM, or until ``stop`` is called from another thread."""
        try:
            asyncio.run(self._serve(ready))
        finally:
            self.close()

    def call(self, work: Callable[[], Coroutine[None, None, T]]) -> T:
        """Run ``work`` on the server's own event loop, from another thread, and wait for what it gives."""
        if self._loop is None:
            raise RuntimeError("the server is not serving")
        return asyncio.run_coroutine_threadsafe(work(), self._loop).result()

    def stop(self) -> None:
        """Ask ``serve`` to return; safe from any thread."""
        self._uvicorn.should_exit = True

    def close(self) -> None:
        """Release sockets and store."""
        self._close_sockets()
        self.storage.close()

    def _close_sockets(self) -> None:
        for listener in self.sockets:
            listener.close()

    async def _serve(self, ready: Callable[[], None]) -> None:
        self._uvicorn.ready = ready
        self._uvicorn.end_streams = self.namespaces.close_streams
        self._loop = asyncio.get_running_loop()
        with contextlib.suppress(
            NotImplementedError, RuntimeError, ValueError
        ):  # not the main thread; Windows
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, self.stop)
        await self.namespaces.start()
        try:
            await self._uvicorn.serve(sockets=list(self.sockets))
        finally:
            await self.namespaces.stop()


def _open_storage(settings: Settings) -> Storage:
    if settings.state is None:
        return MemoryStorage(capacity=settings.maximum_sessions)
    from reference_impl.storage.sql import SqlStorage  # SQLAlchemy's import is a third of a start in memory

    return SqlStorage.open(settings.state, capacity=settings.maximum_sessions)


class _Uvicorn(uvicorn.Server):
    """Leaves signals to the sandbox, so that an orderly stop exits with 0, and tells when it is ready."""

    ready: Callable[[], None]
    end_streams: Callable[[], None]

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.end_streams()  # they would not end by themselves
        connections: Any = self.server_state.connections
        for connection in list(connections):
            if connection.cycle is not None and connection.cycle.more_body:
                connection.transport.close()  # its request is not whole, and may never be: nothing is lost
        await super().shutdown(sockets)


def _scheme(settings: Settings) -> str:
    return "https" if settings.tls else "http"


def _configuration(app: App, certificate: Certificate | None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=BreakableProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=_GRACE,  # type: ignore[arg-type]  # passed on to asyncio, which takes floats
        ssl_certfile=str(certificate.path) if certificate else None,
        ssl_keyfile=str(certificate.key_path) if certificate else None,
    )
