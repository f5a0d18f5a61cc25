"""Payment sessions: what one is, how it is opened from a valid request, and what its status is at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from reference_impl.domain.amounts import hundredths
from reference_impl.domain.customers import SavedBank
from reference_impl.domain.deposits import Deposit, Payer
from reference_impl.domain.partners import CustomerManagement, Partner
from reference_impl.domain.plans import Pace, Plan
from reference_impl.domain.problems import Problem

LIFETIME = timedelta(minutes=30)
"""How long a session stays open by default (SESS-19)."""

PAYMENT_METHODS = ("bank_transfer", "instant_bank_transfer", "open_banking")


class SessionType(StrEnum):
    HOSTED = "hosted"
    EMBEDDED = "embedded"


class Status(StrEnum):
    OPEN = "open"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


FINAL = frozenset({Status.COMPLETED, Status.FAILED, Status.EXPIRED, Status.CANCELLED})
"""Statuses that nothing moves any more (SESS-18)."""


@dataclass(frozen=True, slots=True)
class Flow:
    """What an operation creates."""

    type: SessionType
    customer_management: CustomerManagement


FLOWS: Mapping[str, Flow] = {
    "createHostedSession": Flow(SessionType.HOSTED, CustomerManagement.STABLEMINT),
    "createHostedSessionForPartnerManagedCustomer": Flow(SessionType.HOSTED, CustomerManagement.PARTNER),
    "createEmbeddedSessionForPartnerManagedCustomer": Flow(SessionType.EMBEDDED, CustomerManagement.PARTNER),
}
"""The creating operations, by operationId."""


@dataclass(frozen=True, slots=True)
class Redirects:
    """Where the hosted page sends the payer; each URL is kept and used exactly as sent."""

    success_url: str
    support_url: str
    exit_url: str
    error_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One payment session. ``amount`` is in hundredths, None while an embedded one has none; times in UTC.

    ``created_at`` and ``expires_at`` never change (SESS-15), nor do ``saved_banks`` (SESS-11).
    """

    session_id: str
    partner_id: str
    type: SessionType
    customer_management: CustomerManagement
    status: Status
    currency: str
    country: str
    amount: int | None
    created_at: datetime
    expires_at: datetime
    redirects: Redirects | None
    user_id: str | None
    user_email: str | None = field(repr=False)
    user_kyc: Mapping[str, str] | None = field(repr=False)
    website_reference: str | None
    custom_fields: Mapping[str, str] | None
    idempotency_key: str | None
    blockchain_destination_type: str | None
    blockchain_destination_address: str | None
    saved_banks: tuple[SavedBank, ...]
    payment_method: str | None = None
    payer: Payer | None = field(default=None, repr=False)
    deposit: Deposit | None = None
    plan: Plan | None = None
    instruction: str | None = None
    """What a simulated bank was told to play; None outside of a sandbox, or where the payer chooses."""
    pace: Pace | None = None
    """When the steps of its plan happen; None as the environment is set."""

    @property
    def due_at(self) -> datetime | None:
        """When something next happens to it unasked, by the session clock: expiry, a step, a time-out."""
        if self.status is Status.OPEN:
            return self.expires_at
        if self.status is not Status.PROCESSING or self.deposit is None:  # SESS-17: no expiry from here on
            return None
        times = (self.plan.due_at if self.plan else None, self.deposit.times_out_at)
        return min((time for time in times if time is not None), default=None)

    def status_at(self, now: datetime) -> Status:
        """The status at ``now`` for readers and actors: expired from ``expires_at`` on (SESS-16)."""
        if self.status is Status.OPEN and now >= self.expires_at:
            return Status.EXPIRED
        return self.status


def open_session(
    request: Mapping[str, Any],
    *,
    flow: Flow,
    partner: Partner,
    session_id: str,
    now: datetime,
    lifetime: timedelta,
    saved_banks: tuple[SavedBank, ...],
    instruction: str | None = None,
) -> Session:
    """The session that a valid creation request opens (SESS-07). ``now`` is the session clock's time."""
    amount = request.get("amount")
    return Session(
        session_id=session_id,
        partner_id=partner.partner_id,
        type=flow.type,
        customer_management=flow.customer_management,
        status=Status.OPEN,
        currency=request["currency"],
        country=request["userCountryCode"],
        amount=None if amount is None else hundredths(amount),
        created_at=now,
        expires_at=now + lifetime,
        redirects=_redirects(request) if flow.type is SessionType.HOSTED else None,
        user_id=request.get("userId"),
        user_email=request.get("userEmail"),
        user_kyc=request.get("userKyc"),
        website_reference=request.get("websiteReference"),
        custom_fields=request.get("customFields"),
        idempotency_key=request.get("idempotencyKey"),
        blockchain_destination_type=request.get("blockchainDestinationType"),
        blockchain_destination_address=request.get("blockchainDestinationAddress"),
        saved_banks=saved_banks,
        payer=_payer(request),
        instruction=instruction,
    )


def _payer(request: Mapping[str, Any]) -> Payer | None:
    """Who pays, where the partner says so; Stable Mint identifies the others on the hosted page."""
    if "userEmail" not in request:
        return None
    kyc = request.get("userKyc", {})
    return Payer(
        email=request["userEmail"],
        full_name=kyc.get("fullName"),
        residence_address=kyc.get("residenceAddress"),
        citizenship_country_code=kyc.get("citizenshipCountryCode"),
    )


def _redirects(request: Mapping[str, Any]) -> Redirects:
    return Redirects(
        success_url=request["successUrl"],
        support_url=request["supportUrl"],
        exit_url=request["exitUrl"],
        error_url=request["errorUrl"],
    )


def session_not_found() -> Problem:
    """One answer for an unknown session, another partner's, and what could be no session at all (SESS-12)."""
    return Problem("session_not_found", "There is no session of that identifier here.")
