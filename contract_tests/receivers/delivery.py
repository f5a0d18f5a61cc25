"""A delivery: an event's bytes, signed (HOOK-01, HOOK-03, HOOK-04), and what can be wrong with it."""

import dataclasses
import datetime
import json
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import rsa

from ..signing import signature
from ..wire import Headers, Request
from .events import Event, rfc3339

TIMESTAMP: Final = "StableMint-Timestamp"
SIGNATURE: Final = "StableMint-Signature"


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """The request of one attempt; None leaves a field out."""

    body: bytes
    timestamp: str | None
    signature: str | None
    content_type: str = "application/json"

    def but(self, **members: Any) -> "Delivery":
        """The same with something changed, and not signed again."""
        return dataclasses.replace(self, **members)

    def headers(self) -> Headers:
        """The header fields that carry it."""
        fields = (
            ("Content-Type", self.content_type),
            (TIMESTAMP, self.timestamp),
            (SIGNATURE, self.signature),
        )
        return tuple((name, value) for name, value in fields if value is not None)

    def request(self, target: str) -> Request:
        """The request to the endpoint's path and query."""
        return Request(method="POST", path=target, headers=self.headers(), body=self.body)


def encode(event: Event, *, compact: bool = True) -> bytes:
    """The event as JSON in UTF-8; not `compact`, with the white space that Python's serialiser puts in."""
    separators = (",", ":") if compact else (", ", ": ")
    return json.dumps(event, ensure_ascii=False, separators=separators).encode()


def sign(body: bytes, *, key: rsa.RSAPrivateKey, at: datetime.datetime) -> Delivery:
    """Sign ``<StableMint-Timestamp>,<request body>`` as of `at`."""
    timestamp = rfc3339(at)
    return Delivery(body=body, timestamp=timestamp, signature=signature(key, f"{timestamp},".encode() + body))
