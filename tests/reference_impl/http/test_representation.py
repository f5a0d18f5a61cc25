"""A session as the API shows it (SESS-04 to SESS-15)."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from reference_impl.domain.events import as_rfc3339
from reference_impl.domain.sessions import Session, Status
from reference_impl.http.contract import Contract
from reference_impl.http.representation import represent_session
from reference_impl.http.validation import Validator
from tests.reference_impl.builders import EMBEDDED, HOSTED, HOSTED_PARTNER_MANAGED, NOW, a_bank, a_session

IDENTIFIER = "abcdefghijklmnopqrstuvwx"


def represent(session: Session, *, now: datetime = NOW) -> dict[str, Any]:
    document = json.loads(represent_session(session, now=now, checkout_url="http://localhost:8080/checkout"))
    assert isinstance(document, dict)
    return document


def test_a_hosted_session() -> None:
    """SESS-04, SESS-07, SESS-08."""
    assert represent(a_session(IDENTIFIER)) == {
        "sessionId": IDENTIFIER,
        "type": "hosted",
        "customerManagement": "stablemint",
        "status": "open",
        "currency": "EUR",
        "country": "DE",
        "amount": 5.25,
        "createdAt": "2030-01-02T03:04:05.678Z",
        "expiresAt": "2030-01-02T03:34:05.678Z",
        "deposit": None,
        "sessionUrl": f"http://localhost:8080/checkout/{IDENTIFIER}",
    }


def test_an_embedded_session() -> None:
    """SESS-09, SESS-11."""
    session = a_session(
        IDENTIFIER, operation_id=EMBEDDED, amount=None, customFields={}, saved_banks=(a_bank(2), a_bank(1))
    )
    assert represent(session) == {
        "sessionId": IDENTIFIER,
        "type": "embedded",
        "customerManagement": "partner",
        "status": "open",
        "currency": "EUR",
        "country": "DE",
        "amount": None,
        "createdAt": "2030-01-02T03:04:05.678Z",
        "expiresAt": "2030-01-02T03:34:05.678Z",
        "deposit": None,
        "allowedPaymentMethods": ["bank_transfer", "instant_bank_transfer", "open_banking"],
        "savedBanks": [
            {"id": "bank-2", "name": "Bank 2", "ibanMasked": a_bank(2).iban_masked},
            {"id": "bank-1", "name": "Bank 1", "ibanMasked": a_bank(1).iban_masked},
        ],
        "paymentMethod": None,
        "userId": "user-1",
        "customFields": {},
    }


@pytest.mark.parametrize("operation_id", [HOSTED, HOSTED_PARTNER_MANAGED, EMBEDDED])
def test_every_session_is_what_the_document_says(contract: Contract, operation_id: str) -> None:
    """SESS-01."""
    validator = Validator({"$ref": "#/components/schemas/Session"}, document=contract.document)
    full = a_session(
        IDENTIFIER,
        operation_id=operation_id,
        customFields={"__proto__": "🙂"},
        websiteReference=" x ",
        amount=19.99,
    )
    assert validator.faults(represent(a_session(IDENTIFIER, operation_id=operation_id))) == []
    assert validator.faults(represent(full)) == []


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (10, "0.1"),
        (29, "0.29"),
        (1999, "19.99"),
        (500, "5"),
        (100_000_000, "1000000"),
        (99_999_999, "999999.99"),
    ],
)
def test_amounts_are_numbers_of_equal_value(amount: int, written: str) -> None:
    """DATA-13."""
    session = dataclasses.replace(a_session(), amount=amount)
    assert f'"amount": {written},'.encode() in represent_session(session, now=NOW, checkout_url="")


def test_text_comes_back_as_sent() -> None:
    """SESS-05, DATA-25, DATA-28."""
    text = ' e\u0301 \u202e 🙂 \u2028 \x7f "\\ </script> '
    document = represent(a_session(websiteReference=text, customFields={"__proto__": text, text: ""}))
    assert document["websiteReference"] == text
    assert document["customFields"] == {"__proto__": text, text: ""}


def test_what_goes_in_and_never_comes_out() -> None:
    """SESS-06."""
    session = a_session(
        operation_id=HOSTED_PARTNER_MANAGED,
        userEmail="canary@canary.example",
        userKyc={"fullName": "Canary", "residenceAddress": "Canary"},
        idempotencyKey="canary",
        blockchainDestinationType="Customer",
        blockchainDestinationAddress="0x" + "c" * 40,
        successUrl="https://canary.example",
    )
    shown = represent_session(session, now=NOW, checkout_url="").decode().lower()
    for canary in ("canary", "0xc", "customer@", "blockchain", "kyc", "email"):
        assert canary not in shown


def test_the_status_is_that_of_the_time_of_reading() -> None:
    """SESS-10, SESS-16."""
    session = a_session()
    assert represent(session, now=session.expires_at - timedelta(milliseconds=1))["status"] == "open"
    assert represent(session, now=session.expires_at)["status"] == "expired"
    later = represent(session, now=session.expires_at + timedelta(days=1))
    assert later == {**represent(session), "status": "expired"}


@pytest.mark.parametrize("status", list(Status))
def test_the_status_is_shown(status: Status) -> None:
    assert represent(dataclasses.replace(a_session(), status=status))["status"] == status


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC), "2030-01-02T03:04:05.000Z"),
        (datetime(2030, 1, 2, 3, 4, 5, 7_999, tzinfo=UTC), "2030-01-02T03:04:05.007Z"),
        (datetime(2030, 1, 1, 1, 0, tzinfo=timezone(timedelta(hours=2))), "2029-12-31T23:00:00.000Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00.000Z"),
    ],
)
def test_times_are_utc_with_three_decimals(time: datetime, text: str) -> None:
    """SESS-14."""
    assert as_rfc3339(time) == text
