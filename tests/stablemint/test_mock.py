"""`stablemint mock` as people run it: what it prints, how it stops, what it keeps, how it refuses."""

from __future__ import annotations

import json
import re
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryFile
from unittest.mock import patch

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from mockserver.server import Sandbox, Settings
from reference_impl.credentials import Home
from stablemint.commands.mock import advise
from stablemint.program import main
from tests.project.tree import plain_environment
from tests.stablemint.processes import (
    PATIENCE,
    SESSION,
    ServerProcess,
    run_mock,
    start_process,
    wait_until_ready,
)

STOPS_WITHIN = 1.0
"""Seconds from the signal to the end of the process."""

PARTNERS = {"demo": ["stablemint", "partner"], "managed-only": ["stablemint"], "partner-only": ["partner"]}


def has_ipv6() -> bool:
    try:
        with closing(socket.socket(socket.AF_INET6, socket.SOCK_STREAM)) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1 to listen on")


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with ``--json``, for tests that change nothing but its sessions."""
    with run_mock("--json", home=tmp_path_factory.mktemp("mock") / ".stablemint") as running:
        yield running


def shell(script: str, *, folder: Path, program: str = "bash") -> str:
    finished = subprocess.run(
        [program],
        input=script,
        cwd=folder,
        env=plain_environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (finished.returncode, finished.stderr) == (0, "")
    return finished.stdout


def test_with_json_the_ready_line_says_where_everything_is(mock: ServerProcess) -> None:
    """Its URL answers, and each file that it names is there, by an absolute path."""
    ready = mock.ready
    home = Path(ready["home"])
    assert ready["event"] == "ready"
    assert ready["host"] == "127.0.0.1"
    assert ready["url"] == f"http://localhost:{ready['port']}"
    assert Path(ready["webhookPublicKey"]) == home / "webhook_public_key.pem"
    assert {name: partner["customerManagement"] for name, partner in ready["partners"].items()} == PARTNERS
    for name, partner in ready["partners"].items():
        files = {key: Path(value) for key, value in partner.items() if key != "customerManagement"}
        assert {key: path.relative_to(home / "partners" / name).name for key, path in files.items()} == {
            "apiKey": "api_key",
            "apiSecret": "api_secret",
            "privateKey": "private_key.pem",
            "credentialsEnv": "credentials.env",
        }
        assert all(path.is_absolute() and path.is_file() for path in files.values())
    assert mock.read(mock.create())[0] == 200


def test_the_printed_command_creates_a_session_as_it_stands(tmp_path: Path) -> None:
    """Pasted into bash, and into sh, in another folder, with nothing set but what a terminal has."""
    home, elsewhere = tmp_path / 'it\'s a $HOME with "quotes" & spaces', tmp_path / "elsewhere"
    elsewhere.mkdir()
    with run_mock(home=home) as running:
        (url,) = re.findall(r"http://localhost:[0-9]+$", running.printed, re.MULTILINE)
        assert str(home) in running.printed
        command = (
            running.printed.partition("paste as it stands")[2].partition("\n\n")[2].rpartition("\n\n")[0]
        )
        for program in ("bash", "sh"):
            session = json.loads(shell(command, folder=elsewhere, program=program))
            assert session["status"] == "open"
            assert session["sessionUrl"].startswith(f"{url}/")
        running.stop(signal.SIGINT)
        assert running.process.returncode == 0


def connect_in_every_way(port: int, stack: ExitStack) -> None:
    """Open connections that are idle, kept alive, or in the middle of a request, and leave them open."""
    half = b"POST /session/hosted HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
    lookup = b"GET /session/x HTTP/1.1\r\nHost: x\r\n\r\n"
    for message in [b"", lookup, lookup * 3, half, half[:20], lookup + half] * 5:
        connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        stack.enter_context(closing(connection))
        connection.sendall(message)
        if message.startswith(lookup):
            assert connection.recv(65536).startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: str(number.name))
def test_a_signal_stops_it_within_a_second_whoever_is_connected(
    tmp_path: Path, number: signal.Signals
) -> None:
    """Neither connections kept open nor requests that never end hold it up; it exits with 0.

    One of three stops has to be as quick: another process may have kept this machine busy.
    """
    for _ in range(3):
        with run_mock("--json", home=tmp_path) as running, ExitStack() as stack:
            connect_in_every_way(running.ready["port"], stack)
            seconds = running.stop(number)
            assert running.process.returncode == 0
            assert running.logged() == ""
        if seconds < STOPS_WITHIN:
            return
    raise AssertionError(f"it took {seconds:.2f} s to stop")


@needs_ipv6
def test_localhost_works_by_either_of_its_addresses(mock: ServerProcess) -> None:
    """Under 127.0.0.1, ::1 and the name, one server."""
    session_id = mock.create()
    for host in ("127.0.0.1", "::1", "localhost"):
        assert mock.request("GET", f"/session/{session_id}", host=host)[0] == 200


@needs_ipv6
def test_it_listens_where_it_is_told(tmp_path: Path) -> None:
    """On ::1 alone, which no client of 127.0.0.1 reaches."""
    with run_mock("--json", "--host", "::1", home=tmp_path) as running:
        assert running.ready["host"] == "::1"
        assert running.request("GET", "/session/x", host="::1")[0] == 404
        with pytest.raises(ConnectionRefusedError):
            running.request("GET", "/session/x", host="127.0.0.1")


def test_it_listens_on_loopback_alone_unless_told_otherwise(mock: ServerProcess) -> None:
    """No other address of this machine reaches it; 127.0.0.2 is one that every Linux machine has."""
    with pytest.raises(ConnectionRefusedError):
        mock.request("GET", "/session/x", host="127.0.0.2")


def test_urls_in_answers_begin_with_the_public_url(tmp_path: Path) -> None:
    """And never follow the Host header; its final slash is no part of it."""
    public = "https://pay.example/sandbox"
    with run_mock("--json", "--public-url", f"{public}/", home=tmp_path) as running:
        assert running.ready["url"] == public
        status, session = running.request("POST", "/session/hosted", SESSION, Host="evil.example")
        assert (status, session["sessionUrl"].startswith(f"{public}/checkout/")) == (201, True)
        status, problem = running.request("GET", "/nowhere", Host="evil.example")
        assert problem["type"] == f"{public}/docs/problems/not_found"


def test_without_a_public_url_answers_name_localhost(mock: ServerProcess) -> None:
    """Whatever the Host header says."""
    _, session = mock.request("POST", "/session/hosted", SESSION, Host="evil.example:80")
    assert session["sessionUrl"].startswith(f"http://localhost:{mock.ready['port']}/checkout/")


def test_a_state_file_outlives_the_process(tmp_path: Path) -> None:
    """Sessions and first answers are there again, after SIGTERM and after a `kill -9` right behind an answer.

    The restart is on the same port, which does not wait until old connections are forgotten.
    """
    options = ["--json", "--state", str(tmp_path / "state.sqlite")]
    made: list[str] = []
    for number, code in ((signal.SIGKILL, -signal.SIGKILL), (signal.SIGTERM, 0), (signal.SIGTERM, 0)):
        with run_mock(*options, home=tmp_path) as running:
            options[3:] = ["--port", str(running.ready["port"])]
            for count, session_id in enumerate(made):
                status, session = running.read(session_id)
                assert (status, session["websiteReference"]) == (200, f"order {count}")
            for count in range(len(made) + 10):
                session_id = running.create(idempotencyKey=f"key-{count}", websiteReference=f"order {count}")
                if count < len(made):
                    assert session_id == made[count]
                else:
                    made.append(session_id)
            running.stop(number)
            assert running.process.returncode == code
    assert len(set(made)) == 30


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "credentials.env"  # it names the URL, and so the port
    }


def test_without_a_state_file_the_credentials_alone_outlive_the_process(tmp_path: Path) -> None:
    """And of an ordinary day, the ready line is all that it prints and logs."""
    with run_mock("--json", home=tmp_path) as first:
        session_id = first.create()
        first.stop()
        assert first.process.stdout is not None
        assert first.printed.count("\n") == 1
        assert (first.process.stdout.read(), first.logged()) == ("", "")
    kept = contents(tmp_path)
    of_a_partner = {"api_key", "api_secret", "private_key.pem"}
    assert set(kept) == {
        "webhook_private_key.pem",
        "webhook_public_key.pem",
        *(f"partners/{partner}/{name}" for partner in PARTNERS for name in of_a_partner),
    }
    with run_mock("--json", home=tmp_path) as second:
        assert contents(tmp_path) == kept
        assert second.read(session_id)[0] == 404
        second.create()


def test_servers_that_start_at_once_on_one_home_share_its_credentials(tmp_path: Path) -> None:
    """None fails, each has a port of its own and takes what the files say; one state file serves both."""
    with ExitStack() as stack:
        running = []
        for _ in range(2):
            log = stack.enter_context(TemporaryFile("w+"))
            state = tmp_path / "state.sqlite"
            mock = start_process("--json", "--state", state, home=tmp_path / "home", log=log)
            stack.enter_context(mock.process)
            stack.callback(mock.process.kill)
            running.append(mock)
        for mock in running:
            wait_until_ready(mock)
        made = [mock.create() for mock in running]
        assert [mock.read(session_id)[0] for mock in running for session_id in made] == [200] * 4
        assert len({mock.ready["port"] for mock in running}) == 2
        assert list((tmp_path / "home").rglob(".*")) == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.9.10"])
def test_a_server_that_no_other_machine_reaches_needs_no_advice(host: str) -> None:
    assert list(advise(Settings(host=host))) == []


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "sandbox.example"])
def test_a_server_that_other_machines_reach_says_at_its_start_what_to_do(host: str) -> None:
    """How what passes is encrypted, and how the control API is reached from there."""
    assert [advice.rpartition("; ")[2] for advice in advise(Settings(host=host))] == [
        "--tls serves HTTPS",
        "--control-token opens them to whoever has it",
    ]
    (advice,) = advise(Settings(host=host, tls=True, control_token="a-token"))
    assert "Authorization: Bearer" in advice
    assert "a-token" not in advice


@pytest.mark.parametrize("kept_in", ["memory", "a file"])
def test_sessions_are_bounded_and_the_log_says_so_once(tmp_path: Path, kept_in: str) -> None:
    """The oldest are dropped, and their idempotency keys with them."""
    state = ["--state", str(tmp_path / "state.sqlite")] if kept_in == "a file" else []
    with run_mock("--json", "--max-sessions", "3", *state, home=tmp_path) as running:
        made = [running.create(idempotencyKey=f"key-{number}") for number in range(3)]
        assert "limit" not in running.logged()
        made += [running.create(idempotencyKey=f"key-{number}") for number in range(3, 6)]
        assert [running.read(session_id)[0] for session_id in made] == [404] * 3 + [200] * 3
        assert running.logged().count("limit of 3 sessions") == 1
        assert running.create(idempotencyKey="key-5") == made[5]
        assert running.create(idempotencyKey="key-0") not in made


def test_the_first_start_makes_credentials_that_a_shell_can_use(mock: ServerProcess, tmp_path: Path) -> None:
    """Private files are the owner's alone; values stand bare in theirs, and all in `credentials.env`."""
    for name, files in mock.ready["partners"].items():
        api_key, api_secret = (Path(files[key]).read_text() for key in ("apiKey", "apiSecret"))
        for private in ("apiSecret", "privateKey", "credentialsEnv"):
            assert stat.S_IMODE(Path(files[private]).stat().st_mode) == 0o600
        assert re.fullmatch("[!-~]+", api_key)
        assert re.fullmatch("[!-+.-~-]{22,}", api_secret)
        key = load_pem_private_key(Path(files["privateKey"]).read_bytes(), password=None)
        assert isinstance(key, rsa.RSAPrivateKey)
        assert key.key_size >= 2048
        variables = shell(f". '{files['credentialsEnv']}'; set", folder=tmp_path)
        said = dict(re.findall(r"^(STABLEMINT_\w+)='?([^'\n]*)'?$", variables, re.MULTILINE))
        assert said == {
            "STABLEMINT_URL": mock.ready["url"],
            "STABLEMINT_API_KEY": api_key,
            "STABLEMINT_API_SECRET": api_secret,
            "STABLEMINT_PRIVATE_KEY": files["privateKey"],
        }, name
    webhook_key = load_pem_public_key(Path(mock.ready["webhookPublicKey"]).read_bytes())
    assert isinstance(webhook_key, rsa.RSAPublicKey)
    assert webhook_key.key_size >= 2048


