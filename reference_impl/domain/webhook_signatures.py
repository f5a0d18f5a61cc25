"""The signature of a webhook: RSA-SHA256 over time stamp and exact body, afresh for each attempt."""

from __future__ import annotations

import base64
from datetime import datetime

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from reference_impl.domain.events import as_rfc3339


def sign_webhook(body: bytes, *, key: rsa.RSAPrivateKey, now: datetime) -> dict[str, str]:
    """The header fields for ``body`` (HOOK-03); ``now`` is real time, never the session clock's (HOOK-04)."""
    timestamp = as_rfc3339(now)
    signature = key.sign(f"{timestamp},".encode() + body, padding.PKCS1v15(), hashes.SHA256())
    return {
        "StableMint-Timestamp": timestamp,
        "StableMint-Signature": base64.b64encode(signature).decode("ascii"),
    }
