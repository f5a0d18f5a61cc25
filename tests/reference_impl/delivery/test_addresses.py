"""Webhooks reach public addresses alone, however another one is spelled, resolved or embedded."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from reference_impl.credentials import load_private_key, new_private_key
from reference_impl.delivery.addresses import AddressPolicy, is_public
from reference_impl.delivery.endpoint_urls import require_endpoint_url
from reference_impl.delivery.sender import Sender
from reference_impl.domain.deliveries import Attempt, Delivery, DeliveryStatus
from reference_impl.domain.events import EventType
from tests.control_api.receiver import listen

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

FORBIDDEN = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255",
    "192.168.1.1", "169.254.169.254", "169.254.0.1", "100.64.0.1", "100.100.100.200", "192.0.0.192",
    "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "192.88.99.1", "224.0.0.1", "239.1.2.3",
    "240.0.0.1", "255.255.255.255", "168.63.129.16",
    "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "ff0e::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:7f00:1", "::127.0.0.1",
    "2002:7f00:1::", "2002:a00:1::1", "2002:a9fe:a9fe::", "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::10.0.0.1", "64:ff9b:1::8.8.8.8", "64:ff9b:1:a9fe:a9:fe00:808:808",
    "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "3fff::1",
    "100::1", "5f00::1", "localhost", "", "1.2.3",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1",
          "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"]  # fmt: skip


@pytest.mark.parametrize("address", FORBIDDEN)
def test_what_is_not_the_public_internet_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_the_public_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.fixture(scope="module")
def key() -> RSAPrivateKey:
    return load_private_key(new_private_key())


def delivery() -> Delivery:
    return Delivery(
        delivery_id="delivery",
        event_id="event",
        event_type=EventType.STATUS_CHANGED,
        partner_id="demo",
        session_id="session",
        body=b"{}",
        created_at=NOON,
        status=DeliveryStatus.PENDING,
        due_at=NOON,
    )


def attempt(url: str, key: RSAPrivateKey, *, private: bool = False) -> Attempt:
    async def send() -> Attempt:
        async with Sender(key=key, addresses=AddressPolicy(private=private)) as sender:
            return await sender.attempt(delivery(), url=url, clock=lambda: NOON)

    return asyncio.run(send())


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0x7f.1", "2130706433", "0177.0.0.1", "127.1"],
)
def test_no_spelling_of_a_forbidden_host_is_connected_to(host: str, key: RSAPrivateKey) -> None:
    """Nothing arrives at a receiver that listens there; the attempt fails, and says why."""
    with listen() as receiver:
        port = receiver.url.rpartition(":")[2].partition("/")[0]
        made = attempt(f"http://{host}:{port}/hook", key)
        assert made.status is None
        assert made.error is not None
        assert receiver.take_all() == []
        # And that is what kept it from arriving: where the setting allows it, none of them is refused.
        allowed = attempt(f"http://{host}:{port}/hook", key, private=True)
        assert re.search("is no public address|is not a canonical IPv4 address", made.error)
        assert "is no public address" not in (allowed.error or "")


def test_a_name_that_resolves_to_a_forbidden_address_is_not_connected_to(
    monkeypatch: pytest.MonkeyPatch, key: RSAPrivateKey
) -> None:
    """Whatever it resolved to when somebody looked before."""
    asked: list[str] = []
    original: Callable[..., Any] = socket.getaddrinfo

    def resolve(host: Any, *arguments: Any, **named: Any) -> Any:
        asked.append(str(host))
        return original("127.0.0.1" if host == "rebinding.example" else host, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with listen() as receiver:
        port = receiver.url.rpartition(":")[2].partition("/")[0]
        made = attempt(f"http://rebinding.example:{port}/hook", key)
        assert "rebinding.example" in asked
        assert "127.0.0.1 is no public address" in (made.error or "")
        assert receiver.take_all() == []
        assert attempt(f"http://rebinding.example:{port}/hook", key, private=True).status == 204


PUBLIC_ADDRESS, LOOPBACK = "192.31.196.9", "127.0.0.1"


class Rebinding:
    """A name server of a partner's that changes its answer, and a network that notes who is connected to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> None:
        self.left = list(answers)
        self.connected: list[str] = []
        self._original: Callable[..., Any] = socket.getaddrinfo
        connect = asyncio.SelectorEventLoop.sock_connect

        async def sock_connect(loop: Any, opened: socket.socket, address: Any) -> None:
            self.connected.append(address[0])
            if address[0] == PUBLIC_ADDRESS:  # no packet leaves this machine
                raise ConnectionRefusedError
            await connect(loop, opened, address)

        monkeypatch.setattr(socket, "getaddrinfo", self.resolve)
        monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", sock_connect)

    def resolve(self, host: Any, *arguments: Any, **named: Any) -> Any:
        """The next answer; the last one is given from then on."""
        if host != "rebinding.example":
            return self._original(host, *arguments, **named)
        answer = self.left.pop(0) if len(self.left) > 1 else self.left[0]
        return [entry for each in answer for entry in self._original(each, *arguments, **named)]


@pytest.mark.parametrize("private", [False, True], ids=["forbidden", "allowed"])
def test_a_name_that_was_public_when_it_was_configured_is_judged_again_at_delivery(
    monkeypatch: pytest.MonkeyPatch, key: RSAPrivateKey, private: bool
) -> None:
    with listen() as receiver:
        url = f"https://rebinding.example:{receiver.url.rpartition(':')[2].partition('/')[0]}/hook"
        names = Rebinding(monkeypatch, [PUBLIC_ADDRESS], [LOOPBACK])
        require_endpoint_url(url, AddressPolicy(private=private))
        assert socket.getaddrinfo("rebinding.example", 443)[0][4][0] == PUBLIC_ADDRESS
        made = attempt(url.replace("https", "http"), key, private=private)
        if private:
            assert (made.status, names.connected) == (204, [LOOPBACK])
        else:
            assert f"{LOOPBACK} is no public address" in (made.error or "")
            assert names.connected == []
            assert receiver.take_all() == []


def test_a_name_that_changes_between_look_up_and_connection_is_connected_to_where_it_was_looked_up(
    monkeypatch: pytest.MonkeyPatch, key: RSAPrivateKey
) -> None:
    """The address that was judged is the one that is connected to: nobody asks for the name again."""
    with listen() as receiver:
        port = receiver.url.rpartition(":")[2].partition("/")[0]
        names = Rebinding(monkeypatch, [PUBLIC_ADDRESS], [LOOPBACK])
        made = attempt(f"http://rebinding.example:{port}/hook", key)
        assert made.status is None
        assert names.connected == [PUBLIC_ADDRESS]
        assert names.left == [[LOOPBACK]]
        assert receiver.take_all() == []


@pytest.mark.parametrize("answer", [[PUBLIC_ADDRESS, LOOPBACK], [LOOPBACK, PUBLIC_ADDRESS]])
def test_a_forbidden_address_beside_a_public_one_is_not_connected_to_when_that_refuses(
    monkeypatch: pytest.MonkeyPatch, key: RSAPrivateKey, answer: list[str]
) -> None:
    """Who connects tries one address of a name after the other."""
    with listen() as receiver:
        port = receiver.url.rpartition(":")[2].partition("/")[0]
        names = Rebinding(monkeypatch, answer)
        made = attempt(f"http://rebinding.example:{port}/hook", key)
        assert made.status is None
        assert LOOPBACK not in names.connected
        assert receiver.take_all() == []
        names.connected.clear()
        assert attempt(f"http://rebinding.example:{port}/hook", key, private=True).status == 204
        assert LOOPBACK in names.connected
