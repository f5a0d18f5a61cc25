"""`stablemint request`: signed, pretty, explained, and as a command for curl."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from stablemint.commands.request import FLOWS
from tests.contract_tests.scripted import answer, scripted
from tests.stablemint.processes import run_mock
from tests.stablemint.sandboxed import CommandLine


@pytest.mark.parametrize("flow", FLOWS)
def test_every_flow_makes_a_session_that_can_be_got(stablemint: CommandLine, flow: str) -> None:
    made = stablemint.as_partner("request", flow, "--json")
    assert (made.code, made.document()["status"]) == (0, 201)
    session = made.document()["body"]
    got = stablemint.as_partner("request", "get", session["sessionId"], "--json")
    assert got.document()["body"] == session


def test_an_answer_is_shown_with_its_status_and_what_matters_of_its_head(stablemint: CommandLine) -> None:
    shown = stablemint.as_partner("request", "hosted", "--set", "amount=4.01")
    assert shown.steady().splitlines()[:2] == [
        "POST /session/hosted",
        "201  Location: /session/(session)  Request-Id: (id)",
    ]
    assert json.loads(shown.out.partition("\n{")[2].join(["{", ""]))["amount"] == 4.01


def test_fields_are_set_as_json_or_text_and_removed(stablemint: CommandLine) -> None:
    changes = ["--set", "websiteReference=order 7", "--set", 'customFields={"a": "b"}', "--set", "amount=5"]
    session = stablemint.as_partner("request", "hosted", "--json", *changes).document()["body"]
    assert (session["websiteReference"], session["customFields"], session["amount"]) == (
        "order 7",
        {"a": "b"},
        5,
    )
    refused = stablemint.as_partner("request", "hosted", "--set", "currency=", "--json")
    assert (refused.code, refused.document()["body"]["errors"][0]["pointer"]) == (1, "/currency")


def test_a_key_makes_a_repeat_a_replay(stablemint: CommandLine) -> None:
    """IDEM-01."""
    words = ("request", "hosted", "--idempotency-key", "order-7")
    first, again = stablemint.as_partner(*words), stablemint.as_partner(*words)
    assert "Idempotency-Replayed" not in first.out
    assert "Idempotency-Replayed: true" in again.out


def test_a_body_is_sent_as_it_is(stablemint: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "order.json").write_bytes(b'{ "currency" : "EUR" }')
    refused = stablemint.as_partner("request", "hosted", "--body", str(tmp_path / "order.json"), "--json")
    assert (refused.code, refused.document()["body"]["code"]) == (1, "invalid_request")
    empty = stablemint.as_partner("request", "hosted", "--body", "-", "--json", stdin=b"nonsense")
    assert empty.document()["body"]["code"] == "malformed_json"


def test_the_signature_is_explained_without_the_secret(stablemint: CommandLine) -> None:
    """AUTH-02, AUTH-14."""
    told = stablemint.as_partner("request", "hosted", "--explain-signature")
    credentials = stablemint.server.partners["demo"]
    assert re.findall(r"^(\d)\.", told.err, re.MULTILINE) == ["1", "2", "3", "4", "5"]
    assert f"ApiKey: {credentials.api_key}" in told.err
    assert credentials.api_secret not in told.err + told.out


def test_the_command_for_curl_does_the_same(stablemint: CommandLine) -> None:
    printed = stablemint.as_partner("request", "partner-hosted", "--curl", "--set", 'userId=it\'s "7"')
    words = shlex.split(printed.out)
    done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=True)
    assert json.loads(done.stdout)["userId"] == 'it\'s "7"'
    assert stablemint.server.partners["demo"].api_secret not in printed.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("get",), "needs the SESSION_ID"),
        (("hosted", "abc"), "takes no identifier"),
        (("get", "abc", "--set", "a=1"), "takes no body"),
        (("hosted", "--set", "amount"), "give FIELD=VALUE"),
        (("hosted", "--body", "no-such-file"), "no-such-file cannot be read: no such file"),
    ],
)
def test_wrong_usage_is_told_what_to_do(stablemint: CommandLine, words: tuple[str, ...], told: str) -> None:
    ended = stablemint.as_partner("request", *words)
    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err


def test_nobody_there_is_told_how_to_start_the_mock_server(stablemint: CommandLine) -> None:
    ended = stablemint.as_partner("request", "hosted", "--url", "http://127.0.0.1:1")
    assert ended.code == 3
    assert "nothing listens at http://127.0.0.1:1. `stablemint mock` starts" in ended.err


def test_missing_credentials_are_told_where_they_come_from(stablemint: CommandLine, tmp_path: Path) -> None:
    ended = stablemint("request", "hosted", "--home", str(tmp_path))
    assert ended.code == 2
    assert "`stablemint mock` makes those of demo partners" in ended.err


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """`stablemint mock --tls`: its authority, and the folder with its certificate."""
    home = tmp_path_factory.mktemp("secure")
    with run_mock("--tls", "--json", home=home) as running:
        yield f"localhost:{running.ready['port']}", home


def test_http_where_https_is_spoken_is_told_so(secure: tuple[str, Path], stablemint: CommandLine) -> None:
    authority, home = secure
    ended = stablemint("request", "hosted", "--url", f"http://{authority}", "--home", str(home))
    assert (ended.code, ended.out) == (3, "")
    assert f"is it https://{authority}, with --tls?" in ended.err


def test_https_where_http_is_spoken_is_told_so(stablemint: CommandLine) -> None:
    authority = stablemint.server.url.removeprefix("http://")
    ended = stablemint.as_partner("request", "hosted", "--url", f"https://{authority}")
    assert (ended.code, ended.out) == (3, "")
    assert f"{authority} does not speak https" in ended.err
    assert f"is it http://{authority}?" in ended.err


def test_a_certificate_of_the_mock_servers_own_has_to_be_named(
    secure: tuple[str, Path], stablemint: CommandLine
) -> None:
    authority, home = secure
    words = ("request", "hosted", "--url", f"https://{authority}", "--home", str(home))
    assert "is not trusted" in (refused := stablemint(*words)).err
    assert "--ca-file names the one to trust" in refused.err
    (certificate,) = home.rglob("*cert*.pem")
    assert stablemint(*words, "--ca-file", str(certificate)).code == 0


def test_a_server_of_something_else_is_no_stable_mint_server(stablemint: CommandLine) -> None:
    with scripted(lambda _: answer("404 Not Found")) as other:
        for words in (("request", "hosted"), ("trigger", "success")):
            ended = stablemint.as_partner(*words, "--url", other.url)
            assert (ended.code, ended.out) == (3, "")
            assert f"{other.url} answers 404 and no JSON: that is no Stable Mint server" in ended.err


def test_a_host_that_there_is_not_is_named(stablemint: CommandLine) -> None:
    ended = stablemint("clock", "show", "--url", "http://no.such.host.invalid")
    assert ended.code == 3
    assert "there is no host no.such.host.invalid" in ended.err


def test_the_command_for_curl_as_json(stablemint: CommandLine) -> None:
    """One text, which a shell can run."""
    told = stablemint.as_partner("request", "hosted", "--curl", "--json").document()
    assert list(told) == ["curl"]
    done = subprocess.run(shlex.split(told["curl"]), capture_output=True, text=True, timeout=30, check=True)
    assert json.loads(done.stdout)["status"] == "open"


@pytest.mark.parametrize("further", [(), ("--curl",)])
def test_the_steps_of_the_signature_as_json(stablemint: CommandLine, further: tuple[str, ...]) -> None:
    """Beside the answer or the command; the secret is not shown (AUTH-14)."""
    told = stablemint.as_partner("request", "hosted", "--explain-signature", "--json", *further)
    steps = told.document()["signature"]
    assert (told.code, told.err) == (0, "")
    assert [step["step"][0] for step in steps if step["step"][0].isdigit()] == ["1", "2", "3", "4", "5"]
    assert ("curl" in told.document()) == bool(further)
    assert stablemint.server.partners["demo"].api_secret not in told.out
