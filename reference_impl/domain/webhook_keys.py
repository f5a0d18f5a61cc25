"""The keys that sign webhooks: a set that partners know, of which one signs at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookKey:
    """One key. ``private_key_pem`` is PKCS#8 in PEM; it signs from ``signs_from`` on, by real time."""

    key_id: str
    private_key_pem: str = field(repr=False)
    signs_from: datetime


def choose_signing_key(keys: Sequence[WebhookKey], now: datetime) -> WebhookKey:
    """The key that signs at ``now``: the latest whose time has come, or the first to have one (HOOK-04).

    Raises ValueError for no keys at all.
    """
    if not keys:
        raise ValueError("there is no key that could sign webhooks")
    ordered = sorted(keys, key=lambda key: (key.signs_from, key.key_id))
    ready = [key for key in ordered if key.signs_from <= now]
    return ready[-1] if ready else ordered[0]
