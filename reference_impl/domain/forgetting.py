"""Forgetting who a payer is: what of a session, and of what was told of it, says so (SESS-06)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from reference_impl.domain.sessions import Session

FORGOTTEN_EMAIL = "forgotten@redacted.invalid"
"""Stands where an event must have an address and nobody's is known; nothing is at `.invalid` (RFC 2606)."""

_NULLABLE = ("customerFullName", "customerResidenceAddress", "customerCitizenshipCountryCode")


def forget_payer(session: Session) -> Session:
    """A session that has ended, without who paid, and from which accounts."""
    deposit = session.deposit and replace(session.deposit, debtor_iban_masked=None)
    return replace(session, user_email=None, user_kyc=None, payer=None, saved_banks=(), deposit=deposit)


def forget_in_event(body: bytes) -> bytes:
    """An event's body without who paid: null where that may stand (HOOK-11), else a name for nobody."""
    envelope: dict[str, Any] = json.loads(body)
    data = envelope["data"]
    changes: dict[str, Any] = {name: None for name in _NULLABLE if name in data}
    if "customerEmail" in data:
        changes["customerEmail"] = FORGOTTEN_EMAIL
    if not changes:
        return body
    data.update(changes)
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()
