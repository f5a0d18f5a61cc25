"""`stablemint reference` as people run it: what it prints, how it stops, what it survives, how it refuses."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from reference_impl.storage.encryption import new_key
from stablemint.program import main
from tests.control_api.receiver import listen
from tests.postgresql import Postgresql
from tests.stablemint.processes import SESSION, ServerProcess, run_reference
from tests.stablemint.test_mock import shell

PATIENCE = 60
"""Seconds for what takes one or two where nobody else is at work."""


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Two web processes and a dispatcher, for tests that leave them working."""
    with run_reference("--json", "--workers", "2", home=tmp_path_factory.mktemp("reference")) as running:
        yield running


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Wait for what another process does by itself; AssertionError after ``PATIENCE``."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {PATIENCE} s"
        time.sleep(0.05)


def ask(reference: ServerProcess, path: str) -> tuple[int, str]:
    """GET from the operations' port: status and content."""
    try:
        with urlopen(f"{reference.ready['operations']}{path}", timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read().decode()


def children(pid: int) -> dict[int, str]:
    """The processes that a process has started and that still run: their command lines."""
    found = {}
    for number in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        try:
            words = Path(f"/proc/{number}/cmdline").read_bytes().decode().split("\0")
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended since it was listed
        if "reference_impl.serving.process" in words:
            found[int(number)] = words[words.index("reference_impl.serving.process") + 1]
    return found


def is_running(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_it_creates_sessions_and_reads_them_back(reference: ServerProcess) -> None:
    """From any of its web processes, with the demo partners' credentials."""
    session_id = reference.create()
    assert [reference.read(session_id)[0] for _ in range(8)] == [200] * 8


def test_its_session_url_is_made_from_the_checkout_url(reference: ServerProcess) -> None:
    """And leads to no page of its own."""
    _, session = reference.request("POST", "/session/hosted", SESSION)
    assert session["sessionUrl"] == f"{reference.ready['url']}/checkout/{session['sessionId']}"
    assert reference.request("GET", f"/checkout/{session['sessionId']}")[0] == 404


def test_without_the_switch_there_is_nothing_to_drive(reference: ServerProcess) -> None:
    """Nor anything on the API's port but the API."""
    for path in ("/_sandbox/namespaces/default/clock", "/metrics", "/healthz", "/readyz"):
        assert reference.request("GET", path)[1]["code"] == "not_found"


def test_it_says_that_it_is_alive_and_ready(reference: ServerProcess) -> None:
    assert ask(reference, "/healthz")[0] == 200
    assert json.loads(ask(reference, "/readyz")[1]) == {"status": "ready", "lacking": {}}
    assert ask(reference, "/session/hosted")[0] == 404


def test_the_numbers_of_all_processes_are_one(reference: ServerProcess) -> None:
    """Counters of both web processes are summed, and none is lost with its process."""
    pattern = r'^stablemint_requests_total\{operation="createHostedSession",status="201"\} ([0-9.]+)$'

    def created() -> float:
        found = re.findall(pattern, ask(reference, "/metrics")[1], re.MULTILINE)
        return float(found[0]) if found else 0.0

    before = created()
    for _ in range(6):
        reference.create()
    wait_until(lambda: created() == before + 6, "six sessions are counted")


def test_each_request_is_a_line_of_json_that_holds_no_path(reference: ServerProcess) -> None:
    session_id = reference.create(websiteReference="canary-7b1f")
    reference.request("GET", f"/session/{session_id}?canary-2c9e")
    wait_until(lambda: '"getSession"' in reference.logged(), "the request is logged")
    lines = [json.loads(line) for line in reference.logged().splitlines()]
    (line,) = [line for line in lines if line.get("operation") == "getSession"][-1:]
    assert (line["method"], line["status"], line["partner"]) == ("GET", 200, "demo")
    assert line["seconds"] > 0
    assert line["request_id"]
    assert "canary" not in reference.logged()
    assert session_id not in reference.logged()
    assert reference.credentials().api_secret not in reference.logged()


def test_a_process_that_is_killed_is_replaced(reference: ServerProcess) -> None:
    """While another one goes on serving, and whichever it is."""
    before = children(reference.process.pid)
    assert sorted(before.values()) == ["dispatch", "web", "web"]
    for role in ("web", "dispatch"):
        victim = next(pid for pid, its in before.items() if its == role)
        os.kill(victim, signal.SIGKILL)
    wait_until(
        lambda: (
            sorted(children(reference.process.pid).values()) == ["dispatch", "web", "web"]
            and len(before.keys() - children(reference.process.pid).keys()) == 2
        ),
        "both are replaced",
    )
    wait_until(lambda: ask(reference, "/readyz")[0] == 200, "it is ready again")
    reference.create()
    assert "a process ended and is replaced" in reference.logged()


def test_the_printed_command_creates_a_session_as_it_stands(tmp_path: Path) -> None:
    """Pasted into a POSIX shell in another folder; then Ctrl-C ends it, with 0."""
    home, elsewhere = tmp_path / "it's a $HOME", tmp_path / "elsewhere"
    elsewhere.mkdir()
    with run_reference(home=home) as running:
        command = (
            running.printed.partition("paste as it stands")[2].partition("\n\n")[2].rpartition("\n\n")[0]
        )
        assert json.loads(shell(command, folder=elsewhere, program="sh"))["status"] == "open"
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(PATIENCE) == 0


def test_sigterm_answers_what_is_in_flight_and_ends_with_0(tmp_path: Path) -> None:
    """A request whose body is on its way when the signal comes is answered; a new one is not taken."""
    with run_reference("--json", home=tmp_path) as running:
        port = running.ready["port"]
        body = json.dumps(SESSION).encode()
        headers = running.credentials().sign(body, timestamp=int(time.time()))
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        with closing(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)) as connection:
            connection.sendall(
                f"POST /session/hosted HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{head}"
                f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n".encode()
            )
            assert connection.recv(100).startswith(b"HTTP/1.1 100 ")  # the application waits for the body
            running.process.send_signal(signal.SIGTERM)
            wait_until(lambda: refuses(port), "no new connection is taken")
            connection.sendall(body)
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            assert answer.status == 201
        assert running.process.wait(PATIENCE) == 0


def refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE).close()
    except ConnectionRefusedError:
        return True
    return False


