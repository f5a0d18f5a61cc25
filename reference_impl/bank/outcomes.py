"""What the simulated bank can be told to play: one table for code, checkout, control API and docs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from reference_impl.domain.deposits import FailureCode
from reference_impl.domain.plans import Action, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """An outcome, and the three ways to choose it besides the control API's.

    ``code`` names it in the control API and, as ``bank-<code>``, the bank that plays it on the checkout page;
    ``magic_amount``, in hundredths, chooses it in the request.
    """

    code: str
    title: str
    description: str
    bank_name: str
    magic_amount: int
    script: tuple[Step, ...]


def _fails(code: FailureCode, *before: Action, after: timedelta = timedelta(0)) -> tuple[Step, ...]:
    return (*map(Step, before), Step(Action.FAIL, after, code))


_AUTHORISED = (Action.INITIATE, Action.CONSENT, Action.SUBMIT)

_TABLE = (
    Outcome(
        code="success",
        title="Success",
        description="The payment is made and the session completed.",
        bank_name="Bank of Success",
        magic_amount=400,
        script=tuple(map(Step, (*_AUTHORISED, Action.ACCEPT, Action.COMPLETE))),
    ),
    Outcome(
        code="refused_by_bank",
        title="Refused by the bank",
        description="The bank refuses the payment after the payer has authorised it.",
        bank_name="Refusal Savings Bank",
        magic_amount=401,
        script=_fails(FailureCode.REFUSED_BY_BANK, *_AUTHORISED),
    ),
    Outcome(
        code="insufficient_funds",
        title="Insufficient funds",
        description="The account does not hold enough money.",
        bank_name="Empty Pockets Bank",
        magic_amount=402,
        script=_fails(FailureCode.INSUFFICIENT_FUNDS, Action.INITIATE, Action.CONSENT),
    ),
    Outcome(
        code="authorisation_timed_out",
        title="Authorisation timed out",
        description="The bank never answers the payer's authorisation; after 15 minutes the deposit fails.",
        bank_name="Endless Queue Bank",
        magic_amount=403,
        script=tuple(map(Step, (Action.INITIATE, Action.CONSENT, Action.NEVER))),
    ),
    Outcome(
        code="identity_rejected",
        title="Identity rejected",
        description="The payer's identity cannot be confirmed.",
        bank_name="Bank of Strangers",
        magic_amount=404,
        script=_fails(FailureCode.IDENTITY_REJECTED),
    ),
    Outcome(
        code="risk_declined",
        title="Declined by risk screening",
        description="Screening declines the payment before the payer is sent to the bank.",
        bank_name="Caution Credit Union",
        magic_amount=405,
        script=_fails(FailureCode.RISK_DECLINED),
    ),
    Outcome(
        code="amount_mismatch",
        title="Amount mismatch",
        description="Another amount than the session's arrives.",
        bank_name="Miscount Bank",
        magic_amount=406,
        script=_fails(FailureCode.AMOUNT_MISMATCH, *_AUTHORISED),
    ),
    Outcome(
        code="processing_error",
        title="Processing error",
        description="The payment order cannot be processed.",
        bank_name="Bank of Errors",
        magic_amount=407,
        script=_fails(FailureCode.PROCESSING_ERROR, Action.INITIATE),
    ),
    Outcome(
        code="failed_after_submission",
        title="Failed after submission",
        description="All looks well until the payment fails, 5 minutes after it was submitted.",
        bank_name="Second Thoughts Bank",
        magic_amount=408,
        script=_fails(FailureCode.PROCESSING_ERROR, *_AUTHORISED, after=timedelta(minutes=5)),
    ),
    Outcome(
        code="abandoned",
        title="Abandoned",
        description="The payer leaves at the bank's consent screen; after 15 minutes the deposit fails.",
        bank_name="Closed Tab Bank",
        magic_amount=409,
        script=(Step(Action.INITIATE), Step(Action.NEVER)),
    ),
    Outcome(
        code="accepted_late",
        title="Accepted late",
        description="The bank accepts 10 minutes after the submission; then the session is completed.",
        bank_name="Slow & Steady Bank",
        magic_amount=410,
        script=(
            *map(Step, _AUTHORISED),
            Step(Action.ACCEPT, timedelta(minutes=10)),
            Step(Action.COMPLETE),
        ),
    ),
    Outcome(
        code="waiting",
        title="Waiting for the clock",
        description="Accepted at once, completed only when the session clock has moved by a day.",
        bank_name="Tomorrow Bank",
        magic_amount=411,
        script=(*map(Step, (*_AUTHORISED, Action.ACCEPT)), Step(Action.COMPLETE, timedelta(days=1))),
    ),
)

OUTCOMES: Mapping[str, Outcome] = {outcome.code: outcome for outcome in _TABLE}
"""Every outcome, by its code."""

BY_MAGIC_AMOUNT: Mapping[int, Outcome] = {outcome.magic_amount: outcome for outcome in _TABLE}
"""Every outcome, by the amount (in hundredths) that chooses it."""
