"""Where the mock server listens."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

import mockserver.server
from mockserver.server import Sandbox, Settings, bind


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder of credentials for all: keys take time to make."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def opened() -> Iterator[list[socket.socket]]:
    """Sockets to be closed after the test."""
    sockets: list[socket.socket] = []
    yield sockets
    for listener in sockets:
        listener.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_localhost_is_one_port_on_each_of_its_addresses(host: str, opened: list[socket.socket]) -> None:
    """As many as this machine has."""
    opened += bind(host, 0)
    assert len({listener.getsockname()[1] for listener in opened}) == 1
    assert [listener.getsockname()[0] for listener in opened] in (["127.0.0.1", "::1"], ["127.0.0.1"])


def test_another_host_is_itself_alone(opened: list[socket.socket]) -> None:
    opened += bind("0.0.0.0", 0)
    assert [listener.getsockname()[0] for listener in opened] == ["0.0.0.0"]


@pytest.fixture
def listened(monkeypatch: pytest.MonkeyPatch, opened: list[socket.socket]) -> list[socket.socket]:
    """Every IPv4 socket that ``bind`` opens; the first port that is asked for on ::1 is in use there."""
    original, asked = mockserver.server._listen, 0

    def listen(host: str, port: int) -> socket.socket:
        nonlocal asked
        if host == "::1":
            asked += 1
            if asked == 1:
                raise OSError(errno.EADDRINUSE, "in use")
            return original("127.0.0.1", 0)
        opened.append(original(host, 0))
        return opened[-1]

    monkeypatch.setattr(mockserver.server, "_listen", listen)
    return opened


def test_any_port_that_is_taken_on_ipv6_is_exchanged_for_another(listened: list[socket.socket]) -> None:
    """And the first one given back."""
    first, second = bind("127.0.0.1", 0)
    second.close()
    assert len(listened) == 2
    assert listened[0].fileno() == -1
    assert listened[1] is first


def test_a_named_port_that_is_taken_on_ipv6_is_in_use(listened: list[socket.socket]) -> None:
    """And given back on IPv4."""
    with pytest.raises(OSError, match="in use"):
        bind("127.0.0.1", 8080)
    assert [listener.fileno() for listener in listened] == [-1]


def test_a_machine_without_ipv6_is_served_by_ipv4_alone(
    monkeypatch: pytest.MonkeyPatch, opened: list[socket.socket]
) -> None:
    original = mockserver.server._listen

    def listen(host: str, port: int) -> socket.socket:
        if host == "::1":
            raise OSError(errno.EAFNOSUPPORT, "no IPv6 here")
        return original(host, port)

    monkeypatch.setattr(mockserver.server, "_listen", listen)
    opened += bind("127.0.0.1", 0)
    assert [listener.getsockname()[0] for listener in opened] == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("host", "public_url", "url"),
    [
        ("127.0.0.1", None, "http://localhost:{port}"),
        ("localhost", None, "http://localhost:{port}"),
        ("0.0.0.0", None, "http://localhost:{port}"),
        ("127.0.0.2", None, "http://127.0.0.2:{port}"),
        ("127.0.0.1", "https://pay.example/sandbox/", "https://pay.example/sandbox"),
    ],
)
def test_its_url_is_the_public_one_or_names_the_host(
    home: Path, host: str, public_url: str | None, url: str
) -> None:
    """Without a final slash."""
    with closing(Sandbox(Settings(host=host, port=0, home=home, public_url=public_url))) as sandbox:
        assert sandbox.url == url.format(port=sandbox.port)
        assert sandbox.environment.public_url == sandbox.url


def test_a_start_that_fails_gives_its_port_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: list[socket.socket]
) -> None:
    """So that whoever mends the cause can start again at once."""

    def remember(host: str, port: int) -> list[socket.socket]:
        opened.extend(bind(host, port))
        return opened

    monkeypatch.setattr(mockserver.server, "bind", remember)
    (tmp_path / "home").write_text("no folder")
    with pytest.raises(OSError, match="home"):
        Sandbox(Settings(port=0, home=tmp_path / "home"))
    assert {listener.fileno() for listener in opened} == {-1}
