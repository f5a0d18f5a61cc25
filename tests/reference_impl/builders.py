"""Partners, requests and sessions for tests that need one and do not care which."""

from __future__ import annotations

import dataclasses
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from reference_impl.domain.customers import SavedBank
from reference_impl.domain.deliveries import Attempt, Delivery, DeliveryStatus
from reference_impl.domain.deposits import Bank, Deposit, DepositStatus, Payer
from reference_impl.domain.events import EventType
from reference_impl.domain.partners import CustomerManagement, Partner
from reference_impl.domain.plans import Action, Plan, Step
from reference_impl.domain.sessions import FLOWS, Session, Status, open_session

NOW = datetime(2030, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
HOSTED = "createHostedSession"
HOSTED_PARTNER_MANAGED = "createHostedSessionForPartnerManagedCustomer"
EMBEDDED = "createEmbeddedSessionForPartnerManagedCustomer"


def a_partner(partner_id: str = "acme", **changes: Any) -> Partner:
    """A partner of both models; its name, key and secret follow from its identifier."""
    values: dict[str, Any] = {
        "partner_id": partner_id,
        "name": partner_id.title(),
        "api_key": f"key_{partner_id}",
        "api_secret": f"secret-of-{partner_id}",
        "public_key_pem": "-----BEGIN PUBLIC KEY-----\n…\n-----END PUBLIC KEY-----\n",
        "customer_management": frozenset(CustomerManagement),
    }
    return Partner(**{**values, **changes})


def a_request(operation_id: str = HOSTED, **members: Any) -> dict[str, Any]:
    """A valid request body of the operation, with ``members`` added or put in place; None leaves one out."""
    request: dict[str, Any] = {"userCountryCode": "DE", "currency": "EUR", "amount": 5.25}
    if operation_id != EMBEDDED:
        request |= {
            "successUrl": "https://shop.example/done",
            "supportUrl": "https://shop.example/help",
            "exitUrl": "https://shop.example/left",
            "errorUrl": "https://shop.example/sorry",
        }
    if operation_id != HOSTED:
        request |= {"userId": "user-1", "userEmail": "user@shop.example"}
    return {name: value for name, value in (request | members).items() if value is not None}


def a_session(
    session_id: str | None = None,
    *,
    operation_id: str = HOSTED,
    partner: Partner | None = None,
    now: datetime = NOW,
    saved_banks: tuple[SavedBank, ...] = (),
    **members: Any,
) -> Session:
    """The session that a request with ``members`` opens at ``now``, for 30 minutes."""
    return open_session(
        a_request(operation_id, **members),
        flow=FLOWS[operation_id],
        partner=partner or a_partner(),
        session_id=session_id or secrets.token_urlsafe(18),
        now=now,
        lifetime=timedelta(minutes=30),
        saved_banks=saved_banks,
    )


def a_bank(number: int = 1) -> SavedBank:
    """A saved bank, told from others by its number."""
    return SavedBank(bank_id=f"bank-{number}", name=f"Bank {number}", iban_masked=f"DE** **** {number:04}")


def a_payer(**changes: Any) -> Payer:
    """A payer of whom everything is known."""
    values: dict[str, Any] = {
        "email": "payer@shop.example",
        "full_name": "Zoë Ω",
        "residence_address": "1 Main Street, Springfield",
        "citizenship_country_code": "PL",
    }
    return Payer(**{**values, **changes})


def a_deposit(status: DepositStatus = DepositStatus.CREATED, **changes: Any) -> Deposit:
    """A deposit made at ``NOW``."""
    values: dict[str, Any] = {
        "reference": "SM-ABCDEFGHJK",
        "end_to_end_id": "E2E0001",
        "status": status,
        "payment_method": "bank_transfer",
        "bank": Bank(bank_id="bank-success", name="Bank of Success", country="DE"),
        "created_at": NOW,
    }
    return Deposit(**{**values, **changes})


def a_session_in_processing(session_id: str | None = None, **changes: Any) -> Session:
    """A session whose deposit was made at ``NOW`` and whose first step is due 2 seconds later."""
    values: dict[str, Any] = {
        "status": Status.PROCESSING,
        "payer": a_payer(),
        "payment_method": "bank_transfer",
        "deposit": a_deposit(),
        "plan": Plan(steps=(Step(Action.INITIATE), Step(Action.NEVER)), due_at=NOW + timedelta(seconds=2)),
    }
    return dataclasses.replace(a_session(session_id), **{**values, **changes})


def a_delivery(delivery_id: str | None = None, **changes: Any) -> Delivery:
    """A delivery that is pending since ``NOW``, or, with another status, settled."""
    values: dict[str, Any] = {
        "delivery_id": delivery_id or secrets.token_hex(8),
        "event_id": secrets.token_hex(8),
        "event_type": EventType.STATUS_CHANGED,
        "partner_id": "acme",
        "session_id": "session-1",
        "body": '{"text":"é\u202e🙂"}'.encode(),
        "created_at": NOW,
        "status": DeliveryStatus.PENDING,
        "due_at": NOW,
    }
    if changes.get("status", DeliveryStatus.PENDING) is not DeliveryStatus.PENDING:
        values["due_at"] = None
    return Delivery(**{**values, **changes})


def an_attempt(number: int = 1, *, status: int | None = 204, **changes: Any) -> Attempt:
    """An attempt, acknowledged unless ``status`` says otherwise."""
    values: dict[str, Any] = {
        "started_at": NOW,
        "url": "http://localhost:9000/hooks",
        "request_headers": {"StableMint-Signature": "c2ln"},
        "response_headers": {"Server": "test"},
        "response_body": b"\0\xff",
        "error": None if status else "connection refused",
        "duration": 0.125,
    }
    return Attempt(number=number, status=status, **{**values, **changes})
