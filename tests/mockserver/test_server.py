"""Where the mock server listens."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

import mockserver.server
from mockserver.server import Sandbox, Settings
from reference_impl.serving.sockets import bind


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
