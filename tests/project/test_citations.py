"""The reference implementation tells, module by module, which rules of the contract it keeps, and where."""

from __future__ import annotations

import re
from collections import defaultdict

import openapi
from tests.project.tree import ROOT

CITATION = re.compile(r"\b(?:AUTH|HTTP|DATA|IDEM|SESS|PAY|ERR|HOOK|RECV)-[0-9]{2}\b")
IMPLEMENTED = {each for each in openapi.requirements() if not each.startswith("RECV")}
"""All but those of receivers, which are others' programs."""

PRECEDENCE = {
    "domain/authentication.py": ["AUTH-06", "AUTH-07", "AUTH-08", "AUTH-09", "AUTH-11"],
    "http/json_text.py": ["DATA-01", "DATA-02", "DATA-03"],
    "http/paths.py": ["HTTP-01", "HTTP-03", "HTTP-02"],
}
"""Modules that decide something in an order: the rules, as a reader comes to them."""


def citations() -> dict[str, list[str]]:
    """The requirements that each module of the reference cites, in the order of its text."""
    room = ROOT / "reference_impl"
    found: dict[str, list[str]] = defaultdict(list)
    for file in sorted(room.rglob("*.py")):
        found[file.relative_to(room).as_posix()] += CITATION.findall(file.read_text(encoding="utf-8"))
    return found


def test_every_requirement_of_an_implementation_is_cited_by_the_code_that_keeps_it() -> None:
    assert IMPLEMENTED - {each for cited in citations().values() for each in cited} == set()


def test_nothing_is_cited_that_is_no_requirement() -> None:
    unknown = {
        module: wrong
        for module, cited in citations().items()
        if (wrong := set(cited) - set(openapi.requirements()))
    }
    assert unknown == {}


def test_a_module_that_decides_in_an_order_tells_the_rules_in_that_order() -> None:
    for module, rules in PRECEDENCE.items():
        cited = citations()[module]
        places = [len(cited) - 1 - cited[::-1].index(rule) for rule in rules]
        assert places == sorted(places), module
