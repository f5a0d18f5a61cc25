"""Webhooks: which deliveries are genuine, and what they say."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from flask import Request
from openapi_core import OpenAPI, V31WebhookRequestValidator
from openapi_core.contrib.flask import FlaskOpenAPIRequest

from .settings import Settings

TOLERANCE = timedelta(seconds=300)

TOLD = {
    **dict.fromkeys(("created", "initiated", "submitted", "accepted"), "processing"),
    "completed": "completed",
    "failed": "failed",
}
"""The status that a session has at least, by what happened to its deposit."""


class RefusedError(Exception):
    """A delivery that is not genuine, or not for this shop; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """``status`` is None where an event says nothing of it, as those of types to come."""

    event_id: str
    session_id: str
    status: str | None


class Webhook(FlaskOpenAPIRequest):
    """A delivery as openapi-core wants it: named by the type of its event, as the document's webhooks are."""

    name: str


class Webhooks:
    """Reads deliveries."""

    def __init__(self, settings: Settings) -> None:
        self._keys = settings.webhook_keys
        self._partner = settings.partner_name
        self._types = frozenset(settings.document["webhooks"])
        self._validator = V31WebhookRequestValidator(OpenAPI.from_dict(settings.document).spec)

    def read(self, delivery: Request) -> Event:
        """The event of a delivery. Raises RefusedError.

        The signature comes first, over the bytes as they arrived; nothing unsigned is parsed.
        """
        body = delivery.get_data()
        timestamp = delivery.headers.get("StableMint-Timestamp", "")
        signature = delivery.headers.get("StableMint-Signature", "")
        if not any(_is_signed(f"{timestamp},".encode() + body, signature, key) for key in self._keys):
            raise RefusedError("no trusted key made this signature")
        if abs(datetime.now(UTC) - _parse_time(timestamp)) > TOLERANCE:
            raise RefusedError("the time stamp is too far from this machine's time")
        event = json.loads(body)
        data = event["data"]
        if data["partnerName"] != self._partner:  # one key signs for all partners
            raise RefusedError("the event is another partner's")
        if data["eventType"] in self._types:
            self._validate(delivery, data["eventType"])
        return Event(event_id=event["eventId"], session_id=data["sessionId"], status=_status(data))

    def _validate(self, delivery: Request, event_type: str) -> None:
        webhook = Webhook(delivery)
        webhook.name = event_type
        for error in self._validator.iter_errors(webhook):
            raise RefusedError(f"the event is not as the document says: {error}")


def _is_signed(text: bytes, signature: str, key: RSAPublicKey) -> bool:
    try:
        key.verify(base64.b64decode(signature, validate=True), text, PKCS1v15(), SHA256())
    except (ValueError, InvalidSignature):
        return False
    return True


def _parse_time(timestamp: str) -> datetime:
    try:
        return datetime.strptime(timestamp, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        raise RefusedError("the time stamp is malformed") from None


def _status(data: dict[str, Any]) -> str | None:
    if data["eventType"] == "transaction.status.changed":
        return str(data["status"])
    deposit, _, step = data["eventType"].rpartition(".")
    return TOLD.get(step) if deposit == "partner.customer.deposit" else None
