"""The demo partners' credentials on disk: made once, kept, and never half written."""

from __future__ import annotations

import base64
import re
import shutil
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from reference_impl.credentials import DEMO_PARTNERS, Home, new_private_key
from reference_impl.domain.partners import CustomerManagement

URL = "http://localhost:8080"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home that was prepared once; tests leave it as it is."""
    home = Home(tmp_path_factory.mktemp("prepared") / "deep" / ".stablemint")
    home.prepare(url=URL)
    return home


@pytest.fixture
def home(prepared: Home, tmp_path: Path) -> Home:
    """A copy of it, which a test may change."""
    return Home(shutil.copytree(prepared.path, tmp_path / ".stablemint"))


def contents(home: Home) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(home.path.rglob("*")) if path.is_file()}


def test_the_demo_partners_cover_both_models_and_each_alone() -> None:
    """As their names say."""
    both = frozenset(CustomerManagement)
    managed, own = frozenset({CustomerManagement.STABLEMINT}), frozenset({CustomerManagement.PARTNER})
    assert dict(DEMO_PARTNERS) == {"demo": both, "managed-only": managed, "partner-only": own}


def test_what_is_prepared_once_is_found_again(prepared: Home) -> None:
    """Byte for byte, by another process as well."""
    before = contents(prepared)
    assert Home(prepared.path).prepare(url=URL) == prepared.prepare(url=URL)
    assert contents(prepared) == before


def test_no_two_partners_share_anything(prepared: Home) -> None:
    """AUTH-16, AUTH-17: keys of 2048 bits, secrets of at least 128 random bits without commas."""
    partners = prepared.prepare(url=URL)
    assert len({partner.api_key for partner in partners.values()}) == 3
    assert len({partner.api_secret for partner in partners.values()}) == 3
    assert len({partner.private_key_pem for partner in partners.values()}) == 3
    for partner in partners.values():
        assert len(base64.urlsafe_b64decode(partner.api_secret)) * 8 >= 128
        assert re.fullmatch("[!-~]+", partner.api_secret)
        assert "," not in partner.api_secret
        key = load_pem_public_key(partner.partner().public_key_pem.encode())
        assert isinstance(key, rsa.RSAPublicKey)
        assert key.key_size == 2048


def test_private_files_are_the_owners_alone(prepared: Home) -> None:
    """All but the public key, which is there to be given away."""
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in contents(prepared)}
    assert modes.pop("webhook_public_key.pem") == 0o644
    assert set(modes.values()) == {0o600}


def test_the_webhook_key_pair_belongs_together(prepared: Home) -> None:
    """What the private one signs, the public one verifies."""
    private = load_pem_private_key(prepared.webhook_private_key.read_bytes(), password=None)
    assert isinstance(private, rsa.RSAPrivateKey)
    public = load_pem_public_key(prepared.webhook_public_key.read_bytes())
    assert isinstance(public, rsa.RSAPublicKey)
    assert public.public_numbers() == private.public_key().public_numbers()


def test_a_signature_is_over_time_stamp_secret_and_body(prepared: Home) -> None:
    """AUTH-02: by the key whose public half the server knows."""
    partner = prepared.prepare(url=URL)["demo"]
    headers = partner.sign(b"{}", timestamp=1_700_000_000)
    assert headers["ApiKey"] == partner.api_key
    assert headers["Timestamp"] == "1700000000"
    key = load_pem_public_key(partner.partner().public_key_pem.encode())
    assert isinstance(key, rsa.RSAPublicKey)
    signed = f"1700000000,{partner.api_secret},{{}}".encode()
    key.verify(base64.b64decode(headers["Signature"]), signed, padding.PKCS1v15(), hashes.SHA256())


def test_credentials_env_follows_the_url(home: Home) -> None:
    """It is written at each start; the values of the partner stay."""
    home.prepare(url=URL)
    file = home.partner_folder("demo") / "credentials.env"
    before = file.read_text()
    home.prepare(url="https://pay.example/a'b")
    assert "pay.example" in file.read_text()
    assert file.read_text().splitlines()[1:] == before.splitlines()[1:]


def test_what_is_missing_is_made_anew_and_nothing_else(home: Home) -> None:
    """One file of one partner."""
    home.prepare(url=URL)
    before = contents(home)
    (home.partner_folder("demo") / "api_secret").unlink()
    home.prepare(url=URL)
    after = contents(home)
    changed = {path.name for path in before if before[path] != after[path]}
    assert changed == {"api_secret", "credentials.env"}


def test_the_final_newline_of_an_editor_is_no_part_of_a_value(home: Home) -> None:
    """Nor of the header field that it becomes."""
    (home.partner_folder("demo") / "api_key").write_text("my-own-key\n")
    assert home.prepare(url=URL)["demo"].api_key == "my-own-key"


def test_many_that_prepare_one_home_at_once_agree(tmp_path: Path) -> None:
    """Whoever comes second keeps the first one's, and no draft is left over."""
    with ThreadPoolExecutor(4) as pool:
        prepared = list(pool.map(lambda _: Home(tmp_path).prepare(url=URL), range(4)))
    assert all(credentials == prepared[0] for credentials in prepared)
    assert Home(tmp_path).prepare(url=URL) == prepared[0]
    assert list(tmp_path.rglob(".*")) == []


def with_passphrase() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"passphrase"))


def of_another_algorithm() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize(
    "damaged",
    [
        lambda: b"",
        lambda: b"-----BEGIN PRIVATE KEY-----\n",
        lambda: new_private_key()[:400],
        with_passphrase,
        of_another_algorithm,
    ],
    ids=["empty", "begun", "cut off", "with a passphrase", "of another algorithm"],
)
@pytest.mark.parametrize("name", ["partners/demo/private_key.pem", "webhook_private_key.pem"])
def test_a_key_that_cannot_be_used_is_named(home: Home, name: str, damaged: Callable[[], bytes]) -> None:
    """With what to do about it; it is not replaced, since it may be dear to somebody."""
    file = home.path / name
    content = damaged()
    file.write_bytes(content)
    with pytest.raises(OSError, match=f"{re.escape(str(file))} is no RSA private key in PEM; remove it"):
        home.prepare(url=URL)
    assert file.read_bytes() == content


@pytest.mark.parametrize("content", [b"", b"\n", b"two words", b"a,b", b"\xff", "schlüssel".encode()])
@pytest.mark.parametrize("name", ["api_key", "api_secret"])
def test_a_value_that_cannot_be_used_is_named(home: Home, name: str, content: bytes) -> None:
    """AUTH-17: visible ASCII without commas."""
    file = home.partner_folder("demo") / name
    file.write_bytes(content)
    with pytest.raises(OSError, match=f"{re.escape(str(file))} must hold visible ASCII without commas"):
        home.prepare(url=URL)
