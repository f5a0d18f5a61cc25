"""The simulated bank: which outcome it plays, when steps are due, and what it says of accounts."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from reference_impl.bank.outcomes import OUTCOMES
from reference_impl.bank.simulated import TICK, SimulatedBank
from reference_impl.domain.deposits import Bank
from reference_impl.domain.plans import Action, Pace, Plan, Step
from reference_impl.domain.sessions import Session
from tests.reference_impl.builders import (
    EMBEDDED,
    NOW,
    a_deposit,
    a_payer,
    a_request,
    a_session_in_processing,
)

BANK = SimulatedBank()
SOON = timedelta(minutes=5)


def a_chosen_bank(bank_id: str, *, country: str = "DE") -> Bank:
    return Bank(bank_id=bank_id, name="Chosen", country=country)


def a_session_paying_at(bank_id: str, **changes: Any) -> Session:
    return a_session_in_processing(deposit=a_deposit(bank=a_chosen_bank(bank_id)), **changes)


def placed(session: Session) -> Plan:
    return BANK.place_order(session, pace=Pace.AT_ONCE, now=NOW)


class TestOffer:
    @pytest.mark.parametrize("country", ["DE", "PL"])
    def test_there_is_one_bank_for_each_outcome_in_every_country(self, country: str) -> None:
        banks = BANK.banks(country=country)
        assert [bank.bank_id for bank in banks] == [f"bank-{code}" for code in OUTCOMES]
        assert {bank.country for bank in banks} == {country}


class TestChoice:
    @pytest.mark.parametrize("code", sorted(OUTCOMES))
    def test_a_bank_plays_its_outcome(self, code: str) -> None:
        assert placed(a_session_paying_at(f"bank-{code}")).steps == OUTCOMES[code].script

    def test_an_instruction_goes_before_the_bank(self) -> None:
        session = a_session_paying_at("bank-success", instruction="risk_declined")
        assert placed(session).steps == OUTCOMES["risk_declined"].script

    @pytest.mark.parametrize("bank_id", ["my-own-bank", "success", "bank-", "bank-bank-risk_declined"])
    def test_an_unknown_bank_is_a_success(self, bank_id: str) -> None:
        assert placed(a_session_paying_at(bank_id)).steps == OUTCOMES["success"].script

    @pytest.mark.parametrize("amount", json.loads("[4.02, 4.020, 402e-2]"))
    def test_a_magic_amount_in_the_request_is_an_instruction(self, amount: float) -> None:
        assert BANK.instruction(a_request(amount=amount)) == "insufficient_funds"

    @pytest.mark.parametrize("amount", [4, 4.0])
    def test_the_amount_of_success_is_one_too(self, amount: float) -> None:
        assert BANK.instruction(a_request(amount=amount)) == "success"

    @pytest.mark.parametrize("amount", [0.1, 3.99, 4.12, 5, 40.2, 1_000_000, 4.021])
    def test_any_other_amount_instructs_nothing(self, amount: float) -> None:
        assert BANK.instruction(a_request(amount=amount)) is None

    def test_without_an_amount_nothing_is_instructed(self) -> None:
        request = a_request(EMBEDDED)
        del request["amount"]
        assert BANK.instruction(request) is None


class TestPace:
    @pytest.mark.parametrize(
        ("pace", "action", "due_at"),
        [
            (Pace.AT_ONCE, Action.INITIATE, NOW + SOON),
            (Pace.TIMER, Action.INITIATE, NOW + SOON + TICK),
            (Pace.MANUAL, Action.INITIATE, None),
            *((pace, action, None) for pace in Pace for action in (Action.CONSENT, Action.NEVER)),
        ],
    )
    def test_a_step_is_due_after_its_time_by_the_pace_unless_it_waits(
        self, pace: Pace, action: Action, due_at: datetime | None
    ) -> None:
        plan = Plan(steps=(Step(Action.SUBMIT), Step(action, SOON)), due_at=NOW)
        after = BANK.proceed(plan, pace=pace, now=NOW)
        assert after == Plan(steps=(Step(action, SOON),), due_at=due_at)

    @pytest.mark.parametrize("pace", Pace)
    def test_after_the_last_step_nothing_is_due(self, pace: Pace) -> None:
        plan = Plan(steps=(Step(Action.COMPLETE),), due_at=NOW)
        assert BANK.proceed(plan, pace=pace, now=NOW) == Plan(steps=(), due_at=None)


class TestAccounts:
    def test_an_account_is_masked_and_of_the_banks_country(self) -> None:
        deposit = a_deposit(bank=a_chosen_bank("bank-success", country="PL"))
        iban = BANK.debtor_iban(a_session_in_processing(deposit=deposit))
        assert iban is not None
        assert re.fullmatch(r"PL[0-9]{2}\*{14}[0-9]{4}", iban)

    def test_one_payer_has_one_account_at_one_bank(self) -> None:
        session = a_session_paying_at("bank-success")
        assert BANK.debtor_iban(session) == BANK.debtor_iban(
            dataclasses.replace(session, session_id="another", website_reference="another")
        )
        others = [
            a_session_paying_at("bank-waiting"),
            a_session_paying_at("bank-success", payer=a_payer(email="other@b.example")),
            a_session_paying_at("bank-success", partner_id="beta"),
        ]
        assert BANK.debtor_iban(session) not in map(BANK.debtor_iban, others)

    @pytest.mark.parametrize("missing", ["deposit", "payer"])
    def test_without_a_payment_there_is_no_account(self, missing: str) -> None:
        changes: dict[str, Any] = {missing: None}
        assert BANK.debtor_iban(a_session_in_processing(**changes)) is None
