"""What leads to this machine and no other: the one place that decides it."""

from __future__ import annotations

import ipaddress


def parse_address(text: str | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address in digits, an IPv4 one that IPv6 has mapped as itself; None for a name, and for nothing."""
    try:
        address = ipaddress.ip_address(text or "")
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def is_loopback_address(text: str | None) -> bool:
    """Whether an address in digits is 127.0.0.0/8 or ::1."""
    address = parse_address(text)
    return address is not None and address.is_loopback


def is_loopback_host(host: str) -> bool:
    """Whether a host in lower case, of a URL or of a `Host` field, is `localhost` or such an address."""
    return host == "localhost" or is_loopback_address(host)
