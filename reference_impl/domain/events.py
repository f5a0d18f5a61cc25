"""Events: what a transition tells the partner, in the version 2 envelope. Bodies are made once and kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from reference_impl.domain.amounts import as_json_number
from reference_impl.domain.customers import identify_customer
from reference_impl.domain.deposits import Deposit, DepositStatus
from reference_impl.domain.partners import Partner
from reference_impl.domain.sessions import Session, Status


class EventType(StrEnum):
    DEPOSIT_CREATED = "partner.customer.deposit.created"
    DEPOSIT_INITIATED = "partner.customer.deposit.initiated"
    DEPOSIT_SUBMITTED = "partner.customer.deposit.submitted"
    DEPOSIT_ACCEPTED = "partner.customer.deposit.accepted"
    DEPOSIT_FAILED = "partner.customer.deposit.failed"
    DEPOSIT_COMPLETED = "partner.customer.deposit.completed"
    STATUS_CHANGED = "transaction.status.changed"


OF_DEPOSIT: Mapping[DepositStatus, EventType] = {
    DepositStatus.CREATED: EventType.DEPOSIT_CREATED,
    DepositStatus.INITIATED: EventType.DEPOSIT_INITIATED,
    DepositStatus.SUBMITTED: EventType.DEPOSIT_SUBMITTED,
    DepositStatus.ACCEPTED: EventType.DEPOSIT_ACCEPTED,
    DepositStatus.FAILED: EventType.DEPOSIT_FAILED,
    DepositStatus.COMPLETED: EventType.DEPOSIT_COMPLETED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event. ``body`` is what is sent at every attempt (HOOK-02), byte for byte (HOOK-19)."""

    event_id: str
    event_type: EventType
    partner_id: str
    session_id: str
    occurred_at: datetime
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """When a transition takes place, by the session clock, and whom it is told to.

    ``new_event_id`` gives a fresh UUID at each call.
    """

    now: datetime
    partner: Partner
    new_event_id: Callable[[], str]


def tell_deposit(session: Session, occasion: Occasion) -> Event:
    """The event of the session's deposit having reached its status (HOOK-06)."""
    deposit, payer = session.deposit, session.payer
    if deposit is None or payer is None or session.amount is None:
        raise ValueError("only a deposit of a known payer and amount can be told of")
    data: dict[str, Any] = {
        "sessionId": session.session_id,
        "partnerName": occasion.partner.name,
        "reference": deposit.reference,
        "endToEndId": deposit.end_to_end_id,
        "amount": as_json_number(session.amount),
        "currency": session.currency,
        "paymentMethod": deposit.payment_method,
        "paymentCountryCode": deposit.bank.country,
        "customerId": identify_customer(session.partner_id, session.user_id, email=payer.email),
        "customerEmail": payer.email,
        **_of_the_partner(session),
    }
    if deposit.status is DepositStatus.CREATED:
        # HOOK-11: identity data stands in this event alone.
        data["customerFullName"] = payer.full_name
        data["customerResidenceAddress"] = payer.residence_address
        data["customerCitizenshipCountryCode"] = payer.citizenship_country_code
    return _event(OF_DEPOSIT[deposit.status], data | _of_the_status(deposit), session, occasion)


def tell_status(session: Session, previous: Status, occasion: Occasion) -> Event:
    """The event of the session having moved from ``previous`` to its status (HOOK-06, HOOK-13)."""
    data = {
        "sessionId": session.session_id,
        "partnerName": occasion.partner.name,
        "reference": session.deposit.reference if session.deposit else None,
        "previousStatus": previous,
        "status": session.status,
        **_of_the_partner(session),
    }
    return _event(EventType.STATUS_CHANGED, data, session, occasion)


def _of_the_partner(session: Session) -> dict[str, Any]:
    """What the partner sent along and gets back, null or empty where it did not (HOOK-09, HOOK-10)."""
    return {
        "websiteReference": session.website_reference,
        "idempotencyKey": session.idempotency_key,
        "customFields": session.custom_fields or {},
    }


def _of_the_status(deposit: Deposit) -> dict[str, Any]:
    """What only some statuses of a deposit tell."""
    match deposit.status:
        case DepositStatus.SUBMITTED:
            return {"externalPaymentId": deposit.external_payment_id}
        case DepositStatus.FAILED:
            return {"failureCode": deposit.failure_code, "failureReason": deposit.failure_reason}
        case DepositStatus.ACCEPTED | DepositStatus.COMPLETED if deposit.debtor_iban_masked:
            return {"debtorAccount": {"ibanMasked": deposit.debtor_iban_masked}}
        case _:
            return {}


def _event(event_type: EventType, data: dict[str, Any], session: Session, occasion: Occasion) -> Event:
    event_id = occasion.new_event_id()
    timestamp = as_rfc3339(occasion.now)
    envelope = {"eventId": event_id, "data": {"eventType": event_type, "timestamp": timestamp, **data}}
    return Event(
        event_id=event_id,
        event_type=event_type,
        partner_id=session.partner_id,
        session_id=session.session_id,
        occurred_at=occasion.now,
        body=json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode(),
    )


def as_rfc3339(time: datetime) -> str:
    """UTC with `Z` and three decimals, as every time in answers and webhooks is written (SESS-14)."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
