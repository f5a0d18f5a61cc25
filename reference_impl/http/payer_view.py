"""A session as its payer sees it. What a payer may not see is not named here (SESS-20)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from reference_impl.domain.amounts import MINIMUM, as_json_number
from reference_impl.domain.customers import SavedBank
from reference_impl.domain.deposits import Deposit
from reference_impl.domain.events import as_rfc3339
from reference_impl.domain.partners import Partner
from reference_impl.domain.sessions import PAYMENT_METHODS, Session, Status
from reference_impl.use_cases.checkout import Offer


def show_session(
    session: Session, *, partner: Partner, now: datetime, maximum_amount: int, leaving: bool = False
) -> bytes:
    """The JSON of ``session`` for its payer, as it is at ``now`` by the session clock, as UTF-8.

    ``maximum_amount`` in hundredths; ``leaving`` shows the way out to a payer who has just exited.
    """
    status = session.status_at(now)
    document: dict[str, Any] = {
        "sessionId": session.session_id,
        "type": session.type,
        "customerManagement": session.customer_management,
        "status": status,
        "merchant": _show_merchant(partner),
        "amount": None if session.amount is None else as_json_number(session.amount),
        "minimumAmount": as_json_number(MINIMUM),
        "maximumAmount": as_json_number(maximum_amount),
        "currency": session.currency,
        "country": session.country,
        "createdAt": as_rfc3339(session.created_at),
        "expiresAt": as_rfc3339(session.expires_at),
        "now": as_rfc3339(now),
        "needsIdentity": status is Status.OPEN and session.payer is None,
        "needsAmount": status is Status.OPEN and session.amount is None,
        "allowedPaymentMethods": PAYMENT_METHODS,
        "savedBanks": [_show_saved_bank(bank) for bank in session.saved_banks],
        "paymentMethod": session.payment_method,
        "supportUrl": session.redirects.support_url if session.redirects else None,
        "redirectUrl": way_out(session, status, leaving=leaving),
        "deposit": _show_deposit(session, session.deposit) if session.deposit else None,
    }
    return json.dumps(document, ensure_ascii=False).encode()


def show_banks(offers: Sequence[Offer]) -> bytes:
    """The JSON of the banks to choose from, as UTF-8."""
    return json.dumps({"banks": [_show_offer(offer) for offer in offers]}, ensure_ascii=False).encode()


def _show_merchant(partner: Partner) -> dict[str, str]:
    merchant = {"name": partner.display_name or partner.name}
    if partner.logo_url is not None:
        merchant["logoUrl"] = partner.logo_url
    if partner.colour is not None:
        merchant["colour"] = partner.colour
    return merchant


def _show_deposit(session: Session, deposit: Deposit) -> dict[str, Any]:
    document: dict[str, Any] = {
        "reference": deposit.reference,
        "status": deposit.status,
        "paymentMethod": deposit.payment_method,
        "bankName": deposit.bank.name,
        "awaitsConsent": session.plan is not None and session.plan.awaits_payer,
    }
    if deposit.failure_code is not None:
        document |= {"failureCode": deposit.failure_code, "failureReason": deposit.failure_reason}
    return document


def _show_saved_bank(bank: SavedBank) -> dict[str, str]:
    return {"id": bank.bank_id, "name": bank.name, "ibanMasked": bank.iban_masked}


def _show_offer(offer: Offer) -> dict[str, str]:
    document = {"id": offer.bank.bank_id, "name": offer.bank.name, "country": offer.bank.country}
    if offer.description is not None:
        document["description"] = offer.description
    if offer.saved is not None:
        document["ibanMasked"] = offer.saved.iban_masked
    return document


def way_out(session: Session, status: Status, *, leaving: bool) -> str | None:
    """Where the payer goes, exactly as the partner sent it (PAY-09); None where the payer stays."""
    if session.redirects is None:
        return None
    match status:
        case Status.COMPLETED:
            return session.redirects.success_url
        case Status.FAILED | Status.EXPIRED:
            return session.redirects.error_url
        case Status.CANCELLED:
            return session.redirects.exit_url
        case Status.PROCESSING if leaving:
            return session.redirects.exit_url  # PAY-07: the payment goes on without the payer
        case _:
            return None
