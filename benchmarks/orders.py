"""Signed requests that create sessions, made beforehand so that the load tool only sends them."""

from __future__ import annotations

import base64
import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

KEYED_SHARE = 4  # one request in so many carries an idempotency key
_COUNTRIES = ("DE", "FR", "PL", "SE", "ES", "NL", "IT", "CZ")
_CURRENCIES = ("EUR", "EUR", "EUR", "PLN", "SEK", "CHF", "CZK")


@dataclass(frozen=True, kw_only=True)
class SignedOrder:
    """The body of one `POST /session/hosted` and the header fields that sign it."""

    timestamp: str
    signature: str
    body: str


class Partner:
    """A partner whose credentials lie in a folder of the mock server's home."""

    def __init__(self, folder: Path, *, seed: int) -> None:
        self.api_key = (folder / "api_key").read_text()
        self._api_secret = (folder / "api_secret").read_text()
        key = load_pem_private_key((folder / "private_key.pem").read_bytes(), password=None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError(f"{folder}: the private key is no RSA key")
        self._private_key = key
        self._random = random.Random(seed)

    def sign(self, body: str) -> SignedOrder:
        """Sign ``body`` now; a server accepts that for 300 seconds (AUTH: PKCS#1 v1.5, SHA-256)."""
        timestamp = str(int(time.time()))
        signed = f"{timestamp},{self._api_secret},{body}".encode()
        signature = self._private_key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
        return SignedOrder(timestamp=timestamp, signature=base64.b64encode(signature).decode(), body=body)

    def orders(self, count: int, *, keyed: bool) -> Iterator[SignedOrder]:
        """``count`` different orders, each with an idempotency key of its own where ``keyed``."""
        for _ in range(count):
            order = self._order()
            if keyed:
                order["idempotencyKey"] = str(UUID(int=self._random.getrandbits(128), version=4))
            yield self.sign(json.dumps(order))

    def _order(self) -> dict[str, Any]:
        number = self._random.randrange(10**6)
        shop = f"https://shop-{number % 100}.example"
        order: dict[str, Any] = {
            "userCountryCode": self._random.choice(_COUNTRIES),
            "currency": self._random.choice(_CURRENCIES),
            "amount": self._random.randint(10, 1000) / 100,
            "successUrl": f"{shop}/orders/{number}/thanks",
            "supportUrl": f"{shop}/help",
            "exitUrl": f"{shop}/cart",
            "errorUrl": f"{shop}/orders/{number}/sorry",
        }
        if number % 2:
            order["websiteReference"] = f"order-{number}"
        if number % 3 == 0:
            order["customFields"] = {"basket": str(number), "note": "Grüße, 你好"}
        return order
