"""The command line of `stablemint proxy`."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from contract_tests.receivers import keys
from stablemint.program import main
from tests.contract_tests.scripted import answer, scripted
from tests.project.tree import ROOT, plain_environment

PATIENCE = 60
"""Seconds for what takes one, on a machine that is busy."""


def run_until_interrupted(*options: str, requests: int) -> tuple[int, str]:
    """Start the command, send some requests, interrupt it: its exit code and what it printed."""
    command = [sys.executable, "-m", "stablemint", "proxy", "--port", "0", *options]
    with subprocess.Popen(
        command, cwd=ROOT, env=plain_environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        printed = ""
        while "Ctrl-C" not in printed:
            printed += process.stdout.readline()
        port = int(printed.split("http://127.0.0.1:")[1].split(" ")[0])
        for _ in range(requests):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            connection.request("GET", "/session/x")
            connection.getresponse().read()
            connection.close()
        process.send_signal(signal.SIGINT)
        printed += process.communicate(timeout=PATIENCE)[0]
    return process.returncode, printed


def test_ctrl_c_sums_up(tmp_path: Path) -> None:
    """Exit code 1 where something was broken, the live line before, and JSON."""
    report = tmp_path / "report.json"
    with scripted(lambda _: answer("500 Internal Server Error")) as server:
        code, printed = run_until_interrupted("--target", server.url, "--json", str(report), requests=1)
    assert code == 1
    assert "✗ GET /session/x  500" in printed
    assert "implementation ERR-11  expected an answer, and none of 500 and above" in printed
    assert "partner: 1 broken, 0 seen to hold" in printed
    assert printed.endswith("requirements were broken (1 exchange)\n")
    written = json.loads(report.read_text())
    assert [entry["id"] for entry in written["sides"]["partner"]] == ["AUTH-06"]
    assert written["exchanges"] == 1


def test_nothing_seen_is_nothing_broken() -> None:
    """Exit code 0, and the webhook endpoint that is to be configured."""
    code, printed = run_until_interrupted(
        "--target", "http://localhost:9", "--webhooks-to", "http://localhost:9/hooks?a=1", requests=0
    )
    assert code == 0
    assert "/hooks?a=1 → http://localhost:9/hooks?a=1" in printed
    assert "signatures of webhooks are not verified" in printed
    assert printed.endswith("nothing broken (0 exchanges)\n")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--target", "localhost:8080"], "'localhost:8080' is no URL of a server"),
        (["--target", "http://localhost:8080/api"], "has a path, and a proxy changes none: give http://loc"),
        (["--target", "https://a/", "--ca-file", "nowhere.pem"], "nowhere.pem holds no certificates"),
        (["--target", "http://a/", "--webhook-port", "9"], "belong to --webhooks-to URL"),
        (
            ["--target", "http://a/", "--webhooks-to", "http://b/", "--webhook-public-key", "nowhere.pem"],
            "nowhere.pem cannot be read: No such file",
        ),
    ],
)
def test_wrong_usage(options: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is wrong, and exit code 2."""
    assert main(["proxy", *options]) == 2
    assert message in capsys.readouterr().err


def test_a_private_key_is_no_public_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both lie in the same folder."""
    keys.keep(tmp_path)
    private = str(tmp_path / keys.PRIVATE_KEY)
    options = ["--target", "http://a/", "--webhooks-to", "http://b/", "--webhook-public-key", private]
    assert main(["proxy", *options]) == 2
    assert "is no public key in PEM form" in capsys.readouterr().err


def test_a_port_that_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, and why."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["proxy", "--target", "http://localhost:9", "--port", str(port)]) == 2
    assert f"port {port} is in use; choose another with --port" in capsys.readouterr().err
