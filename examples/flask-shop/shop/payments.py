"""The session API: signed requests, repeated safely."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from .orders import Order
from .settings import Settings

TIMEOUT = 10  # seconds
PAUSES = (0.2, 1.0)  # seconds before the second and the third attempt; a payer is waiting


class UnavailableError(Exception):
    """No attempt got an answer that says what became of it. The same call may be made again, any time."""


class RefusedError(Exception):
    """The API refused, and would again: a mistake in the shop or in its settings. The message tells which."""


class Payments:
    """The session API, as one partner."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def create_session(self, order: Order) -> Mapping[str, Any]:
        """The session of an order, made unless it was: the key is the order's own, at every attempt.

        Everything is taken from the stored order, so that every attempt has the same body, too.
        """
        page = f"{self._settings.shop_url}/orders/{order.order_id}"
        wanted = {
            "userCountryCode": order.country,
            "currency": "EUR",
            "amount": order.cents / 100,
            "idempotencyKey": order.idempotency_key,
            "websiteReference": order.order_id,
            # One page for all ends: that somebody was sent to it proves nothing, so it looks the session up.
            "successUrl": page,
            "errorUrl": page,
            "exitUrl": page,
            "supportUrl": f"{self._settings.shop_url}/#help",
        }
        return self._call("POST", "/session/hosted", json.dumps(wanted).encode())

    def look_up(self, session_id: str) -> Mapping[str, Any]:
        """The session as it is now."""
        return self._call("GET", f"/session/{session_id}")

    def _call(self, method: str, path: str, body: bytes = b"") -> Mapping[str, Any]:
        for pause in (*PAUSES, None):
            try:
                with urlopen(self._sign(method, path, body), timeout=TIMEOUT) as answer:
                    document: Mapping[str, Any] = json.load(answer)
                    return document
            except HTTPError as error:
                with error:
                    if error.code not in (409, 429) and error.code < 500:
                        problem = error.read().decode("utf-8", "replace")
                        raise RefusedError(f"{method} {path}: {error.code} {problem}") from None
            except (OSError, HTTPException, ValueError):
                pass  # whether the session was made is unknown; the key makes it harmless to ask again
            if pause is not None:
                time.sleep(pause)
        raise UnavailableError(f"{method} {path}")

    def _sign(self, method: str, path: str, body: bytes) -> Request:
        """A request with a time and a signature of its own, over the bytes that are sent."""
        settings = self._settings
        timestamp = str(int(time.time()))
        signed = f"{timestamp},{settings.api_secret},".encode() + body
        headers = {
            "ApiKey": settings.api_key,
            "Timestamp": timestamp,
            "Signature": base64.b64encode(settings.private_key.sign(signed, PKCS1v15(), SHA256())).decode(),
            "Content-Type": "application/json",
        }
        return Request(settings.api_url + path, body or None, headers, method=method)
