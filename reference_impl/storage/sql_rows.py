"""Domain objects as rows, and back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row

from reference_impl.domain.customers import SavedBank
from reference_impl.domain.idempotency import FirstAnswer, KeyScope
from reference_impl.domain.partners import CustomerManagement, Partner
from reference_impl.domain.sessions import FINAL, Redirects, Session, SessionType, Status

Values = dict[str, Any]


def partner_values(partner: Partner) -> Values:
    return {
        "partner_id": partner.partner_id,
        "name": partner.name,
        "api_key": partner.api_key,
        "api_secret": partner.api_secret,
        "public_key_pem": partner.public_key_pem,
        "customer_management": sorted(model.value for model in partner.customer_management),
    }


def partner_from_row(row: Row[Any]) -> Partner:
    return Partner(
        partner_id=row.partner_id,
        name=row.name,
        api_key=row.api_key,
        api_secret=row.api_secret,
        public_key_pem=row.public_key_pem,
        customer_management=frozenset(map(CustomerManagement, row.customer_management)),
    )


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
        "user_email": session.user_email,
        "user_kyc": session.user_kyc,
        "website_reference": session.website_reference,
        "custom_fields": session.custom_fields,
        "idempotency_key": session.idempotency_key,
        "blockchain_destination_type": session.blockchain_destination_type,
        "blockchain_destination_address": session.blockchain_destination_address,
        "saved_banks": [[bank.bank_id, bank.name, bank.iban_masked] for bank in session.saved_banks],
        "payment_method": session.payment_method,
    }


def session_from_row(row: Row[Any]) -> Session:
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
        user_email=row.user_email,
        user_kyc=row.user_kyc,
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
    )


def first_answer_values(answer: FirstAnswer) -> Values:
    return {
        "partner_id": answer.scope.partner_id,
        "operation_id": answer.scope.operation_id,
        "key": answer.scope.key,
        "fingerprint": answer.fingerprint,
        "session_id": answer.session_id,
        "body": answer.body,
        "answered_at": answer.answered_at,
    }


def first_answer_from_row(row: Row[Any]) -> FirstAnswer:
    return FirstAnswer(
        scope=KeyScope(partner_id=row.partner_id, operation_id=row.operation_id, key=row.key),
        fingerprint=row.fingerprint,
        session_id=row.session_id,
        body=row.body,
        answered_at=row.answered_at,
    )


def bank_values(customer_id: str, bank: SavedBank, *, used_at: datetime) -> Values:
    return {
        "customer_id": customer_id,
        "bank_id": bank.bank_id,
        "name": bank.name,
        "iban_masked": bank.iban_masked,
        "used_at": used_at,
    }


def bank_from_row(row: Row[Any]) -> SavedBank:
    return SavedBank(bank_id=row.bank_id, name=row.name, iban_masked=row.iban_masked)
