"""Partners, requests and sessions for tests that need one and do not care which."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from reference_impl.domain.customers import SavedBank
from reference_impl.domain.partners import CustomerManagement, Partner
from reference_impl.domain.sessions import FLOWS, Session, open_session

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
