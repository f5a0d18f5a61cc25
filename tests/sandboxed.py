"""Our servers with their control API, and with the test run's own keys: making new ones takes a while."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

import reference_impl.application
from mockserver import MockServer
from reference_impl.credentials import PartnerCredentials, new_private_key, public_pem
from reference_impl.delivery.addresses import AddressPolicy
from reference_impl.delivery.sender import Sender
from reference_impl.driven import Driven
from reference_impl.http.exchange import App, Receive, Scope, Send
from tests.serving import listen, make_environment

NAMESPACE = "/_sandbox/namespaces/default"


@dataclass(frozen=True, kw_only=True)
class Sandboxed:
    """Where it listens, whose credentials it knows, and where it is driven."""

    url: str
    partners: Mapping[str, PartnerCredentials] = field(repr=False)
    control_url: str
    ca_file: None = None


@contextmanager
def serve_sandbox(
    partners: Mapping[str, PartnerCredentials], *, port: int = 0, validate_responses: bool = True
) -> Iterator[Sandboxed]:
    """A mock server over memory that knows those of `partners` that its demo has, until the block ends."""
    with TemporaryDirectory(prefix="sandboxed-") as folder:
        home = Path(folder)
        (home / "webhook_private_key.pem").write_bytes(_webhook_key())
        for name, partner in partners.items():
            place = home / "partners" / name
            place.mkdir(parents=True)
            (place / "api_key").write_text(partner.api_key)
            (place / "api_secret").write_text(partner.api_secret)
            (place / "private_key.pem").write_bytes(partner.private_key_pem)
        with MockServer(port=port, home=home, validate_responses=validate_responses) as mock:
            yield Sandboxed(url=mock.url, partners=mock.partners, control_url=mock.url + NAMESPACE)


@lru_cache
def _webhook_key() -> bytes:
    return new_private_key()


@contextmanager
def serve_driven_reference(
    partners: Mapping[str, PartnerCredentials], *, validate_responses: bool = True
) -> Iterator[Sandboxed]:
    """The reference implementation over memory, driven by its own operations, until the block ends."""
    key = load_pem_private_key(_webhook_key(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    driven = Driven(
        make_environment(partners, validate_responses=validate_responses),
        sender=Sender(key=key, addresses=AddressPolicy(private=True)),
        webhook_public_key=public_pem(key).decode("ascii"),
    )
    app = _Started(reference_impl.application.build(driven.environment, driven=driven), driven)
    with listen(app) as port:
        url = f"http://127.0.0.1:{port}"
        yield Sandboxed(url=url, partners=partners, control_url=url + NAMESPACE)
        app.stop()


class _Started:
    """Starts what is driven on the event loop of the server, at the first request."""

    def __init__(self, app: App, driven: Driven) -> None:
        self._app = app
        self._driven = driven
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            await self._driven.start()
        await self._app(scope, receive, send)

    def stop(self) -> None:
        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(self._driven.stop(), self._loop).result(timeout=20)
