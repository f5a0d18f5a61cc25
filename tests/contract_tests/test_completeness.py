"""Every requirement has a clause in the document, a test, and a faulty server that fails on it."""

from __future__ import annotations

from functools import reduce
from typing import Any

import openapi
import tests.faulty  # noqa: F401 - registers the faulty servers
from contract_tests import suite
from openapi import Requirement
from tests.faulty.catalogue import CATALOGUE

CRASHES = {"IDEM-16", "HOOK-24"}
"""What a crash decides: `driven/test_crashes.py` has a server that fails on them; those here never end."""

DECIDED = {
    key: requirement
    for key, requirement in openapi.requirements().items()
    # Receivers are tested by `stablemint verify-receiver`, which has faulty receivers of its own.
    if requirement.verification != "inspection" and requirement.area != "RECV"
}


def clause(requirement: Requirement) -> Any:
    """What the document says at the requirement's clause (RFC 6901)."""

    def step(value: Any, token: str) -> Any:
        name = token.replace("~1", "/").replace("~0", "~")
        return value[int(name)] if isinstance(value, list) else value[name]

    return reduce(step, requirement.clause.split("/")[1:], openapi.load())


def test_every_requirement_has_a_clause() -> None:
    """The prose that its pointer leads to cites it."""
    lost = [key for key, requirement in DECIDED.items() if key not in str(clause(requirement))]
    assert lost == []


def test_every_requirement_has_a_test() -> None:
    """All that a run can decide, crashes included."""
    coverage = suite.coverage()
    assert {key for key in DECIDED if not coverage[key]} == set()


def test_every_requirement_has_a_faulty_server() -> None:
    """Every MUST and every SHOULD but those that a crash alone decides."""
    broken = {fault.breaks for fault in CATALOGUE.values()}
    assert DECIDED.keys() - broken == CRASHES
    assert broken <= DECIDED.keys()
