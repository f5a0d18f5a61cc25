"""What runs on one machine: sockets bound, the store open, demo partners made where they are asked for."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from reference_impl.credentials import Home, PartnerCredentials
from reference_impl.environment import session_clock
from reference_impl.serving import assembly
from reference_impl.serving.certificates import require_certificate
from reference_impl.serving.roles import Role
from reference_impl.serving.sockets import bind, url_host
from reference_impl.serving.supervisor import Supervisor
from reference_impl.settings import Settings, SettingsError


class Deployment:
    """The processes of one machine, listening but not yet serving.

    ``roles`` says what they do, one process for each. With ``demo`` the demo partners are known to the store,
    and their credentials in the home folder. Raises OSError where a port is taken or a file cannot
    be used, and SettingsError.
    """

    def __init__(self, settings: Settings, roles: Sequence[Role], *, demo: bool = False) -> None:
        self._roles = roles
        self.listeners: Sequence[socket.socket] = ()
        self.operations_listeners: Sequence[socket.socket] = ()
        try:
            if set(roles) != {Role.DISPATCH}:
                require_certificate(settings)
                self.listeners = bind(settings.host, settings.port)
            self.operations_listeners = _bind_operations(settings)
            self.settings = _completed(settings, self.listeners)
            assembly.find_processor(self.settings)  # or no process could
            self.storage = assembly.open_storage(self.settings, migrate=demo)
        except BaseException:
            self._close_sockets()
            raise
        self.home = Home(self.settings.home)
        self.partners: Mapping[str, PartnerCredentials] = {}
        if demo:
            self._make_demo_partners()

    @property
    def url(self) -> str:
        """Where the API is."""
        return self.settings.public_url or ""

    @property
    def operations_url(self) -> str:
        """Where health and metrics are."""
        port = self.operations_listeners[0].getsockname()[1]
        return f"http://{url_host(self.settings.operations_host)}:{port}"

    def serve(self, *, ready: Callable[[], None]) -> int:
        """Serve until SIGINT or SIGTERM; the exit code: 1 where a process could not begin its work."""
        try:
            with TemporaryDirectory(prefix="stablemint-metrics-") as folder:
                return asyncio.run(self._serve(Path(folder), ready))
        finally:
            self._close_sockets()
            self.storage.close()

    async def _serve(self, metrics_folder: Path, ready: Callable[[], None]) -> int:
        supervisor = Supervisor(
            self.settings,
            self._roles,
            storage=self.storage,
            clock=session_clock,
            listeners=self.listeners,
            operations_listeners=self.operations_listeners,
            metrics_folder=metrics_folder,
            ready=ready,
        )
        return await supervisor.run()

    def _make_demo_partners(self) -> None:
        self.partners = self.home.prepare_partners(url=self.url)
        with self.storage.transaction() as transaction:
            for credentials in self.partners.values():
                transaction.add_partner(credentials.partner())

    def _close_sockets(self) -> None:
        for listener in (*self.listeners, *self.operations_listeners):
            listener.close()


def _bind_operations(settings: Settings) -> Sequence[socket.socket]:
    try:
        return bind(settings.operations_host, settings.operations_port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise SettingsError(
                f"operations_port: port {settings.operations_port} is in use; choose another, or 0 for any "
                "free one."
            ) from None
        raise SettingsError(
            f"operations_host: this machine cannot listen on {settings.operations_host}: {error.strerror}."
        ) from None


def _completed(settings: Settings, listeners: Sequence[socket.socket]) -> Settings:
    """The settings with the public URL that follows from where the API listens."""
    if settings.public_url is not None or not listeners:
        return settings
    scheme = "https" if settings.tls_certificate else "http"
    port = listeners[0].getsockname()[1]
    return settings.model_copy(update={"public_url": f"{scheme}://{url_host(settings.host)}:{port}"})
