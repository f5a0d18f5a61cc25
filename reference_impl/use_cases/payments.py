"""A payment from the payer's first choice to its end: the payer's steps, the bank's, and what time does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from reference_impl.domain import transitions
from reference_impl.domain.customers import SavedBank, identify_customer
from reference_impl.domain.deliveries import schedule
from reference_impl.domain.deposits import FailureCode, Payer
from reference_impl.domain.events import Occasion
from reference_impl.domain.plans import Action, Pace, Plan, Step
from reference_impl.domain.problems import Problem
from reference_impl.domain.sessions import Session, Status, session_not_found
from reference_impl.domain.transitions import IllegalTransitionError, Transition
from reference_impl.environment import Environment
from reference_impl.storage.port import ASIDE, Reading, Transaction


class BrokenStepError(Exception):
    """A step of a session failed for a reason that may last: a mistake, or a processor that is away."""


def identify(environment: Environment, *, session_id: str, payer: Payer) -> Session:
    """The payer's identity step on the hosted page, where Stable Mint manages the customer."""
    return _change(
        environment,
        session_id,
        lambda session, occasion: transitions.identify_payer(session, payer, occasion),
    )


def choose_bank(
    environment: Environment,
    *,
    session_id: str,
    payment_method: str,
    bank_id: str,
    amount: int | None = None,
) -> Session:
    """The payer chooses method and bank: the deposit is made and the order placed (PAY-02).

    ``amount`` in hundredths, where the session has none yet. What the bank does at once is done on return.
    Raises ``IllegalTransitionError``, or ``LookupError`` for a bank that is not offered.
    """

    def step(session: Session, occasion: Occasion) -> Transition:
        offered = {bank.bank_id: bank for bank in environment.processor.banks(country=session.country)}
        transition = transitions.make_deposit(
            session,
            occasion,
            reference=environment.new_reference(),
            end_to_end_id=environment.new_end_to_end_id(),
            payment_method=payment_method,
            bank=offered[bank_id],
            amount=amount,
        )
        plan = environment.processor.place_order(
            transition.session, pace=_pace(environment, session), now=occasion.now
        )
        return replace(transition, session=replace(transition.session, plan=plan))

    _change(environment, session_id, step)
    return settle(environment, session_id)


def consent(environment: Environment, *, session_id: str, approved: bool) -> Session:
    """The payer's answer at the bank's consent screen; a refusal fails the deposit."""

    def step(session: Session, occasion: Occasion) -> Transition:
        if session.plan is None or not session.plan.awaits_payer:
            raise IllegalTransitionError("the bank is not waiting for the payer")
        if not approved:
            return _without_plan(transitions.fail(session, occasion, code=FailureCode.REFUSED_BY_BANK))
        return Transition(_proceeded(environment, session, session.plan, occasion), ())

    try:
        _change(environment, session_id, step)
    except IllegalTransitionError:
        # Whoever made the deposit may have died before the steps that lead here, which are due.
        settle(environment, session_id)
        _change(environment, session_id, step)
    return settle(environment, session_id)


def consent_beforehand(environment: Environment, *, session_id: str) -> Session:
    """The payer's consent before the bank asks for it: it will not wait."""

    def step(session: Session, _: Occasion) -> Transition:
        if session.plan is None:
            raise IllegalTransitionError("no payment is under way")
        steps = tuple(step for step in session.plan.steps if step.action is not Action.CONSENT)
        return Transition(replace(session, plan=replace(session.plan, steps=steps)), ())

    return _change(environment, session_id, step)


def leave(environment: Environment, *, session_id: str) -> Session:
    """The payer exits: an open session is cancelled, one in `processing` stays as it is (PAY-07)."""
    return _change(environment, session_id, transitions.cancel)


