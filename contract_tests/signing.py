"""Signatures, made and verified from the document alone: the suite shares no code with what it judges."""

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

CREDENTIAL_HEADERS = ("ApiKey", "Timestamp", "Signature")


def signed_string(*, timestamp: str, secret: str, body: bytes) -> bytes:
    """``<Timestamp>,<API secret>,<request body>``.

    UTF-8, the body's bytes exactly as sent (AUTH-02, AUTH-03).
    """
    return f"{timestamp},{secret},".encode() + body


def signature(key: rsa.RSAPrivateKey, message: bytes) -> str:
    """RSA-SHA256, PKCS#1 v1.5, in base64 with padding (RFC 4648 section 4)."""
    return base64.b64encode(key.sign(message, padding.PKCS1v15(), hashes.SHA256())).decode("ascii")


def signs_webhook(key: rsa.RSAPublicKey, *, timestamp: str, signature: str, body: bytes) -> bool:
    """Whether this is the signature over ``<StableMint-Timestamp>,<request body>``, as sent (HOOK-03)."""
    try:
        decoded = base64.b64decode(signature.encode("ascii"), validate=True)
        key.verify(decoded, timestamp.encode("latin-1") + b"," + body, padding.PKCS1v15(), hashes.SHA256())
    except (binascii.Error, UnicodeError, InvalidSignature):
        return False
    return True
