"""A dispatcher at work signs with the key whose turn it is, whoever rotates it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from reference_impl.delivery.addresses import AddressPolicy
from reference_impl.delivery.sender import Sender
from reference_impl.domain.problems import unavailable
from reference_impl.serving import process
from reference_impl.storage.encryption import UndecipherableError
from reference_impl.storage.memory import MemoryStorage
from reference_impl.use_cases.webhook_keys import require_webhook_key, rotate_webhook_key, signing_key


class Restless(MemoryStorage):
    """A store that is away now and then, or holds what cannot be read."""

    away = False
    asked_in_vain = 0

    @contextmanager
    def transaction(self) -> Iterator[MemoryStorage]:
        if self.away:
            self.asked_in_vain += 1
            raise unavailable("It is away.") if self.asked_in_vain % 2 else UndecipherableError
        with super().transaction() as transaction:
            yield transaction


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - what it waits for tells nobody
            await asyncio.sleep(0.005)


def test_a_rotated_key_is_taken_up_while_it_runs_also_after_the_store_was_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """HOOK-04."""
    monkeypatch.setattr(process, "_KEY_LIFETIME", 0.005)
    storage = Restless()
    require_webhook_key(storage, now=datetime.now(UTC))
    sender = Sender(key=signing_key(storage, now=datetime.now(UTC)), addresses=AddressPolicy(private=True))
    first = sender.key

    async def run() -> None:
        following = asyncio.create_task(process._follow_signing_key(sender, storage))  # type: ignore[arg-type]
        storage.away = True
        await until(lambda: storage.asked_in_vain > 2)
        storage.away = False
        rotate_webhook_key(storage, signs_from=datetime.now(UTC))
        await until(lambda: sender.key != first)
        following.cancel()

    asyncio.run(run())
    assert sender.key == signing_key(storage, now=datetime.now(UTC))
