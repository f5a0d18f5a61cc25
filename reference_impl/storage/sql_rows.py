"""Partners, first answers and saved banks as rows, and back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row

from reference_impl.domain.customers import SavedBank
from reference_impl.domain.idempotency import FirstAnswer, KeyScope
from reference_impl.domain.partners import CustomerManagement, Partner

Values = dict[str, Any]


def partner_values(partner: Partner) -> Values:
    return {
        "partner_id": partner.partner_id,
        "name": partner.name,
        "api_key": partner.api_key,
        "api_secret": partner.api_secret,
        "public_key_pem": partner.public_key_pem,
        "customer_management": sorted(model.value for model in partner.customer_management),
        "display_name": partner.display_name,
        "logo_url": partner.logo_url,
        "colour": partner.colour,
    }


def partner_from_row(row: Row[Any]) -> Partner:
    return Partner(
        partner_id=row.partner_id,
        name=row.name,
        api_key=row.api_key,
        api_secret=row.api_secret,
        public_key_pem=row.public_key_pem,
        customer_management=frozenset(map(CustomerManagement, row.customer_management)),
        display_name=row.display_name,
        logo_url=row.logo_url,
        colour=row.colour,
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
