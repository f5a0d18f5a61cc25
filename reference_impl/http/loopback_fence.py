"""The fence of the control API: for the machine's own developer, or for whoever has the token.

A page in the developer's browser can send requests to loopback, and by DNS rebinding read the answers: its
requests come from the right address, so `Host` and `Origin`, which a page cannot choose, decide too.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from reference_impl.domain.problems import Problem
from reference_impl.http.media_types import require_json

_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")
"""What a proxy adds: the connection then says nothing about where the request comes from."""


class LoopbackFence:
    """Satisfies ``Fence``. ``token`` of None lets nobody in from beyond loopback."""

    def __init__(self, *, public_url: str, token: str | None = None) -> None:
        self._public_host = urlsplit(public_url).hostname or ""
        self._public_origin = _origin(public_url)
        self._token = token.encode() if token else None

    def __call__(self, fields: Mapping[str, str], *, method: str, peer: str | None) -> None:
        """Raises ``forbidden_origin``, ``control_token_required``, ``unsupported_media_type``."""
        local = self.check_host(fields)
        self._check_origin(fields, fields.get("host", ""))
        proxied = any(field in fields for field in _FORWARDED)
        if not (local and not proxied and _is_loopback_address(peer)) and not self._has_token(fields):
            raise Problem(
                "control_token_required",
                "From beyond loopback, and through a proxy, the control API takes `Authorization: Bearer` "
                "with the token that the server was started with; without one it serves loopback alone.",
                headers={"www-authenticate": 'Bearer realm="sandbox"'},
            )
        if method not in ("GET", "HEAD") and "content-type" in fields:
            require_json(fields["content-type"], None)

    def check_host(self, fields: Mapping[str, str]) -> bool:
        """Whether `Host` is a loopback name; raises ``forbidden_origin`` where it is not this server's."""
        name = _host_name(fields.get("host", ""))
        local = _is_loopback_name(name)
        if not local and name != self._public_host:
            raise Problem(
                "forbidden_origin",
                "The Host of this request is not this server's. Use a loopback name or its public URL.",
            )
        return local

    def _check_origin(self, fields: Mapping[str, str], host: str) -> None:
        origin = fields.get("origin")
        own = origin is None or origin.lower() in (self._public_origin, f"http://{host}", f"https://{host}")
        if not own or fields.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise Problem(
                "forbidden_origin",
                "This request was made by a web page of another origin. The control API is called by the "
                "server's own pages and by programs.",
            )

    def _has_token(self, fields: Mapping[str, str]) -> bool:
        scheme, _, given = fields.get("authorization", "").partition(" ")
        if self._token is None or scheme.lower() != "bearer":
            return False
        return hmac.compare_digest(given.strip().encode("utf-8", "replace"), self._token)


def _host_name(host: str) -> str:
    """The name or address in a `Host` field, without port and brackets; empty where it is none."""
    try:
        parts = urlsplit(f"//{host}")
        return (parts.hostname or "") if parts.netloc == host and "@" not in host else ""
    except ValueError:
        return ""


def _is_loopback_name(name: str) -> bool:
    return name == "localhost" or _is_loopback_address(name)


def _is_loopback_address(text: str | None) -> bool:
    try:
        address = ipaddress.ip_address(text or "")
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
