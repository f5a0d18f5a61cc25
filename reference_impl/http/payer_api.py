"""The payer API's own decisions: a session's identifier opens it, and what only the session can tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reference_impl.domain.problems import Fault, Problem
from reference_impl.domain.requests import AMOUNT, amount_fault, refusal
from reference_impl.domain.sessions import Status
from reference_impl.environment import Environment, Environments
from reference_impl.use_cases.checkout import Checkout, look_at

_BANK = "/bankId"


class PayerGatekeeper:
    """Satisfies ``Gatekeeper`` for the payer API; the caller is the session, as it is on arrival."""

    def __init__(self, environments: Environments) -> None:
        self._environments = environments

    def waits(self, fields: Mapping[str, str], path_parameters: Mapping[str, str]) -> bool:
        """The session is read every time."""
        return self._environments.of_session(path_parameters["sessionId"]).storage.waits

    def is_acquainted(self, fields: Mapping[str, str]) -> bool:
        return False

    def authenticate(
        self, fields: Mapping[str, str], body: bytes, path_parameters: Mapping[str, str]
    ) -> tuple[Environment, Checkout]:
        session_id = path_parameters["sessionId"]
        environment = self._environments.of_session(session_id)
        return environment, look_at(environment, session_id=session_id)  # 404

    def authorise(self, caller: Checkout, operation_id: str) -> None:
        """Whoever knows a session may take every step of it."""

    def further_faults(
        self, environment: Environment, caller: Checkout, operation_id: str, document: Any
    ) -> Sequence[Fault]:
        if operation_id != "makeDeposit" or not isinstance(document, Mapping):
            return ()
        session = caller.session
        if session.status_at(environment.session_clock()) is not Status.OPEN:
            return ()  # the step is refused as a whole, whatever was chosen (409)
        faults: list[Fault | None] = []
        bank_id = document.get("bankId")
        offered = {bank.bank_id for bank in environment.processor.banks(country=session.country)}
        if isinstance(bank_id, str) and bank_id not in offered:
            faults.append(Fault(_BANK, "not_in_list", "must be a bank that is offered for this session"))
        if session.amount is None:
            faults.append(
                amount_fault(document, maximum=environment.maximum_amount)
                if "amount" in document
                else Fault(AMOUNT, "required", "is missing: the session has no amount yet")
            )
        elif "amount" in document:
            faults.append(Fault(AMOUNT, "unknown_field", "must not be sent: the session has its amount"))
        return [fault for fault in faults if fault is not None]

    def refuse(self, environment: Environment, faults: Sequence[Fault], further: Sequence[Fault]) -> Problem:
        return refusal(faults, further, maximum=environment.maximum_amount)
