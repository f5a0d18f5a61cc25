"""The adapters of the storage port, each opened empty."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Protocol

import pytest

from reference_impl.storage.memory import MemoryStorage
from reference_impl.storage.port import Storage, Transaction
from reference_impl.storage.sql import SqlStorage
from tests.postgresql import Postgresql
from tests.reference_impl.builders import a_partner

MOST_THREADS = 24
"""Threads that use one store at one time."""


class OpenStorage(Protocol):
    """Opens an empty store that knows the partner ``acme``; closed when the test ends."""

    def __call__(self, *, capacity: int | None = None) -> Storage: ...


ADAPTERS = ("memory", "postgresql", "sqlite")


@contextmanager
def place(adapter: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """The URL of an empty place for a store, gone when the block ends; that of memory is empty."""
    match adapter:
        case "memory":
            yield ""
        case "sqlite":
            yield f"sqlite:///{folder / 'state.db'}"
        case "postgresql":
            server: Postgresql = request.getfixturevalue("postgresql")
            with server.database() as url:
                yield url


@pytest.fixture(params=ADAPTERS)
def open_storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenStorage]:
    """Opens the adapter under test, once in a test."""
    with place(request.param, request, tmp_path) as url, ExitStack() as opened:

        def open_one(*, capacity: int | None = None) -> Storage:
            storage = (
                SqlStorage.connect(url, capacity=capacity, pool_size=MOST_THREADS)
                if url
                else MemoryStorage(capacity=capacity)
            )
            opened.callback(storage.close)
            with storage.transaction() as transaction:
                transaction.add_partner(a_partner())
            return storage

        yield open_one


@pytest.fixture(params=[adapter for adapter in ADAPTERS if adapter != "memory"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Of an empty place that several processes can share."""
    with place(request.param, request, tmp_path) as found:
        yield found


@pytest.fixture
def storage(open_storage: OpenStorage) -> Storage:
    """An empty store without a bound."""
    return open_storage()


class Undo(BaseException):
    """No Exception: what ends a process's work undoes it as well."""


@contextmanager
def undone(storage: Storage) -> Iterator[Transaction]:
    """A transaction that fails when all in it is done."""
    with suppress(Undo), storage.transaction() as transaction:
        yield transaction
        raise Undo
