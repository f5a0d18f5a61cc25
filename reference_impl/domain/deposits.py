"""Deposits: the one payment of a session, and the order of its statuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

AUTHORISATION_TIMEOUT = timedelta(minutes=15)
"""After this a deposit still `created` or `initiated` fails, by the session clock (PAY-06)."""


class DepositStatus(StrEnum):
    CREATED = "created"
    INITIATED = "initiated"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    COMPLETED = "completed"
    FAILED = "failed"


NEXT: Mapping[DepositStatus, frozenset[DepositStatus]] = {
    DepositStatus.CREATED: frozenset({DepositStatus.INITIATED, DepositStatus.FAILED}),
    DepositStatus.INITIATED: frozenset({DepositStatus.SUBMITTED, DepositStatus.FAILED}),
    DepositStatus.SUBMITTED: frozenset({DepositStatus.ACCEPTED, DepositStatus.FAILED}),
    DepositStatus.ACCEPTED: frozenset({DepositStatus.COMPLETED}),
    DepositStatus.COMPLETED: frozenset(),
    DepositStatus.FAILED: frozenset(),
}
"""Where each status can lead (PAY-03, PAY-04)."""


class FailureCode(StrEnum):
    REFUSED_BY_BANK = "refused_by_bank"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    AUTHORISATION_TIMED_OUT = "authorisation_timed_out"
    IDENTITY_REJECTED = "identity_rejected"
    RISK_DECLINED = "risk_declined"
    AMOUNT_MISMATCH = "amount_mismatch"
    PROCESSING_ERROR = "processing_error"


FAILURE_REASONS: Mapping[FailureCode, str] = {
    FailureCode.REFUSED_BY_BANK: "The payer's bank refused the payment.",
    FailureCode.INSUFFICIENT_FUNDS: "The account does not hold enough money.",
    FailureCode.AUTHORISATION_TIMED_OUT: "The payer did not authorise the payment in time.",
    FailureCode.IDENTITY_REJECTED: "The payer's identity could not be confirmed.",
    FailureCode.RISK_DECLINED: "The payment was declined by risk screening.",
    FailureCode.AMOUNT_MISMATCH: "The amount received differs from the amount of the session.",
    FailureCode.PROCESSING_ERROR: "The payment could not be processed.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """Who pays, as far as it is known: from the request, or from the identity step of the hosted page."""

    email: str = field(repr=False)
    full_name: str | None = field(default=None, repr=False)
    residence_address: str | None = field(default=None, repr=False)
    citizenship_country_code: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bank:
    """The bank a payer chose. ``country`` is ISO 3166-1 alpha-2."""

    bank_id: str
    name: str
    country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """The payment of a session. ``created_at`` in UTC, by the session clock."""

    reference: str
    end_to_end_id: str
    status: DepositStatus
    payment_method: str
    bank: Bank
    created_at: datetime
    external_payment_id: str | None = None
    debtor_iban_masked: str | None = field(default=None, repr=False)
    failure_code: FailureCode | None = None
    failure_reason: str | None = None

    @property
    def times_out_at(self) -> datetime | None:
        """When it fails for want of an authorisation; None once it was submitted or is final."""
        if self.status in (DepositStatus.CREATED, DepositStatus.INITIATED):
            return self.created_at + AUTHORISATION_TIMEOUT
        return None