def test_no_process_outlives_a_supervisor_that_was_killed(tmp_path: Path) -> None:
    """`kill -9` leaves nobody behind who serves on."""
    with run_reference("--json", home=tmp_path) as running:
        started = children(running.process.pid)
        assert len(started) == 2
        running.process.kill()
        wait_until(lambda: not any(map(is_running, started)), "the processes end")
        assert refuses(running.ready["port"])


def test_a_simulation_is_driven_by_the_control_api(tmp_path: Path) -> None:
    """Driver operations are there and no others; the clock moves for web and dispatcher, and stays moved."""
    control = "/_sandbox/namespaces/default"
    with run_reference("--json", "--simulate", home=tmp_path) as running:
        session_id = running.create()
        status, moved = running.request("POST", f"{control}/clock/advance", {"minutes": 31})
        assert (status, moved["occurrences"][0]["sessionId"]) == (200, session_id)
        assert running.read(session_id)[1]["status"] == "expired"
        paid = running.create()
        played = running.request("POST", f"{control}/sessions/{paid}/play", {"outcome": "refused_by_bank"})
        assert played[1]["deposit"]["failureCode"] == "refused_by_bank"
        assert running.request("POST", f"{control}/clock/set", {"now": "2020-01-01T00:00:00Z"})[0] == 409
        assert running.request("GET", f"{control}/faults")[0] == 404
        assert (
            running.request("GET", "/_sandbox/namespaces/another/clock")[1]["code"] == "namespace_not_found"
        )
        running.stop()
    with run_reference("--json", "--simulate", home=tmp_path) as again:
        assert again.request("GET", f"{control}/clock")[1]["aheadSeconds"] > 30 * 60
        assert again.read(session_id)[1]["status"] == "expired"


