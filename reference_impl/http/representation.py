"""A session as the API shows it. What goes in and never comes out is not named here (SESS-06)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from reference_impl.domain.amounts import as_json_number
from reference_impl.domain.deposits import Deposit
from reference_impl.domain.events import as_rfc3339
from reference_impl.domain.sessions import PAYMENT_METHODS, Session, SessionType


def represent_session(session: Session, *, now: datetime, checkout_url: str) -> bytes:
    """The JSON of ``session`` for its partner, with the status it has at ``now``, as UTF-8 (SESS-04)."""
    document: dict[str, Any] = {
        "sessionId": session.session_id,
        "type": session.type,
        "customerManagement": session.customer_management,
        "status": session.status_at(now),
        "currency": session.currency,
        "country": session.country,
        "amount": None if session.amount is None else as_json_number(session.amount),
        "createdAt": as_rfc3339(session.created_at),
        "expiresAt": as_rfc3339(session.expires_at),
        "deposit": represent_deposit(session.deposit) if session.deposit else None,
    }
    if session.type is SessionType.HOSTED:  # SESS-08
        document["sessionUrl"] = f"{checkout_url}/{session.session_id}"
    else:  # SESS-09
        document["allowedPaymentMethods"] = PAYMENT_METHODS
        document["savedBanks"] = [
            {"id": bank.bank_id, "name": bank.name, "ibanMasked": bank.iban_masked}
            for bank in session.saved_banks
        ]
        document["paymentMethod"] = session.payment_method
    for name, value in (
        ("userId", session.user_id),
        ("websiteReference", session.website_reference),
        ("customFields", session.custom_fields),
    ):
        if value is not None:  # SESS-05
            document[name] = value
    return json.dumps(document, ensure_ascii=False).encode()


def represent_deposit(deposit: Deposit) -> dict[str, Any]:
    """A deposit as answers show it; why it failed only if it did."""
    document: dict[str, Any] = {
        "reference": deposit.reference,
        "endToEndId": deposit.end_to_end_id,
        "status": deposit.status,
        "paymentMethod": deposit.payment_method,
    }
    if deposit.failure_code is not None:
        document |= {"failureCode": deposit.failure_code, "failureReason": deposit.failure_reason}
    return document
