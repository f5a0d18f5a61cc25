"""Play a payment from end to end: every step that a payer would make, and the outcome that was asked for."""

from __future__ import annotations

from reference_impl.bank.outcomes import OUTCOMES
from reference_impl.bank.simulated import BANK_PREFIX
from reference_impl.domain.deposits import Payer
from reference_impl.domain.plans import Pace
from reference_impl.domain.sessions import PAYMENT_METHODS, Session
from reference_impl.environment import Environment
from reference_impl.use_cases.payments import (
    choose_bank,
    consent,
    consent_beforehand,
    identify,
    instruct,
)

DEFAULT_PAYER = Payer(
    email="ada.payer@example.com",
    full_name="Ada Payer",
    residence_address="1 Sandbox Street, 10115 Berlin",
    citizenship_country_code="DE",
)
"""Who pays where Stable Mint manages the customer and nobody was identified."""

DEFAULT_AMOUNT = 500
"""What is paid, in hundredths, where neither partner nor payer names an amount."""


def play(
    environment: Environment,
    *,
    session_id: str,
    outcome: str = "success",
    pace: Pace | None = None,
    amount: int | None = None,
) -> Session:
    """Pay an open session with ``outcome``, a code of ``OUTCOMES``; the session when nothing more is due.

    Identifies the payer, chooses a bank and gives consent as they are asked for. What the outcome leaves to
    the clock stays to come. Raises LookupError for an unknown outcome, ``IllegalTransitionError`` if the
    session is not open, ``session_not_found``.
    """
    if outcome not in OUTCOMES:
        raise LookupError(f"there is no outcome {outcome}; choose one of {', '.join(OUTCOMES)}")
    session = instruct(environment, session_id=session_id, instruction=outcome, pace=pace)
    if session.payer is None:
        session = identify(environment, session_id=session_id, payer=DEFAULT_PAYER)
    session = choose_bank(
        environment,
        session_id=session_id,
        payment_method=PAYMENT_METHODS[0],
        bank_id=f"{BANK_PREFIX}{outcome}",
        amount=(amount or DEFAULT_AMOUNT) if session.amount is None else None,
    )
    if session.plan is not None and session.plan.awaits_payer:
        return consent(environment, session_id=session_id, approved=True)
    if session.plan is not None and (session.pace or environment.pace()) is Pace.TIMER:
        return consent_beforehand(environment, session_id=session_id)
    return session
