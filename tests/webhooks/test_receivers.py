"""Receivers that share no code with the sender accept every webhook that is sent, and refuse forged ones."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

import openapi
from mockserver import MockServer
from reference_impl.bank.outcomes import OUTCOMES
from stablemint.program import main
from tests.tools import need_tools

RECEIVERS = Path(__file__).parent / "receivers"
DOCUMENT = Path(openapi.__file__).parent / "dist" / "openapi.json"

REDIRECTS = dict.fromkeys(("successUrl", "supportUrl", "exitUrl", "errorUrl"), "https://shop.example/")
ANONYMOUS = {"userCountryCode": "DE", "currency": "EUR", "amount": 5, **REDIRECTS}
KNOWN = {
    **ANONYMOUS,
    "userId": "u-1",
    "userEmail": "ada@shop.example",
    "userKyc": {"fullName": "Ada ünïcode 🦊", "residenceAddress": "Weg 1", "citizenshipCountryCode": "FR"},
    "websiteReference": "order 7",
    "customFields": {"__proto__": "data", "ключ": "значение"},
}


@contextmanager
def run(command: list[str]) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """A receiver: the URL it listens on, and what it said of each delivery once the block has ended."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        verdicts: list[Mapping[str, Any]] = []
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/hook", verdicts
        finally:
            process.terminate()
            verdicts += [json.loads(line) for line in process.stdout]


def commands(home: Path, api: str, *more_keys: Path) -> Mapping[str, list[str]]:
    """The receivers' command lines, as the demo partner of a mock server."""
    public_keys = ",".join(map(str, (home / "webhook_public_key.pem", *more_keys)))
    known = [public_keys, "demo", api, str(home / "partners" / "demo")]
    return {
        "node": [shutil.which("node") or "node", str(RECEIVERS / "receiver.mjs"), *known],
        "flask": [
            sys.executable,
            "-W",
            "ignore",
            str(RECEIVERS / "flask_receiver.py"),
            *known,
            str(DOCUMENT),
        ],
    }


def create(mock: MockServer, path: str, order: Mapping[str, Any]) -> Mapping[str, Any]:
    body = json.dumps(order).encode()
    headers = mock.sign(body) | {"Content-Type": "application/json"}
    with urlopen(Request(mock.url + path, body, headers)) as answer:
        session: Mapping[str, Any] = json.load(answer)
        return session


@pytest.mark.parametrize("receiver", ["node", "flask"])
def test_every_webhook_is_accepted(receiver: str, tmp_path: Path) -> None:
    """HOOK-01 to HOOK-04, HOOK-14: signature over raw bytes, schema, each event once, for every outcome."""
    if receiver == "node":
        need_tools("node")
    home = tmp_path / "home"
    with MockServer(home=home) as mock:
        with run(commands(home, mock.url)[receiver]) as (url, verdicts):
            mock.set_endpoint(url)
            for outcome in OUTCOMES:
                mock.pay(create(mock, "/session/hosted", ANONYMOUS), outcome=outcome)
            mock.pay(create(mock, "/session/hosted/partner-managed-customer", KNOWN))
            create(mock, "/session/hosted", ANONYMOUS)  # which expires
            mock.clock.advance(days=2)
        told = [event["eventId"] for event in mock.events]
    assert [verdict for verdict in verdicts if verdict["fault"]] == []
    assert sorted(verdict["eventId"] for verdict in verdicts) == sorted(told)
    assert {verdict["type"] for verdict in verdicts} == set(openapi.load()["webhooks"])
    assert not any(verdict["repeated"] for verdict in verdicts)


@pytest.mark.parametrize("receiver", ["node", "flask"])
def test_a_forged_webhook_is_refused(receiver: str, tmp_path: Path) -> None:
    """Without which the test above would prove nothing."""
    if receiver == "node":
        need_tools("node")
    home = tmp_path / "home"
    with MockServer(home=home) as mock, run(commands(home, mock.url)[receiver]) as (url, verdicts):
        headers = {
            "Content-Type": "application/json",
            "StableMint-Timestamp": "2026-11-23T12:00:00.000Z",
            "StableMint-Signature": "Zm9yZ2Vk",
        }
        with pytest.raises(HTTPError) as refused:
            urlopen(Request(url, b'{"eventId":"x","data":{}}', headers))
        assert refused.value.code == 400
        refused.value.close()
    assert [bool(verdict["fault"]) for verdict in verdicts] == [True]


@pytest.mark.parametrize("receiver", ["node", "flask"])
def test_a_receiver_that_is_set_up_for_the_mock_server_passes_as_it_stands(
    receiver: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """RECV-01 to RECV-13: with the mock server's key and one more, and sessions made there."""
    if receiver == "node":
        need_tools("node")
    home, other = tmp_path / "home", tmp_path / "other"
    assert main(["verify-receiver", "--init", "--home", str(other)]) == 0
    with MockServer(home=home) as mock:
        command = commands(home, mock.url, other / "webhook_public_key.pem")[receiver]
        with run(command) as (url, verdicts):
            words = ["--home", str(home), "--sessions-from", mock.url]
            for folder in (home, other):
                words += ["--signing-key", str(folder / "webhook_private_key.pem")]
            assert main(["verify-receiver", url, *words]) == 0, capsys.readouterr().out
    assert "conformant: 13 passed, 1 not verified" in capsys.readouterr().out
    assert any(verdict["repeated"] for verdict in verdicts if not verdict["fault"])
