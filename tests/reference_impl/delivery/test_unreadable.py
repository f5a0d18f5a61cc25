"""Rows that were written with an encryption key that is lost: they are passed over, and hold nothing up."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from reference_impl.delivery.dispatcher import BATCH, Dispatcher
from reference_impl.domain.deliveries import DeliveryStatus
from reference_impl.domain.events import EventType
from reference_impl.domain.sessions import Status
from reference_impl.environment import Environment
from reference_impl.storage.encryption import Cipher, new_key
from reference_impl.storage.port import ASIDE
from reference_impl.storage.sql import SqlStorage
from tests.postgresql import Postgresql
from tests.reference_impl.builders import HOSTED_PARTNER_MANAGED, NOW, a_delivery, a_partner, a_session
from tests.reference_impl.delivery.test_dispatcher import Post

LOST, KEPT = new_key(), new_key()
LATER = NOW + timedelta(hours=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Of an empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'state.db'}"
        return
    server: Postgresql = request.getfixturevalue("postgresql")
    with server.database() as found:
        yield found


def write(url: str, key: str, name: str, *, due_at: datetime, count: int = 1) -> tuple[str, str]:
    """Sessions and deliveries that are due, written with a key: names of the last ones."""
    with closing(SqlStorage.connect(url, cipher=Cipher([key]))) as storage, storage.transaction() as writing:
        for number in range(count):
            writing.add_session(a_session(f"session-{name}-{number}", operation_id=HOSTED_PARTNER_MANAGED))
            writing.add_delivery(a_delivery(f"{name}-{number}", partner_id="acme", due_at=due_at))
    return f"session-{name}-{count - 1}", f"{name}-{count - 1}"


def prepare(url: str) -> None:
    with closing(SqlStorage.connect(url, cipher=Cipher([KEPT]))) as storage, storage.transaction() as writing:
        writing.add_partner(a_partner("acme"))
        for event_type in EventType:
            writing.set_endpoint("acme", event_type, "https://acme.example/")


def work(url: str, *keys: str, rounds: int = 1, after: timedelta = timedelta(0)) -> tuple[SqlStorage, Post]:
    """Have a dispatcher do what is due, some times over."""
    storage, post = SqlStorage.connect(url, cipher=Cipher(keys)), Post()
    environment = Environment(
        storage=storage, public_url="https://x", checkout_url="https://x", session_clock=lambda: LATER + after
    )

    async def run() -> None:
        dispatcher = Dispatcher(environment, post)
        for _ in range(rounds):
            await dispatcher.do_due()
            await dispatcher.finish_attempts()

    asyncio.run(run())
    return storage, post


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.levelno == logging.ERROR]


def test_what_cannot_be_read_is_passed_over_and_logged_with_its_row_and_its_cure(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """ERR-10: by its number, for the identifier of a session opens it to whoever reads the log."""
    prepare(url)
    lost_session, lost = write(url, LOST, "lost", due_at=NOW)
    session, kept = write(url, KEPT, "kept", due_at=NOW + timedelta(minutes=1))
    storage, post = work(url, KEPT, rounds=3)
    with closing(storage), storage.reading() as reading:
        assert kept in [name for name, _ in post.sent]
        assert lost not in [name for name, _ in post.sent]
        found = reading.session(session)
        assert found is not None
        assert found.status is Status.EXPIRED
    told = errors(caplog)
    for table in ("deliveries", "sessions"):
        (line,) = [each for each in told if f" of {table} " in each]  # one, though it was met in each round
        assert re.search(rf"row \d+ of {table} .*encryption_keys", line)
    assert lost_session not in caplog.text


@pytest.mark.parametrize(("count", "rounds"), [(2 * BATCH + 1, 1), (6_000, 2)])
def test_however_many_cannot_be_read_others_have_their_turn_soon(
    url: str, count: int, rounds: int, caplog: pytest.LogCaptureFixture
) -> None:
    """In rounds that look through some thousands at most; each logs one line for each table."""
    prepare(url)
    write(url, LOST, "lost", due_at=NOW, count=count)
    session, kept = write(url, KEPT, "kept", due_at=NOW + timedelta(minutes=1))
    storage, post = work(url, KEPT, rounds=rounds)
    with closing(storage), storage.reading() as reading:
        found = reading.session(session)
        assert found is not None
        assert found.status is Status.EXPIRED
    assert kept in [name for name, _ in post.sent]
    assert len(errors(caplog)) <= 2 * rounds


def test_with_the_key_that_was_lost_all_is_done(url: str) -> None:
    prepare(url)
    session, lost = write(url, LOST, "lost", due_at=NOW)
    work(url, KEPT)[0].close()
    with (
        closing(SqlStorage.connect(url, cipher=Cipher([KEPT]))) as storage,
        storage.transaction() as releasing,
    ):
        releasing.release_claims()  # as their leases end
    storage, post = work(url, KEPT, LOST, after=ASIDE)
    with closing(storage), storage.reading() as reading:
        assert lost in [name for name, _ in post.sent]
        delivery, found = reading.delivery(lost), reading.session(session)
        assert delivery is not None
        assert found is not None
        assert (delivery.status, found.status) == (DeliveryStatus.DELIVERED, Status.EXPIRED)
