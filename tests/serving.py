"""Both applications over real HTTP on a port of the system's choosing, for tests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn

import mockserver.application
import reference_impl.application
from mockserver.connections import BreakableProtocol
from reference_impl.credentials import DEMO_PARTNERS, PartnerCredentials, new_private_key
from reference_impl.environment import SANDBOX_MAXIMUM, Environment
from reference_impl.http.exchange import App
from reference_impl.serving.sockets import bind
from reference_impl.storage.memory import MemoryStorage
from reference_impl.storage.port import Storage

APPLICATIONS: Mapping[str, Callable[[Environment], App]] = {
    "mock": mockserver.application.build,
    "reference": reference_impl.application.build,
}


@dataclass(kw_only=True)
class Server:
    """A running application: where it listens, whose credentials it knows, what it stands on.

    `control_url` is a namespace of its control API, None where it has none.
    """

    url: str
    port: int
    environment: Environment
    partners: Mapping[str, PartnerCredentials] = field(repr=False)
    control_url: str | None = None
    ca_file: None = None

    def sign(
        self, body: bytes = b"", *, partner: str = "demo", timestamp: int | None = None
    ) -> dict[str, str]:
        """The three header fields for exactly these bytes."""
        now = int(self.environment.real_time()) if timestamp is None else timestamp
        return self.partners[partner].sign(body, timestamp=now)


def make_partners() -> dict[str, PartnerCredentials]:
    """The demo partners and `other`, a second one for both models, with fresh keys and secrets."""
    models = {**DEMO_PARTNERS, "other": DEMO_PARTNERS["demo"]}
    return {
        name: PartnerCredentials(
            name=name,
            customer_management=customer_management,
            api_key=f"key_{name}",
            api_secret=f"secret-of-{name}-0123456789abcdef",
            private_key_pem=new_private_key(),
        )
        for name, customer_management in models.items()
    }


def make_environment(
    partners: Mapping[str, PartnerCredentials], *, storage: Storage | None = None, **settings: object
) -> Environment:
    """An environment over memory that knows ``partners`` and holds every answer to the document."""
    storage = MemoryStorage() if storage is None else storage
    with storage.transaction() as transaction:
        for partner in partners.values():
            transaction.add_partner(partner.partner())
    defaults: dict[str, object] = {
        "storage": storage,
        "public_url": "http://localhost:8080",
        "checkout_url": "http://localhost:8080/checkout",
        "maximum_amount": SANDBOX_MAXIMUM,
        "validate_responses": True,
    }
    return Environment(**{**defaults, **settings})  # type: ignore[arg-type]  # checked by the dataclass's users


@contextmanager
def serve(
    app: App, *, environment: Environment, partners: Mapping[str, PartnerCredentials], port: int = 0
) -> Iterator[Server]:
    """Serve ``app`` from a thread until the block ends, on ``port`` or any free one."""
    with listen(app, port=port) as port:
        yield Server(url=f"http://127.0.0.1:{port}", port=port, environment=environment, partners=partners)


@contextmanager
def listen(app: App, *, port: int = 0) -> Iterator[int]:
    """Serve any ASGI application from a thread until the block ends: its port."""
    (listener, *others) = bind("127.0.0.1", port)
    configuration = uvicorn.Config(
        app,
        http=BreakableProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_keep_alive=75,
    )
    server = uvicorn.Server(configuration)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener, *others]}, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
        for opened in (listener, *others):
            opened.close()
