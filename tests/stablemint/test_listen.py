"""`stablemint listen` as a process: events shown, forwarded unchanged, and the endpoints put back."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mockserver import MockServer
from stablemint.program import main
from stablemint.terminal import Terminal
from tests.control_api.receiver import PATIENCE, listen
from tests.project.tree import ROOT, plain_environment
from tests.stablemint.sandboxed import CommandLine

FORMER = "http://127.0.0.1:1/former"


@contextmanager
def listening(stablemint: CommandLine, *options: str) -> Iterator[subprocess.Popen[str]]:
    """`stablemint listen`, once the partner's endpoints lead to it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "stablemint", "listen", *options],
        cwd=ROOT,
        env=plain_environment(STABLEMINT_URL=stablemint.server.url),
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            deadline = time.monotonic() + PATIENCE
            while not [url for url in urls(stablemint) if url != FORMER]:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.02)
            if "--json" in options:
                assert json.loads(read_lines(process, 1)[0])["event"] == "ready"
            yield process
        finally:
            process.kill()


def urls(stablemint: CommandLine) -> list[str]:
    found = stablemint.server.control("GET", "partners/demo/endpoints")["endpoints"]
    return [one["url"] for one in found]


def read_lines(process: subprocess.Popen[str], count: int) -> list[str]:
    assert process.stdout is not None
    return [process.stdout.readline().rstrip("\n") for _ in range(count)]


def test_events_are_acknowledged_and_shown_with_their_verdict(stablemint: CommandLine) -> None:
    with listening(stablemint) as process:
        stablemint.as_partner("trigger", "created")
        greeting, *lines = read_lines(process, 3)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
    assert greeting == "listening for every event of demo, acknowledging each; Ctrl-C ends it"
    shown = sorted(re.sub(r"\s+", " ", line) for line in lines)
    assert [re.sub(r"^\S+ (\S+) \S+ (signature \w+) (\d+) \d+ ms$", r"\1 \2 \3", line) for line in shown] == [
        "partner.customer.deposit.created signature valid 204",
        "transaction.status.changed signature valid 204",
    ]


def test_deliveries_are_forwarded_unchanged_and_answers_go_back(stablemint: CommandLine) -> None:
    """HOOK-03: body and signature reach the partner's server as they were sent."""
    key = stablemint.server.control("GET", "limits")["webhookPublicKey"]
    with listen() as receiver, listening(stablemint, "--forward-to", receiver.url, "--json") as process:
        receiver.answer([503, 503])
        stablemint.as_partner("trigger", "created")
        came = [receiver.take(), receiver.take()]
        shown = [json.loads(line) for line in read_lines(process, 2)]
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    assert all(webhook.is_signed(key) for webhook in came)
    assert {one["event"] for one in shown} == {"delivery"}
    assert {one["eventId"] for one in shown} == {webhook.document["eventId"] for webhook in came}
    assert [(one["signature"], one["status"]) for one in shown] == [("valid", 503)] * 2
    pending = stablemint.server.control("GET", "deliveries?status=pending")["deliveries"]
    assert len(pending) == 2


def test_a_server_that_is_not_there_is_named(stablemint: CommandLine) -> None:
    with listening(stablemint, "--forward-to", "http://127.0.0.1:1/hooks", "--json") as process:
        stablemint.as_partner("trigger", "created")
        (line,) = read_lines(process, 1)
    assert json.loads(line)["status"] is None
    assert json.loads(line)["error"] == "nothing listens at http://127.0.0.1:1"


def test_only_the_events_asked_for_come_and_the_endpoints_are_put_back(stablemint: CommandLine) -> None:
    stablemint.server.set_endpoint(FORMER)
    try:
        with listening(stablemint, "--events", "partner.customer.deposit.created", "--json") as process:
            stablemint.as_partner("trigger", "created")
            (line,) = read_lines(process, 1)
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE) == 0
        assert json.loads(line)["eventType"] == "partner.customer.deposit.created"
        assert urls(stablemint) == [FORMER] * 7
    finally:
        stablemint.server.set_endpoint(None)


def test_a_partner_that_there_is_not_is_said(stablemint: CommandLine) -> None:
    ended = stablemint("listen", "--partner", "nobody")
    assert ended.code == 1
    assert "not_found" in ended.err


def test_it_ends_with_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 3 and why, instead of waiting for what can never come."""
    monkeypatch.setattr("stablemint.listening.LOOK_EVERY", 0.01)
    server = MockServer(home=tmp_path)
    with server:
        stablemint, url = CommandLine(server, tmp_path), server.url
        greeted = Terminal.say

        def stop_then_greet(terminal: Terminal, text: str = "") -> None:
            greeted(terminal, text)
            server.stop()

        monkeypatch.setattr(Terminal, "say", stop_then_greet)
        ended = stablemint("listen")
    assert ended.code == 3
    assert f"the server at {url} has ended. Start it" in ended.err


@pytest.mark.parametrize(
    "url", ["notaurl", "localhost:3000/hooks", "ftp://localhost/", "http://", "http://localhost:x/"]
)
def test_what_is_no_url_is_not_forwarded_to(capsys: pytest.CaptureFixture[str], url: str) -> None:
    assert main(["listen", "--forward-to", url]) == 2
    assert "--forward-to: give a URL such as http://localhost:8080" in capsys.readouterr().err
