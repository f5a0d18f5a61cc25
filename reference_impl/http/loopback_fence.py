"""The fence of the control API: for the machine's own developer, or for whoever has the token.

A page in the developer's browser can send requests to loopback, and by DNS rebinding read the answers: its
requests come from the right address, so `Host` and `Origin`, which a page cannot choose, decide too.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

from reference_impl.domain.loopback import is_loopback_address, is_loopback_host, parse_address
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
        self.check_host(fields)
        self._check_origin(fields, fields.get("host", ""))
        if not is_local(fields, peer=peer) and not self._has_token(fields):
            raise Problem(
                "control_token_required",
                "From beyond loopback, and through a proxy, the control API takes `Authorization: Bearer` "
                "with the token that the server was started with; without one it serves loopback alone.",
                headers={"www-authenticate": 'Bearer realm="sandbox"'},
            )
        if method not in ("GET", "HEAD") and "content-type" in fields:
            require_json(fields["content-type"], None)

    def check_host(self, fields: Mapping[str, str]) -> None:
        """Raises ``forbidden_origin`` where `Host` can be the name of somebody else's page.

        An address in digits can not: rebinding needs a name, of which the page's owner says where it leads.
        """
        host = _host_of(fields)
        if not is_loopback_host(host) and host != self._public_host and parse_address(host) is None:
            raise Problem(
                "forbidden_origin",
                "The Host of this request is not this server's. Use a loopback name, its public URL or its "
                "address in digits.",
            )

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


def is_local(fields: Mapping[str, str], *, peer: str | None) -> bool:
    """Whether a request was made on this machine, for this machine: by address, by `Host`, past no proxy.

    `Host` too, since a hostile page's name can be made to lead here (DNS rebinding).
    """
    proxied = any(field in fields for field in _FORWARDED)
    return not proxied and is_loopback_address(peer) and is_loopback_host(_host_of(fields))


def _host_of(fields: Mapping[str, str]) -> str:
    """The name or address in `Host`, without port and brackets, in lower case; empty where it is none."""
    host = fields.get("host", "")
    try:
        parts = urlsplit(f"//{host}")
        return (parts.hostname or "") if parts.netloc == host and "@" not in host else ""
    except ValueError:
        return ""


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