def refuse(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    assert main(["reference", *options]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


def test_a_dispatcher_says_what_it_is_and_names_no_api(tmp_path: Path) -> None:
    """Though it may be given the public URL, as every command of a deployment is."""
    public_url = "http://localhost:1"
    with run_reference(home=tmp_path, command=["dispatch"], STABLEMINT_PUBLIC_URL=public_url) as dispatcher:
        assert "a dispatcher" in dispatcher.printed
        assert public_url not in dispatcher.printed


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["--port", "65536"], "port"),
        (["--workers", "0"], "workers"),
        (["--public-url", "pay.example"], "public_url"),
        (["--database-url", "mysql://localhost/store"], "database_url"),
        (["--home", __file__], "home"),
        (["--operations-host", "192.0.2.1", "--port", "0"], "operations_host"),
        (["--simulate", "--workers", "2"], "workers"),
        (["--config", "/nowhere/settings.toml"], "/nowhere/settings.toml"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_by_name(
    capsys: pytest.CaptureFixture[str], options: list[str], names: str
) -> None:
    assert names in refuse(capsys, *options)


def test_a_port_that_is_taken_is_refused_by_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert f"port {port} is in use" in refuse(capsys, "--port", port, "--home", str(tmp_path))


def test_a_port_of_operations_that_is_taken_is_refused_as_such(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        options = ["--port", "0", "--operations-port", port, "--home", str(tmp_path)]
        assert f"operations_port: port {port} is in use" in refuse(capsys, *options)


def test_a_database_url_that_is_none_is_refused_without_its_password(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the library that reads it would raise what nobody expects."""
    monkeypatch.setenv("STABLEMINT_ENCRYPTION_KEYS", new_key())
    reason = refuse(capsys, "--port", "0", "--database-url", "postgresql://user:canary@localhost:port/store")
    assert "this is no URL" in reason
    assert "canary" not in reason


def test_processes_of_one_role_each_share_a_postgresql_database(
    tmp_path: Path,
    postgresql: Postgresql,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a payer does at a web process, a dispatcher tells the partner, signed by a key of the store."""
    monkeypatch.setenv("STABLEMINT_PRIVATE_WEBHOOK_ADDRESSES", "true")
    monkeypatch.setenv("STABLEMINT_ENCRYPTION_KEYS", new_key())
    variables = {name: value for name, value in os.environ.items() if name.startswith("STABLEMINT_")}
    with postgresql.empty_database() as url, listen() as receiver:
        store = ("--database-url", url, "--home", str(tmp_path))
        with run_reference(
            "--json", "--workers", "2", "--database-url", url, home=tmp_path, **variables
        ) as demo:
            assert main(["reference", "endpoints", "set", "demo", receiver.url, *store]) == 0
            session_id = demo.create()
            assert demo.request("POST", f"/payer/session/{session_id}/exit")[0] == 200
            first = receiver.take()
            demo.stop()
        serving = [
            run_reference("--json", "--database-url", url, home=tmp_path, command=[name], **variables)
            for name in ("web", "dispatch")
        ]
        with serving[0] as web, serving[1] as dispatcher:
            assert ask(dispatcher, "/readyz")[0] == 200
            web.printed = json.dumps({**web.ready, "partners": demo.ready["partners"]})
            other = web.create()
            assert web.request("POST", f"/payer/session/{other}/exit")[0] == 200
            second = receiver.take()
            for process in (web, dispatcher):
                process.process.send_signal(signal.SIGTERM)
                assert process.process.wait(PATIENCE) == 0
        capsys.readouterr()
        assert main(["reference", "webhook-key", "show", *store]) == 0
        public_key = capsys.readouterr().out.partition("\n")[2]
    assert [event.document["data"]["sessionId"] for event in (first, second)] == [session_id, other]
    assert first.is_signed(public_key)
    assert second.is_signed(public_key)
