"""Create a payment session, once for each idempotency key, and read it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reference_impl.domain.customers import SavedBank, identify_customer
from reference_impl.domain.idempotency import FirstAnswer, KeyScope, fingerprint, require_same_request
from reference_impl.domain.partners import Partner
from reference_impl.domain.sessions import FLOWS, Session, open_session, session_not_found
from reference_impl.environment import Environment
from reference_impl.storage.port import Storage


@dataclass(frozen=True, slots=True)
class Creation:
    """The outcome of a creation: the body to answer with, and whether it is a first answer given again."""

    session_id: str
    body: bytes
    replayed: bool


def create_session(
    environment: Environment,
    *,
    partner: Partner,
    operation_id: str,
    request: Mapping[str, Any],
    represent: Callable[[Session], bytes],
) -> Creation:
    """Open a session for a valid request, or give the first answer to its idempotency key again.

    Key and session are written together, and the store decides which of any number of simultaneous requests
    consumes the key (IDEM-13). Only a 201 does: whatever fails before that leaves it alone (IDEM-06), and no
    process that dies can leave a key behind without its session (IDEM-16). The
    request has been admitted as if it were new (IDEM-07); without a key it makes a session every time
    (IDEM-14). Creating tells nothing (HOOK-05).
    Raises ``idempotency_key_reused``, ``idempotency_in_progress``.
    """
    now = environment.session_clock()
    session = open_session(
        request,
        flow=FLOWS[operation_id],
        partner=partner,
        session_id=environment.new_session_id(),
        now=now,
        lifetime=environment.session_lifetime,
        instruction=environment.processor.instruction(request),
        saved_banks=_saved_banks(environment.storage, partner, request.get("userId")),
    )
    body = represent(session)
    key = request.get("idempotencyKey")
    answer = (
        FirstAnswer(
            scope=KeyScope(partner_id=partner.partner_id, operation_id=operation_id, key=key),
            fingerprint=fingerprint(request),
            session_id=session.session_id,
            body=body,
            answered_at=now,
        )
        if key
        else None
    )
    first = environment.storage.create_session(session, answer)
    if answer and first:
        require_same_request(first, answer.fingerprint)
        return Creation(first.session_id, first.body, replayed=True)
    environment.announce(session)
    return Creation(session.session_id, body, replayed=False)


def read_session(environment: Environment, *, partner: Partner, session_id: str) -> Session:
    """The partner's session; raises ``session_not_found`` for any other identifier, another partner's too."""
    with environment.storage.reading() as reading:
        session = reading.session(session_id)
    if session is None or session.partner_id != partner.partner_id:
        raise session_not_found()
    return session


def _saved_banks(storage: Storage, partner: Partner, user_id: str | None) -> tuple[SavedBank, ...]:
    if user_id is None:
        return ()
    with storage.reading() as reading:
        return reading.saved_banks(identify_customer(partner.partner_id, user_id))
