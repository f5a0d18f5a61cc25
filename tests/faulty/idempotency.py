"""IDEM: servers on which it is not safe to try again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from reference_impl.domain import idempotency
from reference_impl.storage.memory import MemoryStorage
from reference_impl.use_cases import sessions as use_cases
from tests.faulty.patches import Patches, faulty


@faulty(breaks="IDEM-01", collateral=("IDEM",))
def a_repeat_makes_a_second_session(patches: Patches) -> None:
    """Keys are taken and never looked up again."""
    patches.replace(MemoryStorage, "first_answer", lambda *_: None)


@faulty(breaks="IDEM-09", on="reference")
def order_of_members_counts(patches: Patches) -> None:
    """A repeat whose members come in another order is another request."""

    def fingerprint(original: Callable[..., bytes], request: Mapping[str, Any]) -> bytes:
        return original(request) + json.dumps(list(request)).encode()

    patches.around(use_cases, "fingerprint", fingerprint)


@faulty(breaks="IDEM-11")
def keys_shared_by_all_partners(patches: Patches) -> None:
    """Keys are one name space for everybody, so that a partner meets the session of another."""

    def scope(original: Callable[..., Any], **keywords: Any) -> Any:
        return original(**{**keywords, "partner_id": "everybody"})

    patches.around(use_cases, "KeyScope", scope)


@faulty(breaks="IDEM-12")
def keys_without_case(patches: Patches) -> None:
    """Keys are compared without regard to case."""

    def scope(original: Callable[..., Any], **keywords: Any) -> Any:
        return original(**{**keywords, "key": keywords["key"].lower()})

    patches.around(use_cases, "KeyScope", scope)


@faulty(breaks="IDEM-08", collateral=("IDEM-09",))
def a_reused_key_gets_the_first_answer(patches: Patches) -> None:
    """Another request under a used key is answered with the session of the first."""
    patches.replace(use_cases, "require_same_request", lambda *_: None)


@faulty(breaks="IDEM-13", on="reference")
def concurrent_requests_race(patches: Patches) -> None:
    """The key is looked up, and written later, and nothing keeps others from doing the same in between."""

    @contextmanager
    def transaction(self: MemoryStorage) -> Iterator[MemoryStorage]:
        yield self

    def first_answer(original: Callable[..., Any], self: MemoryStorage, scope: idempotency.KeyScope) -> Any:
        found = original(self, scope)
        time.sleep(0.02)
        return found

    patches.replace(MemoryStorage, "transaction", transaction)
    patches.around(MemoryStorage, "first_answer", first_answer)
