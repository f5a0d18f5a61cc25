"""The life of a session: each function is one atomic step, with the events that it causes.

`open` → `processing` → `completed` | `failed`; `open` → `expired`; `open` → `cancelled`. The last four are
final.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from reference_impl.domain.deposits import (
    FAILURE_REASONS,
    NEXT,
    Bank,
    Deposit,
    DepositStatus,
    FailureCode,
    Payer,
)
from reference_impl.domain.events import Event, Occasion, tell_deposit, tell_status
from reference_impl.domain.partners import CustomerManagement
from reference_impl.domain.sessions import Session, Status


class IllegalTransitionError(Exception):
    """The session or its deposit is not where this step begins; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Transition:
    """A session as a step left it, and what is told of the step. Events share their time (HOOK-07)."""

    session: Session
    events: tuple[Event, ...]


def identify_payer(session: Session, payer: Payer, occasion: Occasion) -> Transition:
    """Take the payer's identity on the hosted page; tells nothing."""
    _require_open(session, occasion)
    if session.customer_management is CustomerManagement.PARTNER:
        raise IllegalTransitionError("the partner has said who pays")
    return Transition(replace(session, payer=payer), ())


def make_deposit(
    session: Session,
    occasion: Occasion,
    *,
    reference: str,
    end_to_end_id: str,
    payment_method: str,
    bank: Bank,
    amount: int | None = None,
) -> Transition:
    """The payer has chosen method and bank: `open` → `processing`, in the same step (PAY-01, PAY-02).

    ``amount`` in hundredths for a session that was created without one (PAY-08).
    """
    _require_open(session, occasion)
    if session.payer is None:
        raise IllegalTransitionError("the payer has not been identified yet")
    if (session.amount is None) == (amount is None):
        raise IllegalTransitionError("the amount is given once: by the partner, or else by the payer")
    deposit = Deposit(
        reference=reference,
        end_to_end_id=end_to_end_id,
        status=DepositStatus.CREATED,
        payment_method=payment_method,
        bank=bank,
        created_at=occasion.now,
    )
    processing = replace(
        session,
        status=Status.PROCESSING,
        amount=amount if session.amount is None else session.amount,
        payment_method=payment_method,
        deposit=deposit,
    )
    return Transition(
        processing, (tell_deposit(processing, occasion), tell_status(processing, session.status, occasion))
    )


def initiate(session: Session, occasion: Occasion) -> Transition:
    """The bank has the payment order; the payer is to authorise it."""
    return _advance(session, _deposit(session), DepositStatus.INITIATED, occasion)


def submit(session: Session, occasion: Occasion, *, external_payment_id: str) -> Transition:
    """The payer has authorised the payment."""
    deposit = replace(_deposit(session), external_payment_id=external_payment_id)
    return _advance(session, deposit, DepositStatus.SUBMITTED, occasion)


def accept(session: Session, occasion: Occasion, *, debtor_iban_masked: str | None = None) -> Transition:
    """The bank has accepted the payment: from here on it can no longer fail."""
    deposit = replace(_deposit(session), debtor_iban_masked=debtor_iban_masked)
    return _advance(session, deposit, DepositStatus.ACCEPTED, occasion)


def complete(session: Session, occasion: Occasion) -> Transition:
    """The money has arrived: deposit and session are `completed` in one step (PAY-05)."""
    return _finish(session, _deposit(session), DepositStatus.COMPLETED, Status.COMPLETED, occasion)


def fail(session: Session, occasion: Occasion, *, code: FailureCode) -> Transition:
    """Deposit and session are `failed` in one step (PAY-04, PAY-05)."""
    deposit = replace(_deposit(session), failure_code=code, failure_reason=FAILURE_REASONS[code])
    return _finish(session, deposit, DepositStatus.FAILED, Status.FAILED, occasion)


def expire(session: Session, occasion: Occasion) -> Transition:
    """An open session's time is over; its event's time is ``expires_at``, however late (HOOK-08)."""
    if session.status is not Status.OPEN or occasion.now < session.expires_at:
        raise IllegalTransitionError("only an open session expires, and not before its time")
    return _close(session, Status.EXPIRED, replace(occasion, now=session.expires_at))


def cancel(session: Session, occasion: Occasion) -> Transition:
    """The payer leaves: an open session is `cancelled`; one in `processing` stays (PAY-07)."""
    if session.status is Status.PROCESSING:
        return Transition(session, ())
    _require_open(session, occasion)
    return _close(session, Status.CANCELLED, occasion)


def _require_open(session: Session, occasion: Occasion) -> None:
    status = session.status_at(occasion.now)
    if status is not Status.OPEN:
        raise IllegalTransitionError(f"the session is {status}")


def _deposit(session: Session) -> Deposit:
    if session.deposit is None:
        raise IllegalTransitionError("the session has no deposit")
    return session.deposit


def _moved(session: Session, deposit: Deposit, status: DepositStatus) -> Session:
    if status not in NEXT[deposit.status]:
        raise IllegalTransitionError(f"a deposit that is {deposit.status} does not become {status}")
    return replace(session, deposit=replace(deposit, status=status))


def _advance(session: Session, deposit: Deposit, status: DepositStatus, occasion: Occasion) -> Transition:
    moved = _moved(session, deposit, status)
    return Transition(moved, (tell_deposit(moved, occasion),))


def _finish(
    session: Session, deposit: Deposit, deposit_status: DepositStatus, status: Status, occasion: Occasion
) -> Transition:
    moved = replace(_moved(session, deposit, deposit_status), status=status)
    return Transition(moved, (tell_deposit(moved, occasion), tell_status(moved, session.status, occasion)))


def _close(session: Session, status: Status, occasion: Occasion) -> Transition:
    closed = replace(session, status=status)
    return Transition(closed, (tell_status(closed, session.status, occasion),))
