"""Signing keys: where they come from, and what is no key."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_public_key,
)

from contract_tests.credentials import CredentialsError
from contract_tests.receivers import keys
from mockserver import MockServer


def test_a_pair_is_made_once_and_kept(tmp_path: Path) -> None:
    """The private half for nobody else; a second time changes nothing."""
    home = tmp_path / "new" / "home"
    public, made = keys.keep(home)
    assert made
    private = home / "webhook_private_key.pem"
    assert private.stat().st_mode & 0o077 == 0
    assert load_pem_public_key(public.read_bytes()) == keys.read(private).public_key()
    before = private.read_bytes(), public.read_bytes()
    assert keys.keep(home) == (public, False)
    assert (private.read_bytes(), public.read_bytes()) == before


def test_a_mock_server_goes_on_with_the_same_key(tmp_path: Path) -> None:
    """Whom a receiver trusts need not change."""
    public, _ = keys.keep(tmp_path)
    before = public.read_bytes()
    with MockServer(home=tmp_path):
        pass
    assert public.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"no PEM", b"short", b"curve"])
def test_what_is_no_key_is_refused_by_name(content: bytes, tmp_path: Path) -> None:
    """RSA of at least 2048 bits, unencrypted, in PEM."""
    made: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | None = None
    if content == b"short":
        made = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - too short on purpose
    elif content == b"curve":
        made = ec.generate_private_key(ec.SECP256R1())
    pem = made and made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = tmp_path / "key.pem"
    file.write_bytes(pem or content)
    with pytest.raises(
        CredentialsError, match=r"key.pem is no .*(private key in PEM form|at least 2048 bits)"
    ):
        keys.read(file)


def test_a_key_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(CredentialsError, match=r"gone.pem cannot be read: No such file"):
        keys.read(tmp_path / "gone.pem")
