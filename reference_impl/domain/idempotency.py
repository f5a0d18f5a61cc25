"""Idempotency keys: which requests count as the same, and what a repeat is given."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reference_impl.domain.problems import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyScope:
    """What a key is unique within: a partner and an operation (IDEM-11); its case counts (IDEM-12)."""

    partner_id: str
    operation_id: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstAnswer:
    """The 201 that consumed a key, kept to be given again (IDEM-01), however the session has moved on.

    ``body`` is its exact bytes (IDEM-02, IDEM-05). It is kept as long as its session (IDEM-15).
    """

    scope: KeyScope
    fingerprint: bytes
    session_id: str
    body: bytes
    answered_at: datetime


def fingerprint(request: Mapping[str, Any]) -> bytes:
    """SHA-256 over a canonical form: equal for two requests iff they count as the same.

    The same members recursively (absent is not `{}`), order ignored, strings equal by code point, numbers
    equal as binary64 values; white space and escapes are gone with the parsing (IDEM-09).
    Header fields and the query are no part of it (IDEM-10).
    """
    canonical = json.dumps(_with_float_numbers(request), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).digest()


def _with_float_numbers(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _with_float_numbers(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_with_float_numbers(member) for member in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def require_same_request(first: FirstAnswer, fingerprint: bytes) -> None:
    """Refuse another request under a consumed key; raises ``idempotency_key_reused`` (IDEM-08)."""
    if first.fingerprint != fingerprint:
        raise Problem(
            "idempotency_key_reused",
            "This idempotencyKey was used for another request to this operation. Repeat that request "
            "unchanged, or choose a new key.",
        )


def in_progress() -> Problem:
    """A 409 while another request with the key is under way, with `Retry-After` (IDEM-13, ERR-09)."""
    return Problem(
        "idempotency_in_progress",
        "A request with this idempotencyKey is being processed. Try again.",
        headers={"retry-after": "1"},
    )
