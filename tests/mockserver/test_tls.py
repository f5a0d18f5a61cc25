"""HTTPS on one's own machine: a certificate that ordinary clients trust once they are told of it."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from cryptography import x509

from mockserver import MockServer
from mockserver.tls import LIFETIME, Certificate

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def read(certificate: Certificate) -> x509.Certificate:
    return x509.load_pem_x509_certificate(certificate.path.read_bytes())


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_a_client_that_trusts_the_certificate_is_answered(host: str, tmp_path: Path) -> None:
    """Under every name of loopback that the server listens on."""
    with MockServer(tls=True, home=tmp_path) as mock:
        assert mock.url.startswith("https://localhost:")
        port = mock.url.rpartition(":")[2]
        context = ssl.create_default_context(cafile=str(tmp_path / "tls_certificate.pem"))
        with pytest.raises(HTTPError) as refused:
            urlopen(f"https://{host}:{port}/session/hosted", context=context)
        assert refused.value.code == 405
        refused.value.close()


def test_the_certificate_is_kept_and_its_key_private(tmp_path: Path) -> None:
    """A second start finds the first one's, so that clients that trust it go on working."""
    certificate = Certificate(tmp_path)
    certificate.prepare(host="127.0.0.1", now=NOW)
    first = certificate.path.read_bytes()
    certificate.prepare(host="127.0.0.1", now=NOW + timedelta(days=300))
    assert certificate.path.read_bytes() == first
    assert certificate.key_path.stat().st_mode & 0o777 == 0o600


def test_a_certificate_about_to_expire_is_made_anew(tmp_path: Path) -> None:
    """Thirty days before its end, not after it."""
    certificate = Certificate(tmp_path)
    certificate.prepare(host="127.0.0.1", now=NOW)
    later = NOW + LIFETIME - timedelta(days=29)
    certificate.prepare(host="127.0.0.1", now=later)
    assert read(certificate).not_valid_after_utc > later + timedelta(days=300)


def test_another_host_is_named_in_a_new_certificate(tmp_path: Path) -> None:
    """What `--host` says is served under its name."""
    certificate = Certificate(tmp_path)
    certificate.prepare(host="127.0.0.1", now=NOW)
    certificate.prepare(host="mock.test", now=NOW)
    names = read(certificate).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {"localhost", "mock.test"} == set(names.get_values_for_type(x509.DNSName))


@pytest.mark.parametrize("damaged", ["tls_certificate.pem", "tls_private_key.pem"])
def test_files_that_are_cut_off_are_made_anew(damaged: str, tmp_path: Path) -> None:
    """As a full disk or another program leaves them."""
    certificate = Certificate(tmp_path)
    certificate.prepare(host="127.0.0.1", now=NOW)
    file = tmp_path / damaged
    file.write_bytes(file.read_bytes()[:100])
    certificate.prepare(host="127.0.0.1", now=NOW)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate.path, certificate.key_path)


def test_a_key_without_its_certificate_is_made_anew(tmp_path: Path) -> None:
    """A first start that was stopped between the two leaves a new key beside an old certificate."""
    certificate, other = Certificate(tmp_path), Certificate(tmp_path / "other")
    certificate.prepare(host="127.0.0.1", now=NOW)
    other.path.parent.mkdir()
    other.prepare(host="127.0.0.1", now=NOW)
    certificate.key_path.write_bytes(other.key_path.read_bytes())
    certificate.prepare(host="127.0.0.1", now=NOW)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate.path, certificate.key_path)
