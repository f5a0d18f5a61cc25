"""The demo partners' credentials: made at first start, kept as files that shell, curl and openssl can use."""

from __future__ import annotations

import base64
import re
import secrets
import shlex
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from reference_impl.domain.partners import CustomerManagement, Partner
from reference_impl.files import keep_file, replace_file

DEMO_PARTNERS: Mapping[str, frozenset[CustomerManagement]] = {
    "demo": frozenset(CustomerManagement),
    "managed-only": frozenset({CustomerManagement.STABLEMINT}),
    "partner-only": frozenset({CustomerManagement.PARTNER}),
}
KEY_BITS = 2048
_VISIBLE = re.compile(r"[!-+\-.-~]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerCredentials:
    """What a partner holds: its API key and secret, and the private key whose public half is registered."""

    name: str
    customer_management: frozenset[CustomerManagement]
    api_key: str
    api_secret: str = field(repr=False)
    private_key_pem: bytes = field(repr=False)

    def partner(self) -> Partner:
        """The partner as the server knows it."""
        return Partner(
            partner_id=self.name,
            name=self.name,
            api_key=self.api_key,
            api_secret=self.api_secret,
            public_key_pem=public_pem(load_private_key(self.private_key_pem)).decode("ascii"),
            customer_management=self.customer_management,
        )

    def sign(self, body: bytes, *, timestamp: int) -> dict[str, str]:
        """The three header fields for ``body``; ``timestamp`` in whole seconds of Unix time (AUTH-02)."""
        signed = f"{timestamp},{self.api_secret},".encode() + body
        signature = load_private_key(self.private_key_pem).sign(signed, padding.PKCS1v15(), hashes.SHA256())
        return {
            "ApiKey": self.api_key,
            "Timestamp": str(timestamp),
            "Signature": base64.b64encode(signature).decode("ascii"),
        }


class Home:
    """The folder of a server for development: credentials of demo partners, made once and kept.

    Two servers that start at the same time on one folder end up with the same credentials.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.webhook_private_key = path / "webhook_private_key.pem"
        self.webhook_public_key = path / "webhook_public_key.pem"

    def partner_folder(self, name: str) -> Path:
        """Where the credentials of a partner lie."""
        return self.path / "partners" / name

    def webhook_key(self) -> rsa.RSAPrivateKey:
        """The key that signs webhooks, once ``prepare`` has made it."""
        return load_private_key(self.webhook_private_key.read_bytes())

    def prepare(self, *, url: str) -> Mapping[str, PartnerCredentials]:
        """The demo partners' credentials, and the key of webhooks, made where they are missing.

        `credentials.env` names ``url``.
        Raises OSError where the folder cannot be written, or a file of it cannot be used.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor() as pool:  # each key takes 20 to 100 ms; OpenSSL makes them side by side
            webhook_key = pool.submit(_keep_private_key, self.webhook_private_key)
            partners = self._prepare_partners(pool, url=url)
            public_key = public_pem(load_private_key(webhook_key.result()))
        keep_file(self.webhook_public_key, lambda: public_key, mode=0o644)
        return partners

    def prepare_partners(self, *, url: str) -> Mapping[str, PartnerCredentials]:
        """The demo partners' credentials alone, as ``prepare`` makes them."""
        with ThreadPoolExecutor() as pool:
            return self._prepare_partners(pool, url=url)

    def _prepare_partners(self, pool: ThreadPoolExecutor, *, url: str) -> Mapping[str, PartnerCredentials]:
        partners = pool.map(lambda entry: self._prepare_partner(*entry, url=url), DEMO_PARTNERS.items())
        return {partner.name: partner for partner in partners}

    def _prepare_partner(
        self, name: str, models: frozenset[CustomerManagement], *, url: str
    ) -> PartnerCredentials:
        folder = self.partner_folder(name)
        folder.mkdir(parents=True, exist_ok=True)
        key_path = folder / "private_key.pem"
        credentials = PartnerCredentials(
            name=name,
            customer_management=models,
            api_key=_keep_text(folder / "api_key", lambda: new_api_key(name)),
            api_secret=_keep_text(folder / "api_secret", new_api_secret),
            private_key_pem=_keep_private_key(key_path),
        )
        variables = {
            "STABLEMINT_URL": url,
            "STABLEMINT_API_KEY": credentials.api_key,
            "STABLEMINT_API_SECRET": credentials.api_secret,
            "STABLEMINT_PRIVATE_KEY": str(key_path.resolve()),
        }
        lines = "".join(f"{variable}={shlex.quote(value)}\n" for variable, value in variables.items())
        replace_file(folder / "credentials.env", lines.encode())
        return credentials


def new_credentials(name: str, models: frozenset[CustomerManagement]) -> PartnerCredentials:
    """Fresh credentials for a partner, kept nowhere."""
    return PartnerCredentials(
        name=name,
        customer_management=models,
        api_key=new_api_key(name),
        api_secret=new_api_secret(),
        private_key_pem=new_private_key(),
    )


def new_api_key(name: str) -> str:
    """A fresh API key, which begins with the partner's name."""
    return f"key_{name}_{secrets.token_hex(8)}"


def _keep_text(path: Path, make: Callable[[], str]) -> str:
    """A value as header fields and signed strings take it; an editor may have left a final newline."""
    text = keep_file(path, lambda: make().encode()).decode("utf-8", "replace").strip()
    if not _VISIBLE.fullmatch(text):
        raise OSError(f"{path} must hold visible ASCII without commas; remove it to have it made anew")
    return text


def _keep_private_key(path: Path) -> bytes:
    pem = keep_file(path, new_private_key)
    try:
        load_private_key(pem)
    except (ValueError, TypeError):  # no PEM, no RSA key, or one with a passphrase
        raise OSError(f"{path} is no RSA private key in PEM; remove it to have one made anew") from None
    return pem


def new_api_secret() -> str:
    """A fresh API secret."""
    return secrets.token_urlsafe(24)  # 192 random bits of visible ASCII without commas (AUTH-17)


def new_private_key() -> bytes:
    """A fresh RSA key as PKCS#8 PEM, without a passphrase."""
    return rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@lru_cache(maxsize=256)
def load_private_key(private_key_pem: bytes) -> rsa.RSAPrivateKey:
    """The RSA key of a PEM text; raises ValueError or TypeError for what is none, or has a passphrase."""
    key = serialization.load_pem_private_key(private_key_pem, password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("the private key is not an RSA key")
    return key


def public_pem(key: rsa.RSAPrivateKey) -> bytes:
    """The public half as SPKI PEM."""
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def require_public_key(pem: str) -> None:
    """Raises ValueError for what is no SPKI PEM of an RSA key of at least 2048 bits (AUTH-16)."""
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError(
            "must be a public key as SPKI PEM, which begins -----BEGIN PUBLIC KEY-----"
        ) from None
    if not isinstance(key, rsa.RSAPublicKey):
        raise ValueError("must be an RSA key")
    if key.key_size < KEY_BITS:
        raise ValueError(f"must be an RSA key of at least {KEY_BITS} bits")
