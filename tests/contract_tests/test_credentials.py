"""Credentials come from folders, files and the environment, and mistakes in them are named."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from contract_tests.credentials import CredentialsError, read_directory, read_environment
from contract_tests.target import Target, TargetError, name_apart
from reference_impl.credentials import PartnerCredentials
from tests.by_hand import write_credentials
from tests.contract_tests.running import held


@pytest.fixture
def folder(partners: Mapping[str, PartnerCredentials], tmp_path: Path) -> Path:
    """A folder with the credentials of one partner."""
    return write_credentials({"demo": partners["demo"]}, tmp_path)[0]


def test_a_folder_names_its_partner(folder: Path, partners: Mapping[str, PartnerCredentials]) -> None:
    """The three files make a partner that signs as the real one does; a final newline is no part of them."""
    (folder / "api_key").write_text(partners["demo"].api_key + "\n")
    partner = read_directory(folder)
    assert partner.name == "demo"
    signed = dict(partner.headers(b"{}", timestamp="1700000000"))
    assert signed == partners["demo"].sign(b"{}", timestamp=1_700_000_000)


def test_nothing_secret_in_a_representation(folder: Path) -> None:
    """A partner in a traceback shows its name alone."""
    assert repr(read_directory(folder)) == "Partner(name='demo')"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("api_key", None, "api_key cannot be read: No such file or directory"),
        ("api_key", b"", "the API key of demo is empty or holds other than visible ASCII"),
        ("api_secret", "é".encode(), "api_secret holds other than ASCII"),
        ("private_key.pem", b"key", "is no unencrypted private key in PEM form"),
        (
            "private_key.pem",
            ec.generate_private_key(ec.SECP256R1()).private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
            "is no RSA key; signatures are RSA-SHA256",
        ),
    ],
    ids=["absent", "empty", "no ASCII", "no PEM", "elliptic"],
)
def test_mistakes_are_named(folder: Path, name: str, content: bytes | None, message: str) -> None:
    """Which file, and what is wrong with it."""
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content)
    with pytest.raises(CredentialsError, match=message):
        read_directory(folder)


def test_the_environment(folder: Path) -> None:
    """All three variables, or none."""
    complete = {
        "STABLEMINT_API_KEY": "key",
        "STABLEMINT_API_SECRET": "secret",
        "STABLEMINT_PRIVATE_KEY": str(folder / "private_key.pem"),
    }
    partner = read_environment(complete)
    assert partner is not None
    assert partner.api_key == "key"
    assert read_environment({}) is None
    with pytest.raises(CredentialsError, match="STABLEMINT_API_SECRET not set"):
        read_environment({**complete, "STABLEMINT_API_SECRET": ""})


def test_partners_of_one_name_are_told_apart(partners: Mapping[str, PartnerCredentials]) -> None:
    """Folders of two homes may both be called demo."""
    (demo,) = held({"demo": partners["demo"]})
    assert [partner.name for partner in name_apart([demo, demo, demo])] == ["demo", "demo-2", "demo-3"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"url": "localhost:8080"}, "is no base URL"),
        ({"url": "http://localhost:port"}, "is no base URL"),
        ({"url": "http://localhost/?a=b"}, "is no base URL"),
        ({"url": "http://me:hidden@localhost:8080"}, "^a base URL takes no user name and no password"),
        ({"partners": ()}, "no credentials: give --credentials"),
        (
            {"max_amount": 0.5},
            "0.5 is not one from 1, below which there is no room .* to the contract's 1,000,000",
        ),
        ({"max_amount": 1_000_001}, "is not one from 1"),
        ({"claims": frozenset({"core", "tls"})}, "tls: no such capability; there are core, hosted"),
    ],
)
def test_targets_that_cannot_be_one(
    changes: dict[str, object], message: str, partners: Mapping[str, PartnerCredentials]
) -> None:
    """A wrong configuration is refused before anything is sent."""
    usual: dict[str, object] = {"url": "http://localhost:8080", "partners": held(partners)}
    with pytest.raises(TargetError, match=message):
        Target(**{**usual, **changes})  # type: ignore[arg-type]  # wrong on purpose