def instruct(
    environment: Environment, *, session_id: str, instruction: str | None, pace: Pace | None
) -> Session:
    """Tell the simulated bank what to play for this session, and when its steps are to happen."""
    return _change(
        environment,
        session_id,
        lambda session, _: Transition(replace(session, instruction=instruction, pace=pace), ()),
    )


def settle(environment: Environment, session_id: str) -> Session:
    """Do everything that is due of a session; the session as it is then."""
    while do_next_due(environment, session_id) is not None:
        pass
    with environment.storage.reading() as reading:
        return _session(reading, session_id)


def do_next_due(environment: Environment, session_id: str) -> Transition | None:
    """Do the one thing of a session that is due first, committed by itself; None if nothing is."""
    with environment.storage.transaction() as transaction:
        session = _session(transaction, session_id)
        if session.due_at is None or session.due_at > environment.session_clock():
            return None
        transition = _do_due_step(environment, transaction, session)
    environment.announce(transition)
    return transition


def do_first_due(environment: Environment) -> tuple[datetime, Transition] | None:
    """Do the one thing that is due first of all sessions, and when it was due; None if nothing is.

    Any number of processes may do so at one time: each does another session's. Raises ``BrokenStepError``
    where the step failed; it is postponed by ``ASIDE``, whichever process comes by.
    """
    session = None
    try:
        with environment.storage.transaction() as transaction:
            session = transaction.take_due_session(environment.session_clock())
            if session is None or session.due_at is None:
                return None
            transition = _do_due_step(environment, transaction, session)
    except Problem:
        raise
    except Exception as error:
        if session is None:
            raise
        with environment.storage.transaction() as transaction:
            transaction.postpone_session(session.session_id, environment.session_clock() + ASIDE)
        raise BrokenStepError from error
    environment.announce(transition)
    return session.due_at, transition


def take_step(environment: Environment, *, session_id: str) -> Session:
    """Make the next step of the plan now, due or not; the payer's consent is given where it is waited for."""

    def step(session: Session, occasion: Occasion) -> Transition:
        if session.plan is None or not session.plan.steps:
            raise IllegalTransitionError("no step is planned for this session")
        return _planned_step(environment, session, session.plan, occasion)

    return _change(environment, session_id, step)


def report(
    environment: Environment, *, session_id: str, step: Step, external_payment_id: str | None = None
) -> Session:
    """What a payment processor has learnt of a payment, now: the session once it is written, and told of.

    For processors that hear of what happens at the bank, instead of announcing it in a plan. Raises
    ``IllegalTransitionError`` where the deposit is not where the step begins, which news that comes twice or
    too late does, and ``session_not_found``. ``external_payment_id`` is the bank's, for ``Action.SUBMIT``.
    """
    if external_payment_id is not None:
        environment = replace(environment, new_external_payment_id=lambda: external_payment_id)

    def take(session: Session, occasion: Occasion) -> Transition:
        planned = session.plan.steps if session.plan else ()
        return _planned_step(environment, session, Plan(steps=(step, *planned), due_at=None), occasion)

    return _change(environment, session_id, take)


def _change(
    environment: Environment, session_id: str, step: Callable[[Session, Occasion], Transition]
) -> Session:
    """Take a step. What time has decided comes first, noticed or not: a deposit may have timed out."""
    transition = None
    with environment.storage.transaction() as transaction:
        session = _session(transaction, session_id)
        occasion = _occasion(environment, transaction, session)
        if not _is_overdue(session, occasion.now):
            transition = step(session, occasion)
            _apply(environment, transaction, transition)
    if transition is None:
        settle(environment, session_id)
        return _change(environment, session_id, step)
    environment.announce(transition)
    return transition.session


def _is_overdue(session: Session, now: datetime) -> bool:
    """Whether the deposit's time is over (PAY-06); an open session's is looked to by each step."""
    timeout = session.deposit.times_out_at if session.deposit else None
    return timeout is not None and now >= timeout


