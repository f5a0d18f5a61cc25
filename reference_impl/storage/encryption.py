"""Encryption of what a stolen copy of the database must not tell: API secrets, webhook keys, identity data.

Fernet (AES-128-CBC with HMAC-SHA256) by a set of keys: the first one encrypts, all of them decrypt, so that
keys are rotated while processes run.
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class UndecipherableError(Exception):
    """What was read was encrypted with none of the keys, or not encrypted at all."""

    def __init__(self) -> None:
        super().__init__("the database holds what none of the encryption keys decrypts")


def describe_lost_rows(table: str, numbers: Sequence[int]) -> str:
    """What to log of rows that are set aside: by their number, for a session's identifier opens it."""
    others = f" and {len(numbers) - 1} others that are due" if len(numbers) > 1 else ""
    return (
        f"row {numbers[0]} of {table} (column sequence){others} cannot be read, having been encrypted with "
        "a key that is not among the encryption_keys: give that key as well, or delete what it encrypted, "
        "which `stablemint reference encryption-key rotate` lists; it is set aside for a minute at a time"
    )


class Cipher:
    """Encrypts with the first of ``keys`` and decrypts with any. Raises ValueError for what is no key."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise ValueError("give at least one key")
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError:
            raise ValueError(
                "a key is 32 random bytes in URL-safe base64, 44 characters; "
                "`stablemint reference encryption-key generate` makes one"
            ) from None

    def encrypt(self, data: bytes) -> bytes:
        """``data`` as visible ASCII that only a holder of the key can read or make."""
        return self._fernet.encrypt(data)

    def decrypt(self, token: bytes) -> bytes:
        """What ``encrypt`` was given; raises UndecipherableError."""
        try:
            return self._fernet.decrypt(token)
        except InvalidToken:
            raise UndecipherableError from None


def new_key() -> str:
    """A fresh key."""
    return Fernet.generate_key().decode("ascii")


def split_keys(text: str) -> list[str]:
    """The keys of a setting: separated by commas, white space around them ignored."""
    return [key for part in text.split(",") if (key := part.strip())]
