"""The mock server inside somebody's own tests."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mockserver import MockServer, embedded
from mockserver.embedded import ControlError
from mockserver.request_log import RequestLog
from tests.project.tree import ROOT, plain_environment
from tests.stablemint.processes import PATIENCE, SESSION


def ask(
    mock: MockServer, method: str, path: str, document: object = None, *, partner: str = "demo"
) -> tuple[int, dict[str, Any]]:
    """A request to ``mock.url``, signed by ``mock.sign``."""
    body = b"" if document is None else json.dumps(document).encode()
    host, _, port = mock.url.removeprefix("http://").partition(":")
    with closing(http.client.HTTPConnection(host, int(port), timeout=PATIENCE)) as connection:
        headers = {**mock.sign(body, partner=partner), "Content-Type": "application/json"}
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


def refuses(url: str) -> bool:
    """Whether nobody listens there."""
    try:
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=PATIENCE):
            return False
    except ConnectionRefusedError:
        return True


def test_it_serves_within_its_block_and_not_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a free port, with credentials for each demo partner, in a folder that is gone afterwards."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = set(threading.enumerate())
    with MockServer() as mock:
        url = mock.url
        status, session = ask(mock, "POST", "/session/hosted", SESSION)
        assert status == 201
        assert session["sessionUrl"].startswith(f"{url}/checkout/")
        assert ask(mock, "GET", f"/session/{session['sessionId']}") == (200, session)
        assert ask(mock, "POST", "/session/hosted", SESSION, partner="partner-only")[0] == 403
        assert set(mock.partners) == {"demo", "managed-only", "partner-only"}
        assert list(tmp_path.rglob("api_secret"))
    assert list(tmp_path.iterdir()) == []
    assert refuses(url)
    left = set(threading.enumerate()) - before
    assert not [thread for thread in left if thread.name == "stablemint-mock"]


def test_its_clock_lets_a_session_expire() -> None:
    """And its signatures stay good, since real time does not follow."""
    with MockServer() as mock:
        _, session = ask(mock, "POST", "/session/hosted", SESSION)
        mock.clock.advance(minutes=29)
        assert ask(mock, "GET", f"/session/{session['sessionId']}")[1]["status"] == "open"
        mock.clock.advance(minutes=1)
        assert ask(mock, "GET", f"/session/{session['sessionId']}")[1]["status"] == "expired"
        before = mock.clock()
        mock.clock.advance(days=400)
        assert mock.clock() - before >= timedelta(days=400)
        assert ask(mock, "POST", "/session/hosted", SESSION)[0] == 201


def test_two_at_a_time_share_nothing() -> None:
    """Neither ports, nor credentials, nor sessions, nor clocks."""
    with MockServer() as one, MockServer() as other:
        assert one.url != other.url
        assert one.partners["demo"].api_key != other.partners["demo"].api_key
        _, session = ask(one, "POST", "/session/hosted", SESSION)
        assert ask(other, "GET", f"/session/{session['sessionId']}")[0] == 404
        one.clock.advance(hours=1)
        assert one.clock() - other.clock() > timedelta(minutes=59)


def test_a_home_and_a_state_file_are_kept_from_one_to_the_next(tmp_path: Path) -> None:
    """What was made with the first is read with the second."""
    with MockServer(home=tmp_path / "home", state=tmp_path / "state.sqlite") as first:
        _, session = ask(first, "POST", "/session/hosted", SESSION)
        credentials = dict(first.partners)
    with MockServer(home=tmp_path / "home", state=tmp_path / "state.sqlite") as second:
        assert dict(second.partners) == credentials
        status, again = ask(second, "GET", f"/session/{session['sessionId']}")
        assert (status, again["createdAt"]) == (200, session["createdAt"])


def test_events_are_those_told_since_the_last_reset() -> None:
    """Whoever resets: the test itself, or another program by the control API."""
    with MockServer() as mock:
        _, session = ask(mock, "POST", "/session/hosted", SESSION)
        mock.pay(session)
        assert mock.events[-1]["data"]["eventType"] == "transaction.status.changed"
        assert len(mock.events) == 7
        mock.control("POST", "reset")
        assert mock.events == ()


def test_of_its_events_the_last_ones_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a long run does not fill the memory."""
    monkeypatch.setattr(embedded, "EVENTS", 10)
    with MockServer() as mock:
        told = []
        for _ in range(2):
            _, session = ask(mock, "POST", "/session/hosted", SESSION)
            mock.pay(session)
            told.append(session["sessionId"])
        assert [event["data"]["sessionId"] for event in mock.events] == [told[0]] * 3 + [told[1]] * 7


