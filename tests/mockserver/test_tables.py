"""The page of the sandbox's tables: complete, and as fresh as the tables."""

from __future__ import annotations

import openapi
from mockserver.diagnosis import CAUSES
from mockserver.tables import PAGE, render
from reference_impl.bank.outcomes import OUTCOMES
from reference_impl.domain.plans import Step


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), "write it anew: python -m mockserver.tables"


def test_every_outcome_and_every_cause_has_its_row() -> None:
    rows = [line.split("|")[1].strip() for line in render().splitlines() if line.startswith("| `")]
    assert rows == [f"`{code}`" for code in (*OUTCOMES, *CAUSES)]


def test_the_document_says_what_the_bank_plays() -> None:
    """The table of `OutcomeCode` is the bank's: amounts, steps and delays, outcome by outcome."""
    description = openapi.load("sandbox")["components"]["schemas"]["OutcomeCode"]["description"]
    rows = [line.strip("| ").split(" | ") for line in description.splitlines() if line.startswith("| `")]
    assert rows == [
        [f"`{outcome.code}`", f"{outcome.magic_amount / 100:g}", ", ".join(map(told, outcome.script))]
        for outcome in OUTCOMES.values()
    ]


def told(step: Step) -> str:
    """A step as the document tells it."""
    minutes = step.after.total_seconds() / 60
    return f"{step.action.value} {minutes:g} minutes later" if minutes else step.action.value