@pytest.mark.parametrize(("partner", "status"), [("demo", 201), ("managed-only", 201), ("partner-only", 403)])
def test_each_demo_partner_is_onboarded_as_its_name_says(
    mock: ServerProcess, partner: str, status: int
) -> None:
    """SESS-13: for a hosted session of a Stable Mint-managed customer."""
    assert mock.request("POST", "/session/hosted", SESSION, partner=partner)[0] == status


def refuse(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """What a start that must fail says in one line; it exits with 2 and prints nothing else."""
    with patch.object(Sandbox, "serve", side_effect=AssertionError("it started")):
        try:
            code: object = main(["mock", *options])
        except SystemExit as end:
            code = end.code
    said = capsys.readouterr()
    assert (code, said.out) == (2, "")
    assert "Traceback" not in said.err
    (line,) = [line for line in said.err.splitlines() if line.startswith("stablemint mock: ")]
    return line


@pytest.mark.parametrize("host", ["127.0.0.1", pytest.param("::1", marks=needs_ipv6)])
def test_a_port_in_use_is_named_with_a_way_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], host: str
) -> None:
    """Also where it is taken on the other address of localhost alone."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as taken:
        taken.bind((host, 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        line = refuse(capsys, "--port", port, "--home", str(tmp_path))
    assert port in line
    assert "--port" in line


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["--port", "http"], "--port"),
        (["--port", "65536"], "--port"),
        (["--port", "-1"], "--port"),
        (["--port", "８０８０"], "--port"),
        (["--port", ""], "--port"),
        (["--max-sessions", "0"], "--max-sessions"),
        (["--max-sessions", "-5"], "--max-sessions"),
        (["--max-sessions", "many"], "--max-sessions"),
        (["--max-sessions", "1.5"], "--max-sessions"),
        (["--public-url", "pay.example"], "--public-url"),
        (["--public-url", "ftp://pay.example"], "--public-url"),
        (["--public-url", "https://"], "--public-url"),
        (["--public-url", "https://pay.example/?a=b"], "--public-url"),
        (["--public-url", "https://pay.example/#a"], "--public-url"),
        (["--public-url", "https://pay.example:port/"], "--public-url"),
        (["--public-url", "https://user@pay.example/"], "--public-url"),
        (["--public-url", "https://pay.example/a b"], "--public-url"),
        (["--public-url", "https://[::1/"], "--public-url"),
        (["--prot", "8080"], "--prot"),
        (["--max", "5"], "--max"),
        (["8080"], "8080"),
        (["--state"], "--state"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused_by_name(
    capsys: pytest.CaptureFixture[str], options: list[str], names: str
) -> None:
    """Before anything is written or bound."""
    assert names in refuse(capsys, *options).replace("stablemint mock: error:", "")


def test_an_address_that_is_not_this_machines_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """192.0.2.1 is reserved for documentation (RFC 5737)."""
    line = refuse(capsys, "--host", "192.0.2.1", "--port", "0", "--home", str(tmp_path))
    assert "192.0.2.1" in line
    assert "--host" in line


def test_a_home_that_is_no_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With its path."""
    (tmp_path / "file").write_text("not a folder")
    assert str(tmp_path / "file") in refuse(capsys, "--port", "0", "--home", str(tmp_path / "file"))


