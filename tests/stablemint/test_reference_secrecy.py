"""What the processes of `stablemint reference` keep to themselves, whatever happens to them.

Recognisable values go through creation, refusals, an error of the server, deliveries to a receiver that sends
all back, a crash in the middle of a request. Afterwards none of them is in logs, metrics or health, nor in
the database in the clear.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from reference_impl.domain.deliveries import DeliveryStatus
from reference_impl.serving.assembly import open_storage
from reference_impl.settings import load_settings
from reference_impl.storage.encryption import new_key
from reference_impl.storage.sql_tables import METADATA
from stablemint.program import main
from tests.control_api.receiver import listen
from tests.postgresql import Postgresql
from tests.stablemint.processes import SESSION, ServerProcess, run_reference
from tests.stablemint.test_reference import ask, children, wait_until

EMBEDDED = "/session/embedded/partner-managed-customer"


@dataclass(frozen=True, kw_only=True)
class Canaries:
    """Values made for one run of the tests."""

    kyc: Mapping[str, str]
    email: str
    wallet: str
    open_reference: str
    """Of the partner's own, kept in the clear: it shows that what is searched would be found."""

    @property
    def private(self) -> dict[str, str]:
        """What must turn up nowhere."""
        return {**self.kyc, "userEmail": self.email}


def make_canaries() -> Canaries:
    mark = secrets.token_hex(8)
    return Canaries(
        kyc={
            "fullName": f"Kanári {mark} name",
            "residenceAddress": f"{mark} street",
            "placeOfBirth": f"{mark} town",
            "gender": f"{mark} gender",
            "mobilePhone": f"+1{secrets.randbelow(10**13):013d}",
            "personalIdentificationNumber": f"{mark} number",
        },
        email=f"{mark}@shop.example",
        wallet=f"0x{secrets.token_hex(20)}",
        open_reference=f"{mark} reference",
    )


class Store:
    """A database as who has a copy of it reads it."""

    def __init__(self, home: Path, url: str | None) -> None:
        self.home = home
        self.url = url

    @property
    def options(self) -> tuple[str, ...]:
        """Which store a command works on."""
        named = () if self.url is None else ("--database-url", self.url)
        return (*named, "--home", str(self.home))

    def contents(self) -> bytes:
        """Everything in it: the files of SQLite, each value of PostgreSQL."""
        if self.url is None:
            return b"".join(file.read_bytes() for file in sorted(self.home.glob("store.sqlite*")))
        with psycopg.connect(self.url) as connection:
            return b"\n".join(
                value if isinstance(value, bytes) else str(value).encode()
                for table in METADATA.sorted_tables
                for row in connection.execute(
                    sql.SQL("SELECT * FROM {}").format(sql.Identifier(table.name))
                ).fetchall()
                for value in row
            )

    @contextmanager
    def without_sessions(self) -> Iterator[None]:
        """Have every statement on sessions fail, with a message that quotes all its parameters."""
        self._run("ALTER TABLE sessions RENAME TO elsewhere")
        try:
            yield
        finally:
            self._run("ALTER TABLE elsewhere RENAME TO sessions")

    def _run(self, statement: str) -> None:
        if self.url is None:
            with closing(sqlite3.connect(self.home / "store.sqlite")) as connection:
                connection.execute(statement)
                connection.commit()
        else:
            with psycopg.connect(self.url, autocommit=True) as connection:
                connection.execute(statement.encode())

    def settled(self) -> list[bytes]:
        """What receivers answered, as far as deliveries are settled."""
        options: dict[str, Any] = {"home": self.home, "database_url": self.url}
        storage = open_storage(load_settings(options))
        try:
            with storage.reading() as reading:
                done = reading.deliveries(status=DeliveryStatus.DELIVERED, limit=100)
                return [
                    attempt.response_body
                    for delivery in done
                    for attempt in reading.attempts(delivery.delivery_id)
                ]
        finally:
            storage.close()


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with ExitStack() as stack:
        url = None
        if request.param == "PostgreSQL":
            postgresql: Postgresql = request.getfixturevalue("postgresql")
            url = stack.enter_context(postgresql.empty_database())
        yield Store(tmp_path / "home", url)


def begin_and_kill(running: ServerProcess, document: object) -> None:
    """Send a request but for its last byte, and kill every process that might have it."""
    body = json.dumps(document, ensure_ascii=False).encode()
    fields = running.credentials().sign(body, timestamp=int(time.time()))
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    with closing(socket.create_connection(("127.0.0.1", running.ready["port"]), timeout=20)) as connection:
        connection.sendall(
            f"POST {EMBEDDED} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{head}"
            f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n".encode()
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body[:-1])
        for pid in children(running.process.pid):
            os.kill(pid, signal.SIGKILL)
        with suppress(ConnectionResetError):
            assert connection.recv(100) == b""