def test_a_log_that_fails_breaks_no_answer(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """And says where it failed, not what was asked."""

    def fail(*_: object) -> None:
        raise ValueError("canary-71")

    monkeypatch.setattr(RequestLog, "add", fail)
    with MockServer() as mock:
        assert ask(mock, "POST", "/session/hosted", SESSION)[0] == 201
    assert "a request could not be logged: builtins.ValueError" in caplog.text
    assert "canary-71" not in caplog.text.replace('raise ValueError("canary-71")', "")


def test_it_says_what_is_wrong_when_used_outside_its_block() -> None:
    """Before the start, and after the end."""
    mock = MockServer()
    for _ in range(2):
        for use in (lambda: mock.url, lambda: mock.partners, lambda: mock.clock, mock.sign):
            with pytest.raises(RuntimeError, match="use it inside `with MockServer"):
                use()
        mock.stop()


def test_a_port_in_use_is_told_to_whoever_asked_for_it() -> None:
    """At once, as the error that it is."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        mock = MockServer(port=taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"):
            mock.start()
        mock.stop()


def test_a_failure_in_the_block_comes_through_and_stops_the_server() -> None:
    """As the test's own."""
    mock = MockServer()

    def fail() -> None:
        with mock:
            urls.append(mock.url)
            raise ZeroDivisionError

    urls: list[str] = []
    with pytest.raises(ZeroDivisionError):
        fail()
    assert refuses(urls[0])


OWN_TESTS = """
import sys, urllib.request, urllib.error
import pytest

seen = []

def test_the_plugin_alone_loads_no_server():
    assert not {"connexion", "uvicorn", "cryptography"} & set(sys.modules)

@pytest.mark.parametrize("turn", [1, 2])
def test_the_fixture_is_a_fresh_server_for_each_test(stablemint_mock, turn):
    request = urllib.request.Request(f"{stablemint_mock.url}/session/x", headers=stablemint_mock.sign())
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(request, timeout=10)
    seen.append(stablemint_mock.partners["demo"].api_key)
    assert len(seen) == len(set(seen)) == turn
    stablemint_mock.clock.advance(minutes=31)

def test_the_server_is_gone_after_its_test():
    import threading
    assert [thread.name for thread in threading.enumerate()] == ["MainThread"]
"""


def test_the_pytest_fixture_works_where_warnings_are_errors(tmp_path: Path) -> None:
    """In a project of its own, with nothing of this one's settings."""
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    (tmp_path / "test_own.py").write_text(OWN_TESTS)
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "mockserver.pytest_plugin", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env=plain_environment(PYTHONPATH=str(ROOT), PYTEST_DISABLE_PLUGIN_AUTOLOAD="1"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "4 passed" in finished.stdout, finished.stdout + finished.stderr
    assert finished.returncode == 0


@pytest.mark.parametrize("tls", [False, True])
def test_all_of_the_control_api_is_at_hand(tls: bool) -> None:
    """A fault, a step, the deliveries, a reset: over HTTP, so that it is what everybody else gets."""
    with MockServer(tls=tls) as mock:
        mock.control("PUT", "settings", {"pace": "manual"})
        mock.clock.freeze()
        assert mock.control("GET", "clock")["isFrozen"]
        mock.control("POST", "reset", {})
        assert mock.control("GET", "settings")["pace"] == "at_once"
        assert not mock.control("GET", "clock")["isFrozen"]
        assert mock.control("GET", "deliveries")["deliveries"] == []
        made = mock.control("POST", "/_sandbox/namespaces", {})
        assert mock.control("GET", "sessions", namespace=made["name"])["sessions"] == []
        with pytest.raises(ControlError, match="not_found"):
            mock.control("GET", "sessions/none")
