"""Which addresses webhooks may reach: public ones, unless a setting allows others.

A partner chooses the URL, and the server stands where the partner does not: inside a network, beside the
metadata service of a cloud. What a name resolves to may change between a check and the connection: it is the
address of each connection that is judged, as its socket is opened.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
from typing import Any

_SPECIAL_IPV4 = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # shared by a carrier's customers
            "127.0.0.0/8",  # loopback
            "169.254.0.0/16",  # link-local, with most metadata services
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocols, and a metadata service
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # relays of 6to4, withdrawn
            "192.168.0.0/16",  # private
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
            "168.63.129.16/32",  # a metadata service, on an address that looks public
        ),
    )
)
"""What IANA's registry of special-purpose addresses (RFC 6890) does not let be reached from everywhere.

Not by ``ipaddress.is_global``, which differs between versions of Python and calls multicast global.
"""

_UNICAST = ipaddress.IPv6Network("2000::/3")
"""All of IPv6 that is assigned to be reached from everywhere (RFC 4291), but for the following."""

_SPECIAL_IPV6 = tuple(
    map(
        ipaddress.IPv6Network,
        (
            "2001::/23",  # protocols, Teredo among them
            "2001:db8::/32",  # documentation
            "3fff::/20",  # documentation
        ),
    )
)

_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
"""IPv6 addresses behind which a translator puts IPv4 ones: their last 32 bits (RFC 6052).

Not 64:ff9b:1::/48, for translators of a network's own (RFC 8215): where in it an IPv4 address stands depends
on the translator, so that one which looks public can stand for a private one. It is no public network.
"""


class ForbiddenAddressError(OSError, ValueError):
    """An address that webhooks may not reach; for a connector, one of the errors of connecting."""


class AddressPolicy:
    """Opens the sockets of outgoing connections. ``private`` allows every address."""

    def __init__(self, *, private: bool) -> None:
        self._private = private

    def open_socket(self, info: tuple[Any, ...]) -> socket.socket:
        """A socket for an entry of ``getaddrinfo``; raises ForbiddenAddressError.

        Connectors call it with the very address that they connect to next.
        """
        family, kind, protocol, _, address = info
        self.require(str(address[0]))
        return socket.socket(family=family, type=kind, proto=protocol)

    def require(self, address: str) -> None:
        """Raises ForbiddenAddressError for an address, in digits, that may not be reached."""
        if not self._private and not is_public(address):
            reason = f"{address} is no public address, and webhooks go to no other"
            raise ForbiddenAddressError(errno.EACCES, reason)


def is_address(text: str) -> bool:
    """Whether a text is an address in digits."""
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True


def is_public(address: str) -> bool:
    """Whether an address, in digits, can belong to a host of the public internet.

    Not so: loopback, link-local (metadata services), private, unique-local, shared (RFC 6598), multicast,
    unspecified and reserved ones, nor an IPv6 address that stands for such an IPv4 one.
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = parsed if isinstance(parsed, ipaddress.IPv4Address) else _embedded(parsed)
    if inner is not None:
        return not any(inner in network for network in _SPECIAL_IPV4)
    return parsed in _UNICAST and not any(parsed in network for network in _SPECIAL_IPV6)


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that packets to an IPv6 one go to: mapped, 6to4, or behind a translator."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None
