"""Sessions as rows, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from reference_impl.domain.customers import SavedBank
from reference_impl.domain.deposits import Bank, Deposit, DepositStatus, FailureCode, Payer
from reference_impl.domain.partners import CustomerManagement
from reference_impl.domain.plans import Action, Pace, Plan, Step
from reference_impl.domain.sessions import FINAL, Redirects, Session, SessionType, Status

Values = dict[str, Any]
_MICROSECOND = timedelta(microseconds=1)


def session_values(session: Session) -> Values:
    redirects = session.redirects
    return {
        "session_id": session.session_id,
        "partner_id": session.partner_id,
        "type": session.type.value,
        "customer_management": session.customer_management.value,
        "status": session.status.value,
        "finished": session.status in FINAL,
        "currency": session.currency,
        "country": session.country,
        "amount_in_hundredths": session.amount,
        "created_at": session.created_at,
        "expires_at": session.expires_at,
        "success_url": redirects and redirects.success_url,
        "support_url": redirects and redirects.support_url,
        "exit_url": redirects and redirects.exit_url,
        "error_url": redirects and redirects.error_url,
        "user_id": session.user_id,
        "identity": _identity(session),
        "website_reference": session.website_reference,
        "custom_fields": session.custom_fields,
        "idempotency_key": session.idempotency_key,
        "blockchain_destination_type": session.blockchain_destination_type,
        "blockchain_destination_address": session.blockchain_destination_address,
        "saved_banks": [[bank.bank_id, bank.name, bank.iban_masked] for bank in session.saved_banks],
        "payment_method": session.payment_method,
        "deposit": session.deposit and _from_deposit(session.deposit),
        "plan": session.plan and _from_plan(session.plan),
        "instruction": session.instruction,
        "pace": session.pace and session.pace.value,
        "due_at": session.due_at,
    }


def session_from_row(row: Row[Any], *, identity: Mapping[str, Any] | None = None) -> Session:
    """The session; ``identity`` where the row has it as it lies in the database."""
    identity = identity or row.identity or {}
    return Session(
        session_id=row.session_id,
        partner_id=row.partner_id,
        type=SessionType(row.type),
        customer_management=CustomerManagement(row.customer_management),
        status=Status(row.status),
        currency=row.currency,
        country=row.country,
        amount=row.amount_in_hundredths,
        created_at=row.created_at,
        expires_at=row.expires_at,
        redirects=None
        if row.success_url is None
        else Redirects(row.success_url, row.support_url, row.exit_url, row.error_url),
        user_id=row.user_id,
        user_email=identity.get("email"),
        user_kyc=identity.get("kyc"),
        website_reference=row.website_reference,
        custom_fields=row.custom_fields,
        idempotency_key=row.idempotency_key,
        blockchain_destination_type=row.blockchain_destination_type,
        blockchain_destination_address=row.blockchain_destination_address,
        saved_banks=tuple(
            SavedBank(bank_id=bank_id, name=name, iban_masked=iban_masked)
            for bank_id, name, iban_masked in row.saved_banks
        ),
        payment_method=row.payment_method,
        payer=Payer(**identity["payer"]) if "payer" in identity else None,
        deposit=row.deposit and _to_deposit(row.deposit),
        plan=row.plan and _to_plan(row.plan),
        instruction=row.instruction,
        pace=row.pace and Pace(row.pace),
    )


def _identity(session: Session) -> Values | None:
    """All that says who somebody is, in one column: it leaves the store with the session alone (SESS-06)."""
    identity: Values = {}
    if session.user_email is not None:
        identity["email"] = session.user_email
    if session.user_kyc is not None:
        identity["kyc"] = session.user_kyc
    if session.payer is not None:
        identity["payer"] = {
            "email": session.payer.email,
            "full_name": session.payer.full_name,
            "residence_address": session.payer.residence_address,
            "citizenship_country_code": session.payer.citizenship_country_code,
        }
    return identity or None


def _from_deposit(deposit: Deposit) -> Values:
    return {
        "reference": deposit.reference,
        "end_to_end_id": deposit.end_to_end_id,
        "status": deposit.status,
        "payment_method": deposit.payment_method,
        "bank": [deposit.bank.bank_id, deposit.bank.name, deposit.bank.country],
        "created_at": deposit.created_at.isoformat(),
        "external_payment_id": deposit.external_payment_id,
        "debtor_iban_masked": deposit.debtor_iban_masked,
        "failure_code": deposit.failure_code,
        "failure_reason": deposit.failure_reason,
    }


def _to_deposit(values: Mapping[str, Any]) -> Deposit:
    bank_id, name, country = values["bank"]
    return Deposit(
        reference=values["reference"],
        end_to_end_id=values["end_to_end_id"],
        status=DepositStatus(values["status"]),
        payment_method=values["payment_method"],
        bank=Bank(bank_id=bank_id, name=name, country=country),
        created_at=datetime.fromisoformat(values["created_at"]),
        external_payment_id=values["external_payment_id"],
        debtor_iban_masked=values["debtor_iban_masked"],
        failure_code=_to_failure_code(values["failure_code"]),
        failure_reason=values["failure_reason"],
    )


def _from_plan(plan: Plan) -> Values:
    return {
        "due_at": plan.due_at and plan.due_at.isoformat(),
        "steps": [[step.action, step.after // _MICROSECOND, step.failure_code] for step in plan.steps],
    }


def _to_plan(values: Mapping[str, Any]) -> Plan:
    due_at = values["due_at"]
    return Plan(
        due_at=due_at and datetime.fromisoformat(due_at),
        steps=tuple(
            Step(Action(action), after * _MICROSECOND, _to_failure_code(failure_code))
            for action, after, failure_code in values["steps"]
        ),
    )


def _to_failure_code(value: str | None) -> FailureCode | None:
    return None if value is None else FailureCode(value)
