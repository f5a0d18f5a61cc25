"""Driver operations on payments: limits, playing a session to an outcome, and one step of it at a time."""

from __future__ import annotations

from reference_impl.domain.amounts import MINIMUM, as_json_number, hundredths
from reference_impl.domain.plans import Action, Pace
from reference_impl.domain.problems import Fault, invalid_request
from reference_impl.domain.requests import AMOUNT
from reference_impl.domain.sessions import Session, Status, session_not_found
from reference_impl.domain.transitions import IllegalTransitionError
from reference_impl.driven import Driven
from reference_impl.environment import Environment
from reference_impl.http.driver_problems import step_not_possible
from reference_impl.http.driver_representation import show_session
from reference_impl.http.messages import Answer, Request, answer_json
from reference_impl.use_cases.payments import take_step
from reference_impl.use_cases.play import play


def get_limits(request: Request) -> Answer:
    """200 with what black-box tests have to know of this implementation."""
    driven: Driven = request.caller
    return answer_json(
        {
            "minimumAmount": as_json_number(MINIMUM),
            "maximumAmount": as_json_number(driven.environment.maximum_amount),
            "capacity": driven.capacity,
            "keyRetentionHours": None,
            "webhookPublicKey": driven.webhook_public_key,
        }
    )


def play_session(request: Request) -> Answer:
    """200 with the session after the payment, or after as many of its steps as were asked for."""
    environment, document = request.environment, request.document
    session = _open_session(environment, request.path_parameters["sessionId"])
    amount = document.get("amount")
    if amount is not None and session.amount is not None:
        raise invalid_request([Fault(AMOUNT, "unknown_field", "is given by the session itself")])
    steps = document.get("steps")
    paid = play(
        environment,
        session_id=session.session_id,
        outcome=document.get("outcome") or session.instruction or "success",
        pace=Pace.MANUAL if steps is not None else Pace(document["pace"]) if "pace" in document else None,
        amount=None if amount is None else hundredths(amount),
    )
    for _ in range(steps or 0):
        if paid.plan is None or not paid.plan.steps or paid.plan.steps[0].action is Action.NEVER:
            break
        paid = take_step(environment, session_id=paid.session_id)
    return _shown(environment, paid)


def step_session(request: Request) -> Answer:
    """200 with the session after its next step, due or not."""
    environment = request.environment
    session = _session(environment, request.path_parameters["sessionId"])
    try:
        return _shown(environment, take_step(environment, session_id=session.session_id))
    except IllegalTransitionError as error:
        raise step_not_possible(str(error), session.status_at(environment.session_clock())) from None


def _shown(environment: Environment, session: Session) -> Answer:
    return answer_json(
        show_session(session, now=environment.session_clock(), checkout_url=environment.checkout_url)
    )


def _session(environment: Environment, session_id: str) -> Session:
    with environment.storage.reading() as reading:
        session = reading.session(session_id)
    if session is None:
        raise session_not_found()
    return session


def _open_session(environment: Environment, session_id: str) -> Session:
    session = _session(environment, session_id)
    status = session.status_at(environment.session_clock())
    if status is not Status.OPEN:
        raise step_not_possible("only an open session can be paid, once", status)
    return session
