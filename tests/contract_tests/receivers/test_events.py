"""Events and deliveries: what is sent as genuine is what the document says."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest
from openapi_core.validation.request.validators import V31WebhookRequestValidator

import openapi
from contract_tests.receivers import keys
from contract_tests.receivers.delivery import Delivery, encode, sign
from contract_tests.receivers.events import ENDINGS, Event, Events, examples
from contract_tests.receivers.receiver import KnownSession, Receiver

KEY = keys.make()
SESSIONS = tuple(KnownSession(session_id=f"{ending}-{'x' * 22}") for ending in ENDINGS)
RECEIVER = Receiver(url="http://localhost/hook", keys=(KEY,), partner_name="Shop", sessions=SESSIONS)
EVENTS = Events(RECEIVER)
VALIDATOR = V31WebhookRequestValidator(OpenAPI.from_dict(openapi.load()).spec)


class Webhook(MockRequest):
    """A delivery as openapi-core takes it."""

    def __init__(self, event: Event, sent: Delivery) -> None:
        headers = dict(sent.headers())
        super().__init__("http://localhost", "post", "/hook", data=sent.body, headers=headers)
        self.name = event["data"]["eventType"]


@pytest.mark.parametrize(
    ("title", "event"),
    [
        pytest.param(example.title, event, id=f"{size}: {example.title}")
        for size, events in (("shown", EVENTS.all()), ("largest", EVENTS.largest()))
        for example, event in events
    ],
)
def test_every_event_is_one_of_the_documents(title: str, event: Event) -> None:
    """HOOK-01, HOOK-02: by a validator that the receivers' tests do not use."""
    sent = sign(encode(event), key=KEY, at=datetime.now(UTC))
    assert list(VALIDATOR.iter_errors(Webhook(event, sent))) == []
    assert event["data"]["partnerName"] == "Shop"


def test_each_example_of_each_type_is_told() -> None:
    """Nothing of the document is left out."""
    assert {example.event_type for example in examples()} == set(openapi.load()["webhooks"])
    shown = {
        (event_type, name)
        for event_type, item in openapi.load()["webhooks"].items()
        for name in item["post"]["requestBody"]["content"]["application/json"]["examples"]
    }
    assert {(example.event_type, example.name) for example in examples()} == shown


def test_each_ending_is_told_of_a_session_of_its_own() -> None:
    """A session that is completed does not fail as well."""
    told: dict[str, set[str]] = {}
    for example, event in EVENTS.all():
        told.setdefault(event["data"]["sessionId"].partition("-")[0], set()).add(example.ending)
    assert told == {ending: {ending} for ending in ENDINGS}


def test_events_tell_what_is_known_of_the_session() -> None:
    """Members that an event does not have stay away."""
    known = KnownSession(session_id="x" * 22, facts={"amount": 7, "status": "processing", "fee": 1})
    events = Events(Receiver(url="http://localhost/", keys=(KEY,), partner_name="S", sessions=(known,)))
    data = events.deposit()["data"]
    assert data["amount"] == 7
    assert {"status", "fee"}.isdisjoint(data)


def test_the_signature_is_over_time_stamp_and_bytes() -> None:
    """HOOK-03, HOOK-04."""
    sent = sign(b'{ "a": 1 }', key=KEY, at=datetime(2026, 3, 14, 9, 27, 41, 380_999, UTC))
    assert sent.timestamp == "2026-03-14T09:27:41.380Z"
    signature = base64.b64decode(sent.signature or "", validate=True)
    KEY.public_key().verify(signature, b'2026-03-14T09:27:41.380Z,{ "a": 1 }', PKCS1v15(), SHA256())


def test_every_event_has_an_identifier_of_its_own() -> None:
    """Or a receiver would take one for a repeat."""
    identifiers = [json.loads(encode(EVENTS.any()))["eventId"] for _ in range(9)]
    assert len(set(identifiers)) == 9
