"""`stablemint sign` and `stablemint verify-signature`, for requests and webhooks."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.stablemint.sandboxed import CommandLine

BODY = b'{"currency":"EUR","amount":9.5}'


@pytest.fixture
def body(tmp_path: Path) -> str:
    file = tmp_path / "body.json"
    file.write_bytes(BODY)
    return str(file)


def test_what_is_signed_verifies(stablemint: CommandLine, body: str) -> None:
    """AUTH-02, with the body from a file and from standard input."""
    signed = stablemint.as_partner("sign", body, "--json").document()
    options = ("--timestamp", signed["Timestamp"], "--signature", signed["Signature"])
    assert stablemint.as_partner("verify-signature", "-", *options, stdin=BODY).out == "valid\n"
    lines = stablemint.as_partner(
        "sign", "-", "--timestamp", signed["Timestamp"], stdin=BODY
    ).out.splitlines()
    assert lines == [f"{name}: {value}" for name, value in signed.items()]


def test_a_signature_over_other_bytes_is_told_why(stablemint: CommandLine, body: str) -> None:
    signed = stablemint.as_partner("sign", body, "--json").document()
    options = ("--timestamp", signed["Timestamp"], "--signature", signed["Signature"], "--json")
    spaced = json.dumps(json.loads(BODY)).encode()
    verdict = stablemint.as_partner("verify-signature", "-", *options, stdin=spaced)
    assert verdict.code == 1
    assert verdict.document()["code"] == "invalid_signature"
    assert verdict.document()["cause"] == "body_reserialised"


def test_the_window_is_checked_as_of_the_time_that_is_named(stablemint: CommandLine, body: str) -> None:
    """AUTH-09."""
    timestamp = str(int(time.time()) - 86_400)
    signed = stablemint.as_partner("sign", body, "--timestamp", timestamp, "--json").document()
    options = ("verify-signature", body, "--timestamp", timestamp, "--signature", signed["Signature"])
    late = stablemint.as_partner(*options, "--json")
    assert late.document()["code"] == "timestamp_out_of_window"
    assert stablemint.as_partner(*options, "--at", str(int(timestamp) + 290)).code == 0


def test_a_webhook_is_signed_and_verified(stablemint: CommandLine, body: str) -> None:
    """HOOK-03, with the mock server's own pair of keys."""
    signed = stablemint.as_partner("sign", body, "--webhook", "--json").document()
    options = (
        "--timestamp",
        signed["StableMint-Timestamp"],
        "--signature",
        signed["StableMint-Signature"],
        "--webhook",
    )
    assert stablemint.as_partner("verify-signature", body, *options).out == "valid\n"
    tampered = stablemint.as_partner("verify-signature", "-", *options, stdin=BODY + b" ")
    assert tampered.code == 1
    assert tampered.out.startswith("not valid\n  The signature does not verify.")
    stale = stablemint.as_partner("verify-signature", body, *options, "--at", str(time.time() + 1000))
    assert "receivers refuse more than 300" in stale.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("sign", "-", "--timestamp", "1790000000000"), "ten digits"),
        (("sign", "-", "--webhook", "--timestamp", "yesterday"), "yesterday"),
        (("sign", "-", "--webhook", "--timestamp", "2026-03-01T12:00:00"), "needs its zone"),
        (("sign", "-", "--webhook", "--signing-key", "nowhere.pem"), "nowhere.pem cannot be read"),
        (("sign", "-", "--signing-key", "nowhere.pem"), "goes with --webhook"),
    ],
)
def test_wrong_usage_is_told_what_to_do(stablemint: CommandLine, words: tuple[str, ...], told: str) -> None:
    ended = stablemint.as_partner(*words)
    assert ended.code == 2
    assert told in ended.err
