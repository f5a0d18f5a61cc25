"""The page of the sandbox's tables: complete, and as fresh as the tables."""

from __future__ import annotations

from mockserver.diagnosis import CAUSES
from mockserver.tables import PAGE, render
from reference_impl.bank.outcomes import OUTCOMES


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), "write it anew: python -m mockserver.tables"


def test_every_outcome_and_every_cause_has_its_row() -> None:
    rows = [line.split("|")[1].strip() for line in render().splitlines() if line.startswith("| `")]
    assert rows == [f"`{code}`" for code in (*OUTCOMES, *CAUSES)]
