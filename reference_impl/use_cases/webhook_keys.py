"""The keys that sign webhooks: made, rotated, retired, and found by whoever signs."""

from __future__ import annotations

import secrets
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import rsa

from reference_impl.credentials import load_private_key, new_private_key, public_pem
from reference_impl.domain.webhook_keys import WebhookKey, choose_signing_key
from reference_impl.storage.port import Storage


class KeyInUseError(Exception):
    """The key that signs cannot be retired."""


def require_webhook_key(storage: Storage, *, now: datetime) -> None:
    """Make the first key of a store that has none: each store has its own, sandbox or not (HOOK-25)."""
    with storage.transaction() as transaction:
        if not transaction.webhook_keys():
            transaction.add_webhook_key(_new_key(now))


def rotate_webhook_key(storage: Storage, *, signs_from: datetime) -> WebhookKey:
    """Add a key that signs from a time on. Those before stay published, until each is retired."""
    key = _new_key(signs_from)
    with storage.transaction() as transaction:
        transaction.add_webhook_key(key)
    return key


def retire_webhook_key(storage: Storage, key_id: str, *, now: datetime) -> None:
    """Remove a key. Raises KeyError if there is none, ``KeyInUseError`` if it signs, now or next."""
    with storage.transaction() as transaction:
        keys = transaction.webhook_keys()
        key = {key.key_id: key for key in keys}[key_id]
        if key.signs_from > now or choose_signing_key(keys, now) == key:
            raise KeyInUseError
        transaction.remove_webhook_key(key_id)


def signing_key(storage: Storage, *, now: datetime) -> rsa.RSAPrivateKey:
    """The key that signs at ``now``, by real time."""
    with storage.transaction() as transaction:
        chosen = choose_signing_key(transaction.webhook_keys(), now)
    return load_private_key(chosen.private_key_pem.encode("ascii"))


def public_key_of(key: WebhookKey) -> str:
    """The public half that receivers verify with, as SPKI PEM."""
    return public_pem(load_private_key(key.private_key_pem.encode("ascii"))).decode("ascii")


def _new_key(signs_from: datetime) -> WebhookKey:
    return WebhookKey(
        key_id=secrets.token_hex(4),
        private_key_pem=new_private_key().decode("ascii"),
        signs_from=signs_from,
    )
