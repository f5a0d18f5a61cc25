"""The keys of webhooks: one signs, several are published, and none goes that is needed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reference_impl.storage.memory import MemoryStorage
from reference_impl.use_cases.webhook_keys import (
    KeyInUseError,
    public_key_of,
    require_webhook_key,
    retire_webhook_key,
    rotate_webhook_key,
    signing_key,
)
from tests.reference_impl.builders import NOW

HOUR = timedelta(hours=1)


def test_keys_overlap_when_they_are_rotated() -> None:
    """The first signs until the second's time has come; both are published until one is retired (HOOK-04)."""
    storage = MemoryStorage()
    for _ in range(2):
        require_webhook_key(storage, now=NOW)
    with storage.transaction() as transaction:
        (first,) = transaction.webhook_keys()
    second = rotate_webhook_key(storage, signs_from=NOW + HOUR)
    with storage.transaction() as transaction:
        assert list(transaction.webhook_keys()) == [first, second]
    signed_by = [signing_key(storage, now=now).public_key() for now in (NOW, NOW + HOUR)]
    assert signed_by[0] != signed_by[1]
    for key_id in (first.key_id, second.key_id):
        with pytest.raises(KeyInUseError):
            retire_webhook_key(storage, key_id, now=NOW)
    retire_webhook_key(storage, first.key_id, now=NOW + HOUR)
    with storage.transaction() as transaction:
        assert list(transaction.webhook_keys()) == [second]


def test_an_unknown_key_cannot_be_retired() -> None:
    storage = MemoryStorage()
    with pytest.raises(KeyError):
        retire_webhook_key(storage, "none", now=NOW)


def test_what_is_printed_of_a_key_is_its_public_half() -> None:
    key = rotate_webhook_key(MemoryStorage(), signs_from=NOW)
    assert public_key_of(key).startswith("-----BEGIN PUBLIC KEY-----")
    assert "PRIVATE" not in repr(key)
