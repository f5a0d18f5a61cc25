"""HTTPS on one's own machine: a certificate made at first start, for loopback names alone."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from reference_impl.files import replace_file

LIFETIME = timedelta(days=397)
"""Browsers refuse a longer one."""

_RENEWED_BEFORE = timedelta(days=30)
_NAMES = ("localhost",)
_ADDRESSES = ("127.0.0.1", "::1")


class Certificate:
    """A self-signed certificate and its key, PEM files in one folder; clients trust the first."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "tls_certificate.pem"
        self.key_path = folder / "tls_private_key.pem"

    def prepare(self, *, host: str, now: datetime) -> None:
        """Make both where they are missing, damaged, soon to expire, or for another host than ``host``."""
        if not self._serves(host, now=now):
            key, certificate = _make(host, now=now)
            replace_file(self.key_path, key)
            replace_file(self.path, certificate, mode=0o644)

    def _serves(self, host: str, *, now: datetime) -> bool:
        if not (self.path.exists() and self.key_path.exists()):
            return False
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.path, self.key_path)
            certificate = x509.load_pem_x509_certificate(self.path.read_bytes())
            alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except (ssl.SSLError, ValueError, x509.ExtensionNotFound):  # cut off, or not of one another
            return False
        return now + _RENEWED_BEFORE < certificate.not_valid_after_utc and _general_name(host) in alternatives


def _make(host: str, *, now: datetime) -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Stable Mint mock server")])
    served = {str(value): _general_name(value) for value in (*_NAMES, *_ADDRESSES, host)}
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectAlternativeName(served.values()), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    key_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return key_pem, certificate.public_bytes(serialization.Encoding.PEM)


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
