"""Customers' identity data deleted on demand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reference_impl.domain.customers import identify_customer
from reference_impl.domain.forgetting import forget_in_event, forget_payer
from reference_impl.domain.sessions import FINAL, Session
from reference_impl.storage.encryption import UndecipherableError
from reference_impl.storage.port import Storage, Transaction

_BATCH = 500
_EVENTS_OF_A_SESSION = 20
"""More than any session causes."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was done: sessions of the customer that no longer tell who paid, and those still under way.

    ``unreadable`` ones, or their events, were encrypted with a lost key; where an e-mail address says who the
    customer is, whoever they are of.
    """

    sessions: int
    under_way: int
    unreadable: int = 0


def forget_customer(
    storage: Storage, *, partner_id: str, user_id: str | None = None, email: str | None = None
) -> Forgotten:
    """Delete who a customer is: one of a partner's `userId`, or one whom Stable Mint manages, by e-mail.

    Gone afterwards: KYC data, e-mail address and saved banks, from sessions, from events told and to be told,
    and what receivers answered to these; sessions name no account of the payer's any more. Sessions and
    events themselves stay, as do `userId` and what else the partner sent. A session under way needs its payer
    to the end, and is left for the next time.
    Raises KeyError for an unknown partner, ValueError unless exactly one of the two says who.
    """
    if (user_id is None) == (email is None):
        raise ValueError("give either a userId or an e-mail address")
    with storage.transaction() as transaction:
        transaction.partner(partner_id)
        transaction.forget_banks(identify_customer(partner_id, user_id, email=email or ""))
    identifiers, unreadable = _sessions_of(storage, partner_id=partner_id, user_id=user_id, email=email)
    forgotten = under_way = 0
    for identifier in identifiers:
        try:
            with storage.transaction() as transaction:
                session = transaction.session(identifier)
                if session is None:
                    continue
                if session.status not in FINAL:
                    under_way += 1
                    continue
                _forget(transaction, session)
        except UndecipherableError:
            unreadable += 1
        else:
            forgotten += 1
    return Forgotten(forgotten, under_way, unreadable)


def _forget(transaction: Transaction, session: Session) -> None:
    transaction.replace_session(forget_payer(session))
    for delivery in transaction.deliveries(session_id=session.session_id, limit=_EVENTS_OF_A_SESSION):
        transaction.rewrite_event(delivery.delivery_id, forget_in_event(delivery.body))


def _sessions_of(
    storage: Storage, *, partner_id: str, user_id: str | None, email: str | None
) -> tuple[Sequence[str], int]:
    """The identifiers of the customer's sessions that still say who that is, and how many cannot be read."""
    identifiers: list[str] = []
    unreadable = 0
    last: int | None = -1
    while last is not None:
        with storage.reading() as reading:
            found = reading.identified_sessions(partner_id, user_id, after=last, limit=_BATCH)
        unreadable += found.unreadable
        last = found.last
        for session in found.sessions:
            payer = session.payer
            if user_id is not None or (payer and email and payer.email.lower() == email.lower()):
                identifiers.append(session.session_id)
    return identifiers, unreadable
