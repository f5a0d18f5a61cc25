"""The Node implementation as a process of its own, for tests."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from reference_impl.credentials import PartnerCredentials, new_private_key

IMPLEMENTATION = Path(__file__).parents[1] / "examples" / "node-implementation"
STOP_SECONDS = 20


@dataclass(frozen=True, kw_only=True)
class NodeServer:
    """A running process: where it listens, whose credentials it knows, and whose certificate is trusted."""

    url: str
    port: int
    partners: Mapping[str, PartnerCredentials] = field(repr=False)
    process: subprocess.Popen[str] = field(repr=False)
    ca_file: Path | None = None

    @property
    def control_url(self) -> str:
        """Its control API, in the one namespace that it has."""
        return f"{self.url}/_sandbox/namespaces/default"


@cache
def webhook_key() -> bytes:
    """The private key that signs the webhooks of these servers; making one takes longer than a start."""
    return new_private_key()


@contextmanager
def serve_node(
    partners: Mapping[str, PartnerCredentials],
    *,
    port: int = 0,
    implementation: Path = IMPLEMENTATION,
    state: Path | None = None,
) -> Iterator[NodeServer]:
    """Run ``server.mjs`` until the block ends, on ``port`` or any free one; it is given no private key of
    a partner.

    Raises RuntimeError, with what it says, where it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="node-server-") as name:
        home = Path(name)
        write_registrations(partners, home / "partners")
        (home / "webhook_key.pem").write_bytes(webhook_key())
        words = ["node", str(implementation / "server.mjs"), "--port", str(port)]
        words += ["--partners", str(home / "partners"), "--webhook-key", str(home / "webhook_key.pem")]
        if state is not None:
            words += ["--state", str(state)]
        with (home / "stderr").open("w+") as said:
            process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=said, text=True)
            try:
                assert process.stdout is not None
                ready = process.stdout.readline()
                if not ready:
                    process.wait(timeout=STOP_SECONDS)
                    said.seek(0)
                    raise RuntimeError(f"the Node implementation did not start: {said.read()}")
                listening = json.loads(ready)
                yield NodeServer(
                    url=listening["url"], port=listening["port"], partners=partners, process=process
                )
            finally:
                process.terminate()
                process.wait(timeout=STOP_SECONDS)
                if process.stdout is not None:
                    process.stdout.close()


def write_registrations(partners: Mapping[str, PartnerCredentials], folder: Path) -> None:
    """What the server knows of each partner, laid out as it reads it."""
    for name, credentials in partners.items():
        registered = credentials.partner()
        place = folder / name
        place.mkdir(parents=True)
        (place / "api_key").write_text(registered.api_key)
        (place / "api_secret").write_text(registered.api_secret)
        (place / "public_key.pem").write_text(registered.public_key_pem)
        models = " ".join(sorted(model.value for model in registered.customer_management))
        (place / "customer_management").write_text(models)
