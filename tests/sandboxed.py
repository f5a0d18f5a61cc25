"""A mock server with its control API, and with the test run's own keys: making new ones takes a while."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from mockserver import MockServer
from reference_impl.credentials import PartnerCredentials, new_private_key

NAMESPACE = "/_sandbox/namespaces/default"


@dataclass(frozen=True, kw_only=True)
class Sandboxed:
    """Where it listens, whose credentials it knows, and where it is driven."""

    url: str
    partners: Mapping[str, PartnerCredentials] = field(repr=False)
    control_url: str


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
