"""An authority of the tests' own, and the certificates that it issues, good ones and such as are refused."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_LIFETIME = timedelta(days=2)
LOOPBACK = ("localhost", "127.0.0.1")


class Authority:
    """Signs certificates; ``path`` is its own, for those who trust it. Files are made in ``folder``."""

    def __init__(self, folder: Path, *, name: str = "authority") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} of the tests")])
        self.path = folder / f"{name}.pem"
        builder = self._builder(self._name, self._key.public_key(), is_authority=True)
        certificate = builder.sign(self._key, hashes.SHA256())
        self.path.write_bytes(certificate.public_bytes(Encoding.PEM))

    def issue(self, *names: str, ended: timedelta | None = None, file: str = "server") -> tuple[Path, Path]:
        """The files of a certificate for ``names`` and of its key; ``ended`` is how long ago it expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        builder = self._builder(subject, key.public_key(), ended=ended)
        certificate = builder.add_extension(
            x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False
        ).sign(self._key, hashes.SHA256())
        paths = self._folder / f"{file}.pem", self._folder / f"{file}.key"
        paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
        paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return paths

    def trusting_context(self) -> ssl.SSLContext:
        """What a client connects with that trusts this authority and no other."""
        return ssl.create_default_context(cafile=str(self.path))

    def _builder(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey,
        *,
        is_authority: bool = False,
        ended: timedelta | None = None,
    ) -> x509.CertificateBuilder:
        end = datetime.now(UTC) - ended if ended is not None else datetime.now(UTC) + _LIFETIME
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(end - 2 * _LIFETIME)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        )


def serving_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """What a server serves a certificate with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
