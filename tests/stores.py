"""Where the servers under test keep their data: the mock in memory, the reference in either database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from reference_impl.storage.memory import MemoryStorage
from reference_impl.storage.port import Storage
from reference_impl.storage.sql import SqlStorage
from tests.postgresql import Postgresql

SERVERS = ("mock", "reference-postgresql", "reference-sqlite")
"""An application, and what it stands on where that is not memory."""


def application_of(server: str) -> str:
    """`mock` or `reference`."""
    return server.partition("-")[0]


@contextmanager
def open_store(server: str, request: pytest.FixtureRequest) -> Iterator[Storage]:
    """An empty store for one of ``SERVERS``, closed when the block ends."""
    match server.partition("-")[2]:
        case "sqlite":
            folders: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
            with closing(SqlStorage.open(folders.mktemp("store") / "state.db")) as storage:
                yield storage
        case "postgresql":
            postgresql: Postgresql = request.getfixturevalue("postgresql")
            with postgresql.database() as url, closing(SqlStorage.connect(url)) as storage:
                yield storage
        case _:
            yield MemoryStorage()
