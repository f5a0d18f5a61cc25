"""Operations on customers: whoever a partner's events call by one `customerId`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mockserver.control.sessions import DEFAULT_LIMIT, MOST_LOOKED_AT, show
from reference_impl.domain.amounts import as_json_number
from reference_impl.domain.customers import identify_customer
from reference_impl.domain.deposits import Deposit
from reference_impl.domain.events import as_rfc3339
from reference_impl.domain.sessions import Session
from reference_impl.http.api import Handler
from reference_impl.http.driver_problems import resource_not_found
from reference_impl.http.messages import Answer, Request, answer_json


def list_customers(request: Request) -> Answer:
    """200 with the customers of the latest sessions."""
    query = request.query
    with request.environment.storage.reading() as reading:
        sessions = reading.sessions(partner_id=query.get("partner"), limit=MOST_LOOKED_AT)
    listed = [_show(customer_id, theirs) for customer_id, theirs in _by_customer(sessions).items()]
    return answer_json({"customers": listed[: query.get("limit", DEFAULT_LIMIT)]})


def get_customer(request: Request) -> Answer:
    """200 with a customer's sessions, payments and saved banks."""
    customer_id = request.path_parameters["customerId"]
    with request.environment.storage.reading() as reading:
        sessions = _by_customer(reading.sessions(limit=MOST_LOOKED_AT)).get(customer_id)
        saved_banks = reading.saved_banks(customer_id)
    if sessions is None:
        raise resource_not_found("customer")
    return answer_json(
        _show(customer_id, sessions)
        | {
            "sessions": [show(request, session) for session in sessions],
            "payments": [
                _show_payment(session, session.deposit) for session in sessions if session.deposit is not None
            ],
            "savedBanks": [
                {"id": bank.bank_id, "name": bank.name, "ibanMasked": bank.iban_masked}
                for bank in saved_banks
            ],
        }
    )


def _by_customer(sessions: Iterable[Session]) -> Mapping[str, Sequence[Session]]:
    """Sessions whose payer is known, by `customerId`, in their order."""
    found: dict[str, list[Session]] = {}
    for session in sessions:
        if session.payer is not None:
            customer_id = identify_customer(session.partner_id, session.user_id, email=session.payer.email)
            found.setdefault(customer_id, []).append(session)
    return found


def _show(customer_id: str, sessions: Sequence[Session]) -> dict[str, Any]:
    latest = sessions[0]
    return {
        "customerId": customer_id,
        "partner": latest.partner_id,
        "userId": latest.user_id,
        "sessionCount": len(sessions),
        "latestSessionAt": as_rfc3339(latest.created_at),
    }


def _show_payment(session: Session, deposit: Deposit) -> dict[str, Any]:
    return {
        "sessionId": session.session_id,
        "reference": deposit.reference,
        "status": deposit.status,
        "amount": as_json_number(session.amount or 0),
        "currency": session.currency,
        "bankName": deposit.bank.name,
        "createdAt": as_rfc3339(deposit.created_at),
    }


HANDLERS: Mapping[str, Handler] = {"listCustomers": list_customers, "getCustomer": get_customer}
