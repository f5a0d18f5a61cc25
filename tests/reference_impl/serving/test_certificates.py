"""A certificate that cannot be served is refused at start, by the name of its setting."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from reference_impl.serving.certificates import require_certificate
from reference_impl.settings import SettingsError, load_settings
from tests.certificates import LOOPBACK, Authority


def test_a_certificate_with_its_key_is_taken(tmp_path: Path) -> None:
    certificate, key = Authority(tmp_path).issue(*LOOPBACK)
    require_certificate(load_settings({"tls_certificate": certificate, "tls_key": key}))
    require_certificate(load_settings({}))


def exchange_key(certificate: Path, key: Path) -> None:
    Authority(key.parent).issue(*LOOPBACK, file="another")[1].replace(key)


def spoil_certificate(certificate: Path, key: Path) -> None:
    certificate.write_text("no certificate\n")


def encrypt_key(certificate: Path, key: Path) -> None:
    loaded = load_pem_private_key(key.read_bytes(), password=None)
    encryption = BestAvailableEncryption(b"passphrase")
    key.write_bytes(loaded.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))


@pytest.mark.parametrize(
    ("break_it", "reason"),
    [
        (exchange_key, "tls_key: .*server.key is not the key of the certificate"),
        (spoil_certificate, "tls_certificate, tls_key: .*server.pem has to be a PEM certificate chain"),
        (encrypt_key, "tls_key: the key is encrypted"),
    ],
)
def test_what_could_not_be_served_is_refused_by_name(
    tmp_path: Path, break_it: Callable[[Path, Path], None], reason: str
) -> None:
    """Without asking a terminal for a passphrase."""
    certificate, key = Authority(tmp_path).issue(*LOOPBACK)
    break_it(certificate, key)
    with pytest.raises(SettingsError, match=reason):
        require_certificate(load_settings({"tls_certificate": certificate, "tls_key": key}))
