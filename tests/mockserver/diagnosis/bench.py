"""A partner's program that signs and sends as it is told, right or wrong."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from reference_impl.credentials import PartnerCredentials
from tests.serving import Server
from tests.session_api.calls import HOSTED_PARTNER_MANAGED, JSON_TYPE, encode, new_session, valid
from tests.session_api.exchange import Answer, Fields, exchange

KYC = {
    "fullName": "Erika Mustermann",
    "residenceAddress": "Königsallee 1, Düsseldorf",
    "personalIdentificationNumber": "65 929 970 489",
}
ORDER = valid(
    HOSTED_PARTNER_MANAGED, amount=9.5, userKyc=KYC, websiteReference="Straße <a&b>", userId="user/1"
)
BODY = encode(ORDER)

PKCS1 = padding.PKCS1v15()
SHA256 = hashes.SHA256()


def as_base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


@cache  # to load a key is to check it, which takes longer than all else here
def load_key(pem: bytes) -> rsa.RSAPrivateKey:
    key = load_pem_private_key(pem, password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


@dataclass(kw_only=True)
class Bench:
    """What a wrong client needs: credentials, a key, and a way to send."""

    server: Server
    method: str = "POST"
    target: str = HOSTED_PARTNER_MANAGED
    body: bytes = BODY
    timestamp: str = field(default_factory=lambda: str(int(time.time())))

    @property
    def partner(self) -> PartnerCredentials:
        return self.server.partners["demo"]

    @property
    def secret(self) -> str:
        return self.partner.api_secret

    def key(self, partner: str = "demo") -> rsa.RSAPrivateKey:
        return load_key(self.server.partners[partner].private_key_pem)

    def string(
        self, timestamp: str | None = None, secret: str | None = None, body: bytes | None = None
    ) -> bytes:
        """The string that is right, but for what is given."""
        parts = (
            self.timestamp if timestamp is None else timestamp,
            self.secret if secret is None else secret,
        )
        return ",".join((*parts, "")).encode() + (self.body if body is None else body)

    def sign(self, string: bytes) -> bytes:
        """A signature made the right way, over any string."""
        return self.key().sign(string, PKCS1, SHA256)

    def send(self, signature: str, *more: tuple[str, str], **fields: str | None) -> Answer:
        """One request over HTTP; ``fields`` replace credentials, None leaves one out."""
        credentials = {"ApiKey": self.partner.api_key, "Timestamp": self.timestamp, "Signature": signature}
        sent: Fields = [
            *((name, value) for name, value in {**credentials, **fields}.items() if value is not None),
            *more,
            *([JSON_TYPE] if self.body else []),
        ]
        return exchange(self.server.port, self.method, self.target, fields=sent, body=self.body or None)

    def send_signed(self, string: bytes) -> Answer:
        """One request whose signature is made the right way over ``string``."""
        return self.send(as_base64(self.sign(string)))

    def send_spelled(self, spell: Callable[[bytes], str]) -> Answer:
        """One request whose signature is right, and written in another way."""
        while not {"+", "/"} <= set(as_base64(raw := self.sign(self.string()))):
            self.body += b" "
        return self.send(spell(raw))

    def look_up(self, query: str = "") -> Bench:
        """The same program, reading a session: a request without a body."""
        path = f"/session/{new_session(self.server)['sessionId']}"
        return Bench(
            server=self.server, method="GET", target=path + query, body=b"", timestamp=self.timestamp
        )
