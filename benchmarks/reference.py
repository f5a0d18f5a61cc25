"""The reference implementation under measurement: a store with one partner, and processes on it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import Process, run_command
from reference_impl.credentials import Home
from reference_impl.serving.assembly import open_storage
from reference_impl.settings import Settings, load_settings
from reference_impl.storage.encryption import new_key
from reference_impl.storage.sql import SqlStorage

PARTNER = "demo"


@dataclass(frozen=True, kw_only=True)
class Store:
    """A migrated database, in ``home`` or at a server's URL, that knows the demo partners of ``home``."""

    home: Path
    settings: Settings

    @property
    def credentials(self) -> Path:
        """The folder of the partner's credentials."""
        return Home(self.home).partner_folder(PARTNER)

    def open(self) -> SqlStorage:
        """The store, to be filled and looked at."""
        return open_storage(self.settings)


def prepare_store(home: Path, url: str | None = None) -> Store:
    """Make a store: an SQLite file where no URL is given."""
    options = {"home": home, "database_url": url, "encryption_keys": new_key()}
    store = Store(home=home, settings=load_settings(options))
    storage = open_storage(store.settings, migrate=True)
    with storage.transaction() as transaction:
        for credentials in Home(home).prepare_partners(url="").values():
            transaction.add_partner(credentials.partner())
    storage.close()
    return store


@contextmanager
def run_web(store: Store, *, workers: int = 1) -> Iterator[Process]:
    """`stablemint reference web` on a free port: default settings, but for the rate limit, which is off."""
    with _run(store, "web", "--port", "0", "--workers", str(workers)) as (ready, pid):
        yield Process(url=f"http://127.0.0.1:{ready['port']}", pid=pid)


@contextmanager
def run_dispatcher(store: Store) -> Iterator[None]:
    """`stablemint reference dispatch`, which may deliver to this machine."""
    with _run(store, "dispatch"):
        yield


@contextmanager
def run_stock() -> Iterator[Process]:
    """The stock application."""
    with run_command([sys.executable, "-m", "benchmarks.stock"]) as (line, pid):
        yield Process(url=f"http://127.0.0.1:{int(line)}", pid=pid)


@contextmanager
def _run(store: Store, *words: str) -> Iterator[tuple[dict[str, int], int]]:
    command = [sys.executable, "-m", "stablemint", "reference", *words, "--operations-port", "0", "--json"]
    variables = store.settings.variables()
    variables |= {"STABLEMINT_RATE_LIMIT": "off", "STABLEMINT_PRIVATE_WEBHOOK_ADDRESSES": "true"}
    # Not options: they go before the environment, where the settings of every other are.
    for name in ("STABLEMINT_PORT", "STABLEMINT_WORKERS", "STABLEMINT_OPERATIONS_PORT"):
        variables.pop(name)
    with run_command(command, log=store.home / "log", **variables) as (line, pid):
        yield json.loads(line), pid
