"""Whose endpoint is tested: its URL, the keys that it trusts, the partner and the sessions that it knows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa

from ..credentials import Partner
from ..target import Target, TargetError

TIMEOUT_SECONDS: Final = 10.0
"""From the start of connecting to a complete response head (HOOK-16)."""


@dataclass(frozen=True, kw_only=True)
class KnownSession:
    """A session that the receiver's partner has created.

    `facts` are members that its events have to tell, where they have them.
    """

    session_id: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Receiver(Target):
    """A partner's endpoint. Its `partners` are those whose credentials reports have to mask.

    The first of `keys` signs; the receiver trusts all of them. `timeout` in seconds for one delivery.
    """

    kind: ClassVar[str] = "Webhook receiver"

    keys: tuple[rsa.RSAPrivateKey, ...] = field(repr=False)
    partner_name: str
    sessions: tuple[KnownSession, ...] = ()
    partners: tuple[Partner, ...] = ()
    claims: frozenset[str] = frozenset({"receiver"})
    timeout: float = TIMEOUT_SECONDS

    def __post_init__(self) -> None:
        """Refuse what is no endpoint."""
        parts = urlsplit(self.url)
        shown = f"{self.url!r} is no URL of an endpoint"
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment:
            raise TargetError(f"{shown}; expected something like http://localhost:3000/webhooks")
        if not self.url.isascii() or not self.url.isprintable() or " " in self.url or "@" in parts.netloc:
            raise TargetError(f"{shown}: it takes ASCII without spaces and user names")
        try:
            _ = parts.port
        except ValueError as error:
            raise TargetError(f"{shown}: {error}") from None
        if not 1 <= len(self.partner_name) <= 200:
            raise TargetError("--partner-name takes 1 to 200 characters")
        self.require_certificates()
