"""The signature of a webhook, verified as a receiver does it, with the partner's own tools."""

from __future__ import annotations

import base64
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from reference_impl.domain.webhook_signatures import sign_webhook
from tests.reference_impl.builders import NOW

BODY = '{"text": "é\u202e🙂"}\n'.encode()


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    """A signing key, made once."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def verify(key: rsa.RSAPrivateKey, headers: dict[str, str], body: bytes) -> None:
    """Raises InvalidSignature."""
    key.public_key().verify(
        base64.b64decode(headers["StableMint-Signature"], validate=True),
        headers["StableMint-Timestamp"].encode() + b"," + body,
        padding.PKCS1v15(),
        hashes.SHA256(),
    )


def test_it_verifies_over_time_stamp_and_exact_body(key: rsa.RSAPrivateKey) -> None:
    """HOOK-03, HOOK-04."""
    headers = sign_webhook(BODY, key=key, now=NOW)
    assert headers["StableMint-Timestamp"] == "2030-01-02T03:04:05.678Z"
    assert set(headers) == {"StableMint-Timestamp", "StableMint-Signature"}
    verify(key, headers, BODY)


@pytest.mark.parametrize("changed", [BODY[:-1], BODY + b" ", BODY.replace(b": ", b":"), b""])
def test_it_verifies_over_nothing_else(key: rsa.RSAPrivateKey, changed: bytes) -> None:
    """HOOK-03."""
    headers = sign_webhook(BODY, key=key, now=NOW)
    with pytest.raises(InvalidSignature):
        verify(key, headers, changed)
    later = sign_webhook(BODY, key=key, now=NOW + timedelta(milliseconds=1))
    with pytest.raises(InvalidSignature):
        verify(key, headers | {"StableMint-Timestamp": later["StableMint-Timestamp"]}, BODY)


def test_openssl_verifies_it(key: rsa.RSAPrivateKey, tmp_path: Path) -> None:
    """HOOK-03: RSA PKCS#1 v1.5 with SHA-256 is what ``openssl dgst -sha256 -verify`` takes."""
    headers = sign_webhook(BODY, key=key, now=NOW)
    public_key = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (tmp_path / "key.pem").write_bytes(public_key)
    (tmp_path / "signature").write_bytes(base64.b64decode(headers["StableMint-Signature"]))
    (tmp_path / "signed").write_bytes(headers["StableMint-Timestamp"].encode() + b"," + BODY)
    verdict = subprocess.run(
        ["openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "signature", "signed"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (verdict.returncode, verdict.stdout) == (0, "Verified OK\n")


def test_each_attempt_is_signed_afresh(key: rsa.RSAPrivateKey) -> None:
    """HOOK-18."""
    first, second = (sign_webhook(BODY, key=key, now=NOW + timedelta(minutes=wait)) for wait in (0, 5))
    assert first["StableMint-Timestamp"] != second["StableMint-Timestamp"]
    assert first["StableMint-Signature"] != second["StableMint-Signature"]
    verify(key, second, BODY)