@pytest.mark.parametrize("what", ["a folder", "a text", "in no folder"])
def test_a_state_file_that_cannot_be_used_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    """With its path; what is no database is left as it was."""
    state = tmp_path / "state"
    if what == "a folder":
        state.mkdir()
    elif what == "a text":
        state.write_text("my diary, which is no database\n" * 500)
    else:
        state = tmp_path / "missing" / "state"
    line = refuse(capsys, "--port", "0", "--home", str(tmp_path / "home"), "--state", str(state))
    assert str(state) in line
    assert not state.is_file() or state.read_text().startswith("my diary")


def test_credentials_that_were_damaged_are_refused_by_path(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each file that holds what it cannot hold is named, with the way out."""
    Home(tmp_path).prepare(url="http://localhost")
    demo = tmp_path / "partners" / "demo"
    files = [
        demo / "private_key.pem",
        demo / "api_key",
        demo / "api_secret",
        tmp_path / "webhook_private_key.pem",
    ]
    for file in files:
        good = file.read_bytes()
        for bad in (b"", b"\xff\xfe", b"two words"):
            file.write_bytes(bad)
            line = refuse(capsys, "--port", "0", "--home", str(tmp_path))
            assert str(file) in line
            assert "remove it" in line
        file.write_bytes(good)
