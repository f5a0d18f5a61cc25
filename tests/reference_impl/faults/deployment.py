"""Two web servers and two dispatchers over one PostgreSQL, as commands, and the faults they are to survive.

Each is `stablemint reference web` or `… dispatch` with a supervisor and ports of its own, as on two machines.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from reference_impl.credentials import PartnerCredentials
from reference_impl.domain.events import EventType
from reference_impl.serving.roles import Role
from reference_impl.storage.encryption import Cipher, new_key, split_keys
from reference_impl.storage.sql import SqlStorage
from tests.reference_impl.faults.client import Client
from tests.reference_impl.faults.database import OwnPostgresql, own_postgresql
from tests.reference_impl.faults.receiver import Receiver
from tests.serving import listen
from tests.stablemint.processes import ServerProcess, start_process, wait_until_ready
from tests.stablemint.test_reference import ask, children, wait_until

COMMANDS = (Role.WEB, Role.WEB, Role.DISPATCH, Role.DISPATCH)


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """What runs, and who looks on."""

    database: OwnPostgresql
    webs: Sequence[ServerProcess]
    dispatchers: Sequence[ServerProcess]
    receiver: Receiver
    client: Client

    @property
    def commands(self) -> Sequence[ServerProcess]:
        """Everything that was started."""
        return [*self.webs, *self.dispatchers]

    def wait_until_ready(self) -> None:
        """Wait until each command has a process that does its work, and the database answers."""
        wait_until(lambda: all(ask(each, "/readyz")[0] == 200 for each in self.commands), "all are ready")


def worker(command: ServerProcess) -> int:
    """The process that does a command's work; its supervisor may be starting another one just now."""
    found: list[int] = []

    def is_there() -> bool:
        found[:] = children(command.process.pid)
        return len(found) == 1

    wait_until(is_there, "a process is replaced")
    return found[0]


@contextmanager
def paused(pid: int) -> Iterator[None]:
    """A process that stands still until the block ends."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextmanager
def deploy(folder: Path, partners: Mapping[str, PartnerCredentials]) -> Iterator[Deployment]:
    """All of it, ready, until the block ends. The partner has a URL for every type of event."""
    partner = partners["demo"]
    with ExitStack() as stack:
        database = stack.enter_context(own_postgresql())
        receiver = Receiver()
        url = f"http://127.0.0.1:{stack.enter_context(listen(receiver))}/hooks"
        key = new_key()
        _prepare(database.url, key, partner, url)
        commands = [
            stack.enter_context(
                _run(
                    role,
                    folder,
                    STABLEMINT_DATABASE_URL=database.url,
                    STABLEMINT_ENCRYPTION_KEYS=key,
                    STABLEMINT_PRIVATE_WEBHOOK_ADDRESSES="true",
                    STABLEMINT_PROCESSOR="simulated",
                    STABLEMINT_RATE_LIMIT="off",
                    STABLEMINT_LOG_LEVEL="warning",
                )
            )
            for role in COMMANDS
        ]
        for command in commands:
            wait_until_ready(command)
        webs, dispatchers = commands[:2], commands[2:]
        yield Deployment(
            database=database,
            webs=webs,
            dispatchers=dispatchers,
            receiver=receiver,
            client=Client([web.ready["port"] for web in webs], partner),
        )


def _prepare(database_url: str, key: str, partner: PartnerCredentials, url: str) -> None:
    cipher = Cipher(split_keys(key))
    storage = SqlStorage.connect(database_url, migrate=True, cipher=cipher)
    with closing(storage), storage.transaction() as transaction:
        transaction.add_partner(partner.partner())
        for event_type in EventType:
            transaction.set_endpoint(partner.name, event_type, url)


@contextmanager
def _run(role: Role, folder: Path, **variables: str) -> Iterator[ServerProcess]:
    """A command that is starting: all of them do so side by side."""
    with TemporaryFile("w+") as log:
        options = ("--json", "--operations-port", "0")
        command = start_process(*options, home=folder, log=log, command=["reference", role], **variables)
        with command.process:
            try:
                yield command
            finally:
                working = children(command.process.pid)
                command.process.kill()
                for pid in working:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
