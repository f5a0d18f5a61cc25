"""The keys that sign deliveries: read from PEM files, or made where the mock server looks for one."""

import os
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ..credentials import CredentialsError

PRIVATE_KEY: Final = "webhook_private_key.pem"
PUBLIC_KEY: Final = "webhook_public_key.pem"
KEY_BITS: Final = 2048


def make() -> rsa.RSAPrivateKey:
    """A fresh key of 2048 bits, the least that the contract allows."""
    return rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)


def read(path: Path) -> rsa.RSAPrivateKey:
    """The RSA private key in the PEM file `path`. Raises :class:`CredentialsError`."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise CredentialsError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, TypeError):
        raise CredentialsError(f"{path} is no unencrypted private key in PEM form") from None
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < KEY_BITS:
        raise CredentialsError(f"{path} is no RSA key of at least {KEY_BITS} bits; webhooks are RSA-SHA256")
    return key


def read_public(path: Path) -> rsa.RSAPublicKey:
    """The RSA public key in the PEM file `path`. Raises :class:`CredentialsError`."""
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except OSError as error:
        raise CredentialsError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError:
        raise CredentialsError(f"{path} is no public key in PEM form") from None
    if not isinstance(key, rsa.RSAPublicKey):
        raise CredentialsError(f"{path} is no RSA key; webhooks are RSA-SHA256")
    return key


def keep(home: Path) -> tuple[Path, bool]:
    """Make the key pair of `home` where there is none: the public half, and whether it was made now.

    The names are those of the mock server, so that a receiver that trusts this key trusts the mock server.
    Raises :class:`CredentialsError`.
    """
    private, public = home / PRIVATE_KEY, home / PUBLIC_KEY
    made = not private.exists()
    try:
        home.mkdir(parents=True, exist_ok=True)
        if made:
            _write(private, _private_pem(make()), mode=0o600)
        if made or not public.exists():
            _write(public, public_pem(read(private)), mode=0o644)
    except OSError as error:
        raise CredentialsError(f"{error.filename or home} cannot be written: {error.strerror}") from None
    return public, made


def public_pem(key: rsa.RSAPrivateKey) -> bytes:
    """The public half as SPKI PEM, which every language reads."""
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _private_pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes, *, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(content)
