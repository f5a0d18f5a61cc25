"""Customers: a partner's `userId`, known by one `customerId` in all that concerns this partner and user."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

_NAMESPACE = uuid.UUID("7a0cb5d2-52c4-5e6c-9a55-3a1c3d4fb1f0")


SAVED_BANKS = 10
"""How many banks of a customer are kept, the most recent ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedBank:
    """A bank with which a customer has completed a payment; ``iban_masked`` shows four characters."""

    bank_id: str
    name: str
    iban_masked: str


def identify_customer(partner_id: str, user_id: str | None, *, email: str = "") -> str:
    """The `customerId` of a partner's user: the same at every call, another for another partner (HOOK-12).

    A payer without ``user_id``, whom Stable Mint manages, is known by ``email``. Derived (RFC 9562 §5.5,
    name-based) rather than stored, so that it survives the loss of every session. The length prefix keeps
    (``a``, ``bc``) and (``ab``, ``c``) apart.
    """
    kind, name = ("email", email.lower()) if user_id is None else ("user", user_id)
    return str(uuid.uuid5(_NAMESPACE, f"{len(partner_id)}:{partner_id}:{kind}:{name}"))
