"""`--json`, everywhere: standard output holds JSON and nothing else, and what goes wrong is one object."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import openapi
from contract_tests.receivers import keys
from contract_tests.receivers import suite as receivers
from docs.generated import commands
from reference_impl.credentials import load_private_key, new_private_key, public_pem
from stablemint.program import main
from tests.contract_tests.receivers.served import PARTNER, Shop, serving
from tests.contract_tests.scripted import answer, scripted
from tests.project.tree import ROOT, plain_environment
from tests.stablemint.processes import PATIENCE, run_mock
from tests.stablemint.sandboxed import CommandLine

AS_PARTNER = {"request", "sign", "verify-signature", "trigger"}
NOBODY = "http://127.0.0.1:9"


def ask(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    """What a command tells, which is one line of JSON."""
    assert main([*words, "--json"]) == 0
    said = capsys.readouterr()
    assert said.out.count("\n") == 1
    return json.loads(said.out)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["verify", "--json"], 2, "no base URL given"),
        (["verify", NOBODY, "--json"], 2, "no credentials"),
        (["verify", "--json", "report.json", "--seed", "x"], 2, "whole number"),
        (["verify", "--json", "http://localhost:8080"], 2, "give the URL first"),
        (["verify", "--json="], 2, "give a file, or leave it out"),
        (["verify", "--list", "--json", "--select", "AUTH-99"], 2, "'AUTH-99' is no requirement"),
        (["verify-receiver", "--json"], 2, "no URL given"),
        (["verify-receiver", NOBODY, "--home", "nowhere", "--json"], 2, "there is no signing key"),
        (["proxy", "--json"], 2, "required: --target"),
        (["proxy", "--target", "localhost", "--json", "seen.json"], 2, "is no URL of a server"),
        (["reference", "--json", "--port", "x"], 2, "port"),
        (["reference", "--json", "--config", "nowhere.toml"], 2, "nowhere.toml"),
        (["reference", "partners", "list", "--database-url", "sqlite:///x", "--json"], 2, "encryption_keys"),
        (["reference", "partners", "add", "--json"], 2, "required: --name"),
        (["reference", "partners", "add", "--name", "A", "--public-key", "x", "--json"], 2, "--name: give 1"),
        (["mock", "--json", "--port", "x"], 2, "a port is a number"),
        (["mock", "--json", "--host", "no.such.host.invalid"], 2, "this machine has no address"),
        (["--json"], 2, "`stablemint --help` lists the commands"),
    ],
)
def test_what_goes_wrong_is_one_object_on_standard_error(
    words: list[str],
    code: int,
    told: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("API_KEY", "API_SECRET", "PRIVATE_KEY"):
        monkeypatch.delenv(f"STABLEMINT_{name}", raising=False)
    assert main(words) == code
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    error = json.loads(said.err)["error"]
    assert set(error) == {"command", "message", "exitCode"}
    assert error["command"].startswith("stablemint")
    assert error["exitCode"] == code
    assert told in error["message"]


@pytest.mark.parametrize("line", commands.JSON)
def test_a_command_prints_the_members_that_its_page_names(
    stablemint: CommandLine, line: str, tmp_path: Path
) -> None:
    (tmp_path / "body.json").write_text("{}")
    words = line.replace("FILE", str(tmp_path / "body.json")).split()
    if words[0] == "verify-signature":
        words += ["--timestamp", "1790000000", "--signature", "AAAA"]
    speak = stablemint.as_partner if words[0] in AS_PARTNER else stablemint
    assert tuple(speak(*words, "--json").document()) == commands.JSON[line]


def test_behind_two_dashes_nothing_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sign", "--", "--json"]) == 2
    assert capsys.readouterr().err.startswith("stablemint sign: ")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("sessions", "show", "none"), "session_not_found"),
        (("faults", "add", "--code", "nope"), "invalid_request"),
        (("clock", "set", "2020-01-01T00:00:00Z"), "clock_moves_forwards"),
        (("reset", "--namespace", "nowhere"), "namespace_not_found"),
    ],
)
def test_a_refusal_carries_the_servers_problem(
    stablemint: CommandLine, words: tuple[str, ...], problem: str
) -> None:
    """As it was answered, with its code, status and request."""
    refused = stablemint(*words, "--json")
    error = json.loads(refused.err)["error"]
    assert (refused.code, refused.out, error["exitCode"]) == (1, "", 1)
    assert error["problem"]["code"] == problem
    assert error["problem"].keys() >= {"type", "title", "status", "instance"}


def test_a_refused_trigger_carries_it_too(stablemint: CommandLine) -> None:
    refused = stablemint.as_partner("trigger", "success", "--override", "currency=XXX", "--json")
    problem = json.loads(refused.err)["error"]["problem"]
    assert [error["pointer"] for error in problem["errors"]] == ["/currency"]


@pytest.mark.parametrize("command", ["verify", "verify-receiver"])
def test_the_list_of_requirements(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    listed = {one["id"]: one for one in ask(capsys, command, "--list")["requirements"]}
    known = openapi.requirements() if command == "verify" else receivers.known_requirements()
    assert list(listed) == list(known)
    tested, inspected = ("AUTH-03", "AUTH-16") if command == "verify" else ("RECV-03", "RECV-14")
    assert listed[tested]["tests"]
    assert "untested" not in listed[tested]
    assert listed[inspected]["tests"] == []
    assert listed[inspected]["untested"].startswith("to be inspected")


def test_what_init_has_made(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert ask(capsys, "verify", "--init") == {"file": "target.toml", "filledFrom": None}
    made = ask(capsys, "verify-receiver", "--init", "--home", "home")
    assert made["made"] is True
    assert Path(made["publicKey"]).read_text() == made["pem"]


def test_verdicts_go_to_standard_output_alone_or_to_a_file_beside_the_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys.keep(tmp_path)
    with serving(Shop((keys.read(tmp_path / keys.PRIVATE_KEY).public_key(),))) as url:
        words = ["verify-receiver", url, "--home", str(tmp_path), "--partner-name", PARTNER]
        assert main([*words, "--json"]) == 4
        alone = capsys.readouterr()
        assert alone.err == ""
        file = tmp_path / "report.json"
        assert main([*words, "--json", str(file)]) == 4
        beside = capsys.readouterr()
    assert "not verified" in beside.out
    printed, written = json.loads(alone.out), json.loads(file.read_text())
    assert printed["counts"] == written["counts"]
    assert printed["exitCode"] == 4


@pytest.mark.parametrize("option", ["--json", "--junit", "--html"])
@pytest.mark.parametrize(
    ("place", "told"),
    [("no/such/file", "no such folder as"), (".", "it is a folder")],
    ids=["no folder", "a folder"],
)
def test_a_file_that_cannot_be_written_is_told_before_the_run_and_not_after_it(
    option: str, place: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys.keep(tmp_path)
    words = ["verify-receiver", NOBODY, "--home", str(tmp_path), option, str(tmp_path / place)]
    assert main(words) == 2  # and not 3, as nobody is there
    assert told in capsys.readouterr().err


def test_a_proxy_tells_each_exchange_and_the_summary_on_a_line_of_its_own() -> None:
    command = [sys.executable, "-m", "stablemint", "proxy", "--port", "0", "--json", "--target"]
    with (
        scripted(lambda _: answer("500 Internal Server Error")) as server,
        subprocess.Popen(
            [*command, server.url], cwd=ROOT, env=plain_environment(), stdout=subprocess.PIPE, text=True
        ) as process,
    ):
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        connection = http.client.HTTPConnection(ready["url"].removeprefix("http://"), timeout=PATIENCE)
        connection.request("GET", "/session/x")
        connection.getresponse().read()
        connection.close()
        process.send_signal(signal.SIGINT)
        rest = [json.loads(line) for line in process.communicate(timeout=PATIENCE)[0].splitlines()]
    assert process.returncode == 1
    assert (ready["event"], ready["target"]) == ("ready", server.url)
    assert [one["event"] for one in rest] == ["exchange", "summary"]
    exchange, summary = rest
    assert (exchange["request"], exchange["became"]) == ("GET /session/x", "500")
    assert {"implementation", "partner"} == {fault["side"] for fault in exchange["faults"]}
    assert (summary["target"], summary["exchanges"]) == (server.url, 1)


def test_a_mock_server_says_everything_in_json(tmp_path: Path) -> None:
    """Advice and what was dropped go to standard error, an object a line."""
    with run_mock("--json", "--host", "0.0.0.0", "--max-sessions", "1", home=tmp_path) as running:
        running.create()
        running.create()
        running.stop()
        said = [json.loads(line) for line in running.logged().splitlines()]
        assert running.process.stdout is not None
        assert running.process.stdout.read() == ""
    assert {one["event"] for one in said} <= {"notice", "log"}
    assert "--tls serves HTTPS" in said[0]["message"]
    assert "dropped to stay within --max-sessions" in said[-1]["message"]


def test_administration_tells_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same values as those that people are shown."""
    home, key = ("--home", str(tmp_path / "home")), tmp_path / "public_key.pem"
    key.write_bytes(public_pem(load_private_key(new_private_key())))

    def run(*words: str) -> Any:
        return ask(capsys, "reference", *words, *(() if words[-1] == "generate" else home))

    assert run("migrate") == {"isCurrent": True}
    assert set(run("encryption-key", "generate")) == {"key"}
    added = run("partners", "add", "--name", "shop", "--public-key", str(key))
    rotated = run("partners", "rotate-key", "shop")
    assert set(added) == set(rotated) == {"partner", "apiKey", "apiSecret"}
    assert run("partners", "list")["partners"][0]["apiKey"] == rotated["apiKey"]
    url = "https://shop.example/hooks"
    assert {one["url"] for one in run("endpoints", "set", "shop", url)["endpoints"]} == {url}
    assert run("endpoints", "remove", "shop") == {"endpoints": []}
    (first,) = run("webhook-key", "show")["keys"]
    assert first["state"] == "signs"
    assert "BEGIN PUBLIC KEY" in first["publicKey"]
    assert run("webhook-key", "rotate", "--in-hours", "1")["state"] == "signs later"
    second = run("webhook-key", "rotate")
    states = {one["keyId"]: one["state"] for one in run("webhook-key", "show")["keys"]}
    assert (states[first["keyId"]], states[second["keyId"]]) == ("signs no more", "signs")
    assert run("webhook-key", "retire", first["keyId"]) == {"keyId": first["keyId"], "retired": True}
    assert run("customers", "forget", "shop", "--user-id", "7") == {
        "sessions": 0,
        "underWay": 0,
        "unreadable": 0,
    }
    assert run("encryption-key", "rotate")["rows"] > 0


def test_json_may_stand_before_the_command_of_the_reference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reference", "--json", "partners", "list", "--home", str(tmp_path)]) == 0
    assert json.loads(capsys.readouterr().out) == {"partners": []}


def test_a_port_in_use_is_told_so(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for words in (["mock", "--home", str(tmp_path)], ["docs"], ["proxy", "--target", NOBODY]):
            assert main([*words, "--port", port, "--json"]) == 2
            assert port in json.loads(capsys.readouterr().err)["error"]["message"]


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(ask(capsys, "--version")) == ["version"]
