"""Listening sockets: which addresses, and what becomes of ports that are taken."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator

import pytest

from reference_impl.serving import sockets
from reference_impl.serving.sockets import bind


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
    original, asked = sockets._listen, 0

    def listen(host: str, port: int) -> socket.socket:
        nonlocal asked
        if host == "::1":
            asked += 1
            if asked == 1:
                raise OSError(errno.EADDRINUSE, "in use")
            return original("127.0.0.1", 0)
        opened.append(original(host, 0))
        return opened[-1]

    monkeypatch.setattr(sockets, "_listen", listen)
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
    original = sockets._listen

    def listen(host: str, port: int) -> socket.socket:
        if host == "::1":
            raise OSError(errno.EAFNOSUPPORT, "no IPv6 here")
        return original(host, port)

    monkeypatch.setattr(sockets, "_listen", listen)
    opened += bind("127.0.0.1", 0)
    assert [listener.getsockname()[0] for listener in opened] == ["127.0.0.1"]
