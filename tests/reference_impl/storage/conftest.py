"""The adapters of the storage port, each opened empty."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import pytest

from reference_impl.storage.memory import MemoryStorage
from reference_impl.storage.port import Storage, Transaction
from reference_impl.storage.sql import SqlStorage
from tests.reference_impl.builders import a_partner


class OpenStorage(Protocol):
    """Opens an empty store that knows the partner ``acme``; closed when the test ends."""

    def __call__(self, *, capacity: int | None = None) -> Storage: ...


def _open_memory(_: Path, capacity: int | None) -> Storage:
    return MemoryStorage(capacity=capacity)


def _open_sqlite(folder: Path, capacity: int | None) -> Storage:
    return SqlStorage.open(folder / "state.db", capacity=capacity)


ADAPTERS: dict[str, Callable[[Path, int | None], Storage]] = {
    "memory": _open_memory,
    "sqlite": _open_sqlite,
}


@pytest.fixture(params=sorted(ADAPTERS))
def open_storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenStorage]:
    """Opens the adapter under test, once in a test."""
    opened: list[Storage] = []

    def open_one(*, capacity: int | None = None) -> Storage:
        storage = ADAPTERS[request.param](tmp_path, capacity)
        opened.append(storage)
        with storage.transaction() as transaction:
            transaction.add_partner(a_partner())
        return storage

    yield open_one
    for storage in opened:
        storage.close()


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
