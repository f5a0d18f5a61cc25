"""Sessions in each state that a payer can meet, made by a partner's request and a payer's steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from tests.payer_api.checkout import call, take
from tests.session_api.calls import EMBEDDED, HOSTED, HOSTED_PARTNER_MANAGED, new_session
from tests.timed import TimedServer

LIFETIME = timedelta(minutes=30)


def identified(timed: TimedServer) -> str:
    """A hosted session of a payer whom the partner has named."""
    session_id: str = new_session(timed.server, HOSTED_PARTNER_MANAGED)["sessionId"]
    return session_id


def unidentified(timed: TimedServer) -> str:
    """A hosted session whose payer nobody knows yet."""
    session_id: str = new_session(timed.server, HOSTED)["sessionId"]
    return session_id


def without_amount(timed: TimedServer) -> str:
    """An embedded session without an amount."""
    session_id: str = new_session(timed.server, EMBEDDED)["sessionId"]
    return session_id


def awaiting_consent(timed: TimedServer) -> str:
    """A session whose deposit waits for the payer's consent."""
    session_id = identified(timed)
    assert take(timed.server, "makeDeposit", session_id).status == 200
    return session_id


def processing(timed: TimedServer) -> str:
    """A session whose payment the bank will complete in a day."""
    session_id = identified(timed)
    assert take(timed.server, "makeDeposit", session_id, bankId="bank-waiting").status == 200
    assert take(timed.server, "giveConsent", session_id).status == 200
    return session_id


def completed(timed: TimedServer) -> str:
    """A paid session."""
    session_id = awaiting_consent(timed)
    assert take(timed.server, "giveConsent", session_id).status == 200
    return session_id


def failed(timed: TimedServer) -> str:
    """A session whose payer has refused consent."""
    session_id = awaiting_consent(timed)
    assert call(timed.server, "giveConsent", session_id, {"approved": False}).status == 200
    return session_id


def cancelled(timed: TimedServer) -> str:
    """A session that the payer has left."""
    session_id = identified(timed)
    assert take(timed.server, "exitSession", session_id).status == 200
    return session_id


def expired(timed: TimedServer) -> str:
    """A session at the very instant of its expiry."""
    session_id = identified(timed)
    timed.clocks.session += LIFETIME
    return session_id


STATES: Mapping[str, Callable[[TimedServer], str]] = {
    state.__name__: state
    for state in (
        unidentified,
        identified,
        without_amount,
        awaiting_consent,
        processing,
        completed,
        failed,
        cancelled,
        expired,
    )
}
STATUSES = {
    "unidentified": "open",
    "identified": "open",
    "without_amount": "open",
    "awaiting_consent": "processing",
    "processing": "processing",
    "completed": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
    "expired": "expired",
}