def _do_due_step(environment: Environment, transaction: Transaction, session: Session) -> Transition:
    transition = _due_step(environment, session, _occasion(environment, transaction, session))
    _apply(environment, transaction, transition)
    return transition


def _due_step(environment: Environment, session: Session, occasion: Occasion) -> Transition:
    if session.status is Status.OPEN:
        return transitions.expire(session, occasion)
    plan, deposit = session.plan, session.deposit
    timeout = deposit.times_out_at if deposit else None
    if plan is not None and plan.due_at is not None and (timeout is None or plan.due_at <= timeout):
        return _planned_step(environment, session, plan, occasion)
    return _without_plan(
        transitions.fail(session, occasion, code=FailureCode.AUTHORISATION_TIMED_OUT)  # PAY-06
    )


def _planned_step(environment: Environment, session: Session, plan: Plan, occasion: Occasion) -> Transition:
    step = plan.steps[0]
    match step.action:
        case Action.INITIATE:
            transition = transitions.initiate(session, occasion)
        case Action.SUBMIT:
            transition = transitions.submit(
                session, occasion, external_payment_id=environment.new_external_payment_id()
            )
        case Action.ACCEPT:
            transition = transitions.accept(
                session, occasion, debtor_iban_masked=environment.processor.debtor_iban(session)
            )
        case Action.COMPLETE:
            return _without_plan(transitions.complete(session, occasion))
        case Action.FAIL:
            return _without_plan(
                transitions.fail(session, occasion, code=step.failure_code or FailureCode.PROCESSING_ERROR)
            )
        case Action.CONSENT:
            transition = Transition(session, ())
        case Action.NEVER:
            raise IllegalTransitionError("nothing follows: the deposit waits for its time-out")
    return replace(transition, session=_proceeded(environment, transition.session, plan, occasion))


def _proceeded(environment: Environment, session: Session, plan: Plan, occasion: Occasion) -> Session:
    pace = _pace(environment, session)
    return replace(session, plan=environment.processor.proceed(plan, pace=pace, now=occasion.now))


def _without_plan(transition: Transition) -> Transition:
    return replace(transition, session=replace(transition.session, plan=None))


def _pace(environment: Environment, session: Session) -> Pace:
    return session.pace or environment.pace()


def _session(transaction: Reading, session_id: str) -> Session:
    session = transaction.session(session_id)
    if session is None:
        raise session_not_found()
    return session


def _occasion(environment: Environment, transaction: Transaction, session: Session) -> Occasion:
    return Occasion(
        now=environment.session_clock(),
        partner=transaction.partner(session.partner_id),
        new_event_id=environment.new_event_id,
    )


def _apply(environment: Environment, transaction: Transaction, transition: Transition) -> None:
    """Write a step and what it tells in one transaction: no event is lost, none is sent before its change.

    Who was told of it, or redirected for it, reads it by GET (HOOK-20, PAY-10). A dispatcher sends it; nobody
    who waits for an answer waits for that (HOOK-21).
    """
    session = transition.session
    transaction.replace_session(session)
    configured = transaction.endpoints(session.partner_id) if transition.events else {}
    for event in transition.events:
        delivery_id = environment.new_delivery_id()
        transaction.add_delivery(
            schedule(event, delivery_id=delivery_id, configured=event.event_type in configured)
        )
    if transition.events and session.status is Status.COMPLETED:
        _save_bank(environment, transaction, session)


def _save_bank(environment: Environment, transaction: Transaction, session: Session) -> None:
    deposit, payer = session.deposit, session.payer
    if deposit is None or payer is None or deposit.debtor_iban_masked is None:
        return
    customer_id = identify_customer(session.partner_id, session.user_id, email=payer.email)
    bank = SavedBank(
        bank_id=deposit.bank.bank_id, name=deposit.bank.name, iban_masked=deposit.debtor_iban_masked
    )
    transaction.save_bank(customer_id, bank, used_at=environment.session_clock())