def pay(running: ServerProcess, document: object) -> None:
    """Create a session and choose its bank: the simulated one pays on consent, and events tell of it."""
    status, session = running.request("POST", EMBEDDED, document)
    assert status == 201, session
    payer = f"/payer/session/{session['sessionId']}"
    order = {"bankId": "bank-success", "paymentMethod": "bank_transfer"}
    assert running.request("POST", f"{payer}/deposit", order)[0] == 200
    assert running.request("POST", f"{payer}/consent", {"approved": True})[0] == 200


def test_private_values_and_secrets_stay_where_they_belong(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SESS-06, ERR-10, AUTH-14: at the finest level of the log, in what is kept and in what is measured."""
    canaries, key = make_canaries(), new_key()
    monkeypatch.setenv("STABLEMINT_ENCRYPTION_KEYS", key)
    monkeypatch.setenv("STABLEMINT_PRIVATE_WEBHOOK_ADDRESSES", "true")
    document = {
        **{name: SESSION[name] for name in ("userCountryCode", "currency", "amount")},
        "userId": "customer-7",
        "userEmail": canaries.email,
        "userKyc": dict(canaries.kyc),
        "websiteReference": canaries.open_reference,
        "idempotencyKey": secrets.token_hex(8),
        "blockchainDestinationType": "Customer",
        "blockchainDestinationAddress": canaries.wallet,
    }
    variables = {
        name: value for name, value in os.environ.items() if name.startswith("STABLEMINT_") and value
    }
    variables |= {"STABLEMINT_LOG_LEVEL": "debug", "STABLEMINT_PROCESSOR": "simulated"}
    if store.url is not None:
        variables["STABLEMINT_DATABASE_URL"] = store.url
    with (
        listen(echo=True) as receiver,
        run_reference("--json", "--workers", "2", home=store.home, **variables) as running,
    ):
        assert main(["reference", "endpoints", "set", "demo", receiver.url, *store.options]) == 0
        secret = running.credentials().api_secret
        pay(running, document)
        told = b"".join(receiver.take().body for _ in range(7))
        assert canaries.kyc["fullName"].encode() in told  # where it is to be: the partner's own receiver
        wait_until(lambda: len(store.settled()) == 7, "the answers are recorded")
        assert any(canaries.kyc["fullName"].encode() in answer for answer in store.settled())

        refused = {**document, "userKyc": {name: f"{value}\0" for name, value in canaries.kyc.items()}}
        changed = {**document, "amount": 5}
        assert running.request("POST", EMBEDDED, document)[0] == 201  # replayed
        assert running.request("POST", EMBEDDED, changed)[1]["code"] == "idempotency_key_reused"
        assert running.request("POST", EMBEDDED, refused)[1]["code"] == "invalid_request"
        assert running.request("POST", f"{EMBEDDED}?{canaries.email}", document, ApiKey=secret)[0] == 401
        assert running.request("POST", f"/{canaries.email}", document)[1]["code"] == "not_found"
        fresh = {**document, "idempotencyKey": secrets.token_hex(8)}
        with store.without_sessions():
            assert running.request("POST", EMBEDDED, fresh)[1]["code"] == "internal_error"
        begin_and_kill(running, fresh)
        wait_until(lambda: len(children(running.process.pid)) == 3, "all are replaced")
        wait_until(lambda: ask(running, "/readyz")[0] == 200, "they do their work")
        pay(running, fresh)

        shown = "".join(ask(running, path)[1] for path in ("/metrics", "/readyz", "/healthz"))
        stored = store.contents()
        running.stop()
        logged = running.logged()
        stored += store.contents()

    assert logged.count('"createEmbeddedSessionForPartnerManagedCustomer"') >= 6  # the log is the right one
    assert "createEmbeddedSessionForPartnerManagedCustomer" in shown
    assert ": unforeseen " in logged  # the server's error is in it, by its kind
    assert canaries.open_reference.encode() in stored  # and the database that in which the sessions are
    kept_back = {**canaries.private, "API secret": secret, "encryption key": key}
    if store.url is not None:
        kept_back["database URL"] = store.url
    for name, value in {**kept_back, "wallet": canaries.wallet, "key": "PRIVATE KEY"}.items():
        for spelled in (value, json.dumps(value)[1:-1]):
            assert spelled not in logged, f"{name} is in the log"
            assert spelled not in shown, f"{name} is in metrics or health"
    for name, value in {**kept_back, "key": "PRIVATE KEY"}.items():
        for spelled in (value, json.dumps(value)[1:-1]):
            assert spelled.encode() not in stored, f"{name} is in the database in the clear"


def test_no_secret_is_in_the_command_lines_of_processes(tmp_path: Path) -> None:
    """Which every user of the machine can read."""
    key = new_key()
    with run_reference("--json", home=tmp_path, STABLEMINT_ENCRYPTION_KEYS=key) as running:
        words = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children(running.process.pid)]
        assert len(words) == 2
        assert not any(key.encode() in line for line in words)
