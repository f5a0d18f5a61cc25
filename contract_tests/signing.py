"""Request signatures, made from the document alone: the suite shares no code with what it judges."""

import base64

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
