"""What a payer looks at: the session with its merchant, and the banks to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reference_impl.domain.customers import SavedBank
from reference_impl.domain.deposits import Bank
from reference_impl.domain.partners import Partner
from reference_impl.domain.sessions import Session, session_not_found
from reference_impl.environment import Environment


@dataclass(frozen=True, slots=True)
class Checkout:
    """A session, and the partner that is paid."""

    session: Session
    partner: Partner


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A bank to choose, and how this customer has used it before; None where it has not."""

    bank: Bank
    description: str | None
    saved: SavedBank | None


def look_at(environment: Environment, *, session_id: str) -> Checkout:
    """The session as it stands, whoever asks: its identifier is proof enough (SESS-20).

    Raises ``session_not_found``.
    """
    with environment.storage.reading() as reading:
        session = reading.session(session_id)
        if session is None:
            raise session_not_found()
        return Checkout(session, reading.partner(session.partner_id))


def offer_banks(environment: Environment, session: Session) -> Sequence[Offer]:
    """The banks that the session can be paid with: saved ones first, most recent first, then the others."""
    saved = {bank.bank_id: bank for bank in session.saved_banks}
    rank = {bank_id: place for place, bank_id in enumerate(saved)}
    offers = [
        Offer(bank=bank, description=environment.processor.describe(bank), saved=saved.get(bank.bank_id))
        for bank in environment.processor.banks(country=session.country)
    ]
    return sorted(offers, key=lambda offer: rank.get(offer.bank.bank_id, len(rank)))
