"""One function for each operationId of the payer API: ``Request → Answer``, free of any framework."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from reference_impl.domain.amounts import hundredths
from reference_impl.domain.deposits import Payer
from reference_impl.domain.problems import Problem
from reference_impl.domain.sessions import Session
from reference_impl.domain.transitions import IllegalTransitionError
from reference_impl.environment import Environment
from reference_impl.http.api import Handler
from reference_impl.http.messages import Answer, Request
from reference_impl.http.payer_view import show_banks, show_session
from reference_impl.use_cases.checkout import Checkout, look_at, offer_banks
from reference_impl.use_cases.payments import choose_bank, consent, identify, leave

Step = Callable[[Environment, str, Mapping[str, Any]], Session]


def get(request: Request) -> Answer:
    """200 with the session as it is now."""
    return _answer(request.environment, request.caller)


def list_banks(request: Request) -> Answer:
    """200 with the banks to choose from."""
    return Answer(200, show_banks(offer_banks(request.environment, request.caller.session)))


def take(step: Step, *, leaving: bool = False) -> Handler:
    """A handler that takes a step: 200 with the session after it, 409 where it is not to be taken."""

    def handler(request: Request) -> Answer:
        environment, checkout = request.environment, request.caller
        session_id = checkout.session.session_id
        try:
            session = step(environment, session_id, request.document or {})
        except IllegalTransitionError as refusal:
            now = look_at(environment, session_id=session_id).session
            raise Problem(
                "step_not_possible",
                f"This step is not possible now: {refusal}. Look at the session, and go on from there.",
                members={"sessionStatus": now.status_at(environment.session_clock())},
            ) from None
        return _answer(environment, replace(checkout, session=session), leaving=leaving)

    return handler


def _answer(environment: Environment, checkout: Checkout, *, leaving: bool = False) -> Answer:
    return Answer(
        200,
        show_session(
            checkout.session,
            partner=checkout.partner,
            now=environment.session_clock(),
            maximum_amount=environment.maximum_amount,
            leaving=leaving,
        ),
    )


def _identify(environment: Environment, session_id: str, document: Mapping[str, Any]) -> Session:
    payer = Payer(
        email=document["email"],
        full_name=document["fullName"],
        residence_address=document.get("residenceAddress"),
        citizenship_country_code=document.get("citizenshipCountryCode"),
    )
    return identify(environment, session_id=session_id, payer=payer)


def _make_deposit(environment: Environment, session_id: str, document: Mapping[str, Any]) -> Session:
    amount = document.get("amount")
    return choose_bank(
        environment,
        session_id=session_id,
        payment_method=document["paymentMethod"],
        bank_id=document["bankId"],
        amount=None if amount is None else hundredths(amount),
    )


def _give_consent(environment: Environment, session_id: str, document: Mapping[str, Any]) -> Session:
    return consent(environment, session_id=session_id, approved=document["approved"])


def _exit(environment: Environment, session_id: str, _: Mapping[str, Any]) -> Session:
    return leave(environment, session_id=session_id)


HANDLERS: Mapping[str, Handler] = {
    "getPayerSession": get,
    "listBanks": list_banks,
    "identifyPayer": take(_identify),
    "makeDeposit": take(_make_deposit),
    "giveConsent": take(_give_consent),
    "exitSession": take(_exit, leaving=True),
}
