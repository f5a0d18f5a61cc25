"""Request authentication: three header fields, one RSA signature over time stamp, secret and exact body."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from reference_impl.domain.partners import Partner
from reference_impl.domain.problems import unauthenticated

WINDOW = 300
"""Seconds by which `Timestamp` may differ from the server's real time, either way, inclusive (AUTH-09)."""

MINIMUM_KEY_BITS = 2048
_TEN_DIGITS = re.compile("[0-9]{10}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The three header fields as received; None where absent, repeated fields joined by ``, `` (AUTH-13)."""

    api_key: str | None
    timestamp: str | None
    signature: str | None = field(repr=False)


def authenticate(
    credentials: Credentials, body: bytes, *, find_partner: Callable[[str], Partner | None], now: float
) -> Partner:
    """The partner that signed ``body``, or the first cause to refuse, in the contract's order (AUTH-12).

    ``body`` is what was received, byte for byte (AUTH-03), with GET too (AUTH-05), and empty where there was
    none (AUTH-04). No refusal says what should have been signed (AUTH-14).
    ``now`` is the server's real time in seconds since 1970, wherever the session clock is (AUTH-10). Whether
    the signature was seen before plays no part (AUTH-15): two honest equal requests in one second look alike.
    Raises ``missing_credentials``, ``unknown_api_key``, ``malformed_timestamp``, ``timestamp_out_of_window``
    or ``invalid_signature``.
    """
    if not (credentials.api_key and credentials.timestamp and credentials.signature):  # AUTH-06
        raise unauthenticated(
            "missing_credentials",
            "Send the three header fields ApiKey, Timestamp and Signature, none of them empty.",
        )
    partner = find_partner(credentials.api_key)
    if partner is None:  # AUTH-07
        raise unauthenticated("unknown_api_key", "No partner has this ApiKey. Check the key and the server.")
    if not _TEN_DIGITS.fullmatch(credentials.timestamp):  # AUTH-08
        raise unauthenticated(
            "malformed_timestamp", "Timestamp is Unix time in whole seconds: exactly ten digits."
        )
    if abs(int(now) - int(credentials.timestamp)) > WINDOW:  # AUTH-09
        raise unauthenticated(
            "timestamp_out_of_window",
            f"Timestamp differs from the server's time by more than {WINDOW} seconds. Sign again with the "
            "present time, and check this machine's clock.",
        )
    signed = f"{credentials.timestamp},{partner.api_secret},".encode() + body
    if not verify_signature(signed, credentials.signature, public_key_pem=partner.public_key_pem):  # AUTH-11
        raise unauthenticated(
            "invalid_signature",
            "Signature does not verify. Sign `<Timestamp>,<API secret>,<request body>`, the body being the "
            "exact bytes sent, with RSA PKCS#1 v1.5 and SHA-256; send it as standard base64 with padding.",
        )
    return partner


def verify_signature(signed: bytes, signature: str, *, public_key_pem: str) -> bool:
    """Whether ``signature`` (RFC 4648 §4, padded) is RSA PKCS#1 v1.5, SHA-256 over ``signed`` (AUTH-02)."""
    try:
        decoded = base64.b64decode(signature.encode("ascii"), validate=True)
        load_public_key(public_key_pem).verify(decoded, signed, padding.PKCS1v15(), hashes.SHA256())
    except (UnicodeEncodeError, binascii.Error, InvalidSignature):
        return False
    return True


@lru_cache(maxsize=4096)
def load_public_key(pem: str) -> rsa.RSAPublicKey:
    """The RSA key of an SPKI PEM text; raises ValueError if it is none, or has fewer than 2048 bits."""
    key = serialization.load_pem_public_key(pem.encode())
    if not isinstance(key, rsa.RSAPublicKey):
        raise ValueError("the public key is not an RSA key; make one of at least 2048 bits")
    if key.key_size < MINIMUM_KEY_BITS:
        raise ValueError(f"the RSA key has {key.key_size} bits; at least {MINIMUM_KEY_BITS} are needed")
    return key
