"""`stablemint mock` and `stablemint reference` as processes, as a person at a terminal has them."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from reference_impl.credentials import PartnerCredentials
from reference_impl.domain.partners import CustomerManagement
from tests.project.tree import ROOT, plain_environment

PATIENCE = 15
"""Seconds for what takes less than one: a server that needs more has failed, not been slow."""

SESSION: Mapping[str, Any] = {
    "userCountryCode": "DE",
    "currency": "EUR",
    "amount": 9.99,
    "successUrl": "https://shop.example/success",
    "supportUrl": "https://shop.example/support",
    "exitUrl": "https://shop.example/cart",
    "errorUrl": "https://shop.example/error",
}


@dataclass(kw_only=True)
class ServerProcess:
    """A running server: what it printed when it was ready, and how to talk to it."""

    process: subprocess.Popen[str]
    printed: str
    log: IO[str] = field(repr=False)

    @property
    def ready(self) -> dict[str, Any]:
        """What it said with ``--json``."""
        value = json.loads(self.printed)
        assert isinstance(value, dict)
        return value

    def stop(self, number: int = signal.SIGTERM) -> float:
        """Send a signal, wait for the end, and return how many seconds it took."""
        started = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(PATIENCE)
        return time.monotonic() - started

    def logged(self) -> str:
        """What it has written to standard error so far."""
        self.log.seek(0)
        return self.log.read()

    def credentials(self, partner: str = "demo") -> PartnerCredentials:
        """A partner's credentials, read from the files that the ready line names."""
        files = self.ready["partners"][partner]
        return PartnerCredentials(
            name=partner,
            customer_management=frozenset(map(CustomerManagement, files["customerManagement"])),
            api_key=Path(files["apiKey"]).read_text(),
            api_secret=Path(files["apiSecret"]).read_text(),
            private_key_pem=Path(files["privateKey"]).read_bytes(),
        )

    def request(
        self,
        method: str,
        path: str,
        document: object = None,
        *,
        partner: str = "demo",
        host: str = "127.0.0.1",
        **fields: str,
    ) -> tuple[int, dict[str, Any]]:
        """A signed request: the answer's status and document."""
        body = b"" if document is None else json.dumps(document).encode()
        connection = http.client.HTTPConnection(host, self.ready["port"], timeout=PATIENCE)
        try:
            headers = self.credentials(partner).sign(body, timestamp=int(time.time()))
            connection.request(
                method, path, body=body, headers={**headers, "Content-Type": "application/json", **fields}
            )
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def create(self, **members: Any) -> str:
        """Make a session and return its identifier."""
        status, session = self.request("POST", "/session/hosted", {**SESSION, **members})
        assert status == 201, session
        return str(session["sessionId"])

    def read(self, session_id: str) -> tuple[int, dict[str, Any]]:
        """Look a session up."""
        return self.request("GET", f"/session/{session_id}")


def start_process(
    *options: str | Path,
    home: Path,
    log: IO[str],
    interpreter: str = sys.executable,
    command: Sequence[str] = ("mock",),
    **variables: str,
) -> ServerProcess:
    """Start a server on any free port, by default `stablemint mock`, without waiting until it is ready."""
    line = [interpreter, "-m", "stablemint", *command, "--home", home, *options]
    if "--port" not in options and "dispatch" not in command:
        line += ["--port", "0"]
    process = subprocess.Popen(
        list(map(str, line)),
        cwd=ROOT,
        env=plain_environment(**variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )
    return ServerProcess(process=process, printed="", log=log)


def wait_until_ready(mock: ServerProcess) -> None:
    """Read what it prints when it is ready: one line with ``--json``, else up to the line about Ctrl-C."""
    assert mock.process.stdout is not None
    for line in mock.process.stdout:
        mock.printed += line
        if line.startswith("{") or "Ctrl-C" in line:
            return
    raise AssertionError(f"it did not start: {mock.logged()}")


@contextmanager
def run_server(
    *options: str | Path, home: Path, command: Sequence[str], **variables: str
) -> Iterator[ServerProcess]:
    """Run a server, ready to be used, until the block is left; ``variables`` are added to its environment."""
    with TemporaryFile("w+") as log:
        server = start_process(*options, home=home, log=log, command=command, **variables)
        with server.process:
            try:
                wait_until_ready(server)
                yield server
            finally:
                if server.process.poll() is None:
                    os.kill(server.process.pid, signal.SIGKILL)


@contextmanager
def run_mock(*options: str | Path, home: Path) -> Iterator[ServerProcess]:
    """Run `stablemint mock`, ready to be used, until the block is left."""
    with run_server(*options, home=home, command=["mock"]) as mock:
        yield mock


@contextmanager
def run_reference(
    *options: str | Path, home: Path, command: Sequence[str] = (), **variables: str
) -> Iterator[ServerProcess]:
    """Run `stablemint reference`, or a command of it, with its health on any free port too."""
    ports = ["--operations-port", "0"]
    with run_server(*ports, *options, home=home, command=["reference", *command], **variables) as reference:
        yield reference
