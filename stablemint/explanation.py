"""How a request's signature comes about, step by step, without showing the secret."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reference_impl.credentials import PartnerCredentials

_SHOWN = 400


def explain_request_signature(
    credentials: PartnerCredentials, body: bytes, timestamp: str, signature: str
) -> Iterator[tuple[str, str]]:
    """Titles and texts: body, string, hash and key, signature (AUTH-02 to AUTH-04)."""
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key(credentials.private_key_pem, password=None)
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    signed = f"{timestamp},{credentials.api_secret},".encode() + body
    text = body.decode("utf-8", "backslashreplace")
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(body)} bytes in all)"
    digest = hashlib.sha256(body).hexdigest()
    yield "1. The body, exactly as it is sent", f"{len(body)} bytes, SHA-256 {digest}" if body else "none"
    yield "2. The string to sign: <Timestamp>,<API secret>,<body>", f"{timestamp},{'•' * 8},{shown}"
    ending = "" if body else "; without a body it ends with the second comma"
    yield "   Its length", f"{len(signed)} bytes, {len(credentials.api_secret)} of them the secret{ending}"
    fingerprint = hashlib.sha256(public).hexdigest()
    yield "3. Signed by RSA with SHA-256 and PKCS#1 v1.5 padding", f"public key's SHA-256: {fingerprint}"
    yield "4. In base64 with padding, on one line", f"Signature: {signature}"
    window = "accepted for 300 seconds either way"
    yield "5. Sent with", f"ApiKey: {credentials.api_key}\n  Timestamp: {timestamp}   ({window})"
