"""The sender: what it keeps of an answer, whatever a receiver answers with."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from reference_impl.credentials import load_private_key, new_private_key
from reference_impl.delivery.addresses import AddressPolicy
from reference_impl.delivery.questions import Questions
from reference_impl.delivery.recorder import Recorder
from reference_impl.delivery.sender import LOGGED_ERROR, LOGGED_FIELDS, Sender
from reference_impl.domain.deliveries import Attempt, Delivery, DeliveryStatus, record
from reference_impl.storage.encryption import Cipher, new_key
from reference_impl.storage.sql import SqlStorage
from tests.reference_impl.builders import NOW, a_delivery

KEY = load_private_key(new_private_key())


def attempt_at(answer: bytes, delivery: Delivery) -> Attempt:
    """An attempt at a receiver that answers with these bytes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    async def work() -> Attempt:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            async with Sender(key=KEY, addresses=AddressPolicy(private=True)) as sender:
                return await sender.attempt(delivery, url=url, clock=lambda: NOW)

    return asyncio.run(work())


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[SqlStorage]:
    """A store that encrypts, with one delivery that is due."""
    url = f"sqlite:///{tmp_path / 'store.db'}"
    with closing(SqlStorage.connect(url, cipher=Cipher([new_key()]))) as opened:
        with opened.transaction() as transaction:
            transaction.add_delivery(a_delivery("one"))
        yield opened


def test_an_acknowledgement_in_no_known_encoding_is_recorded_like_any_other(storage: SqlStorage) -> None:
    """HOOK-24: or it would be sent again for ever."""
    answer = b"HTTP/1.1 204 No Content\r\nX-Served-By: caf\xe9 \xff\xfe\r\n\r\n"

    async def work() -> None:
        with storage.transaction() as transaction:
            (claim,) = transaction.claim_deliveries(NOW, lease=timedelta(minutes=1), limit=1)
        attempt = await asyncio.to_thread(attempt_at, answer, claim.delivery)
        await Recorder(storage, Questions(storage)).record(claim, record(claim.delivery, attempt), [attempt])

    asyncio.run(work())
    with storage.reading() as reading:
        delivery, (logged,) = reading.delivery("one"), reading.attempts("one")
    assert delivery is not None
    assert delivery.status is DeliveryStatus.DELIVERED
    assert logged.response_headers == {
        "X-Served-By": "caf\N{REPLACEMENT CHARACTER} " + "\N{REPLACEMENT CHARACTER}" * 2
    }


def test_of_a_head_that_is_too_long_for_the_log_its_beginning_is_kept() -> None:
    fields = b"".join(b"X-%d: %s\r\n" % (number, b"a" * 4_000) for number in range(100))
    attempt = attempt_at(b"HTTP/1.1 204 No Content\r\n" + fields + b"\r\n", a_delivery("one"))
    assert attempt.status == 204
    assert list(attempt.response_headers) == ["X-0", "X-1"]
    assert 0 < sum(map(len, attempt.response_headers.values())) <= LOGGED_FIELDS


def test_the_reason_of_a_failure_does_not_repeat_at_length_what_was_answered() -> None:
    attempt = attempt_at(b"HTTP/1.1 204 No Content\r\n" + b"\x01" * 8_000 + b": 1\r\n\r\n", a_delivery("one"))
    assert attempt.status is None
    assert attempt.error is not None
    assert len(attempt.error) == LOGGED_ERROR
