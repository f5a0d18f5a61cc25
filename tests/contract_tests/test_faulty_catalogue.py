"""The catalogue of faulty servers: how many there are of what, what each says, and that no two are one."""

from __future__ import annotations

import re
from collections import Counter, defaultdict

import pytest

import openapi
import tests.faulty  # noqa: F401 - registers the faulty servers
from tests.faulty.catalogue import AREAS, CATALOGUE, EVERYTHING, by_area
from tests.faulty.shapes import shape

LEAST: dict[str, int] = dict.fromkeys(("AUTH", "HTTP", "DATA", "IDEM", "SESS", "ERR", "HOOK"), 15)
"""How many there are of each area at least; payments are counted with nothing but the whole."""


def test_there_are_enough_of_every_area() -> None:
    """At least 15 of each area, and 120 in all."""
    counts = {area: len(faults) for area, faults in by_area().items()}
    assert {area: counts[area] for area, least in LEAST.items() if counts[area] < least} == {}
    assert sum(counts.values()) == len(CATALOGUE) >= 120
    assert counts.keys() == AREAS.keys()


def test_the_suite_is_not_fitted_to_one_code_base() -> None:
    """At least 40 are made from the Node implementation, in every area, and every other is of Python."""
    made = Counter(fault.application for fault in CATALOGUE.values())
    assert made["node"] >= 40
    assert made.keys() == {"mock", "reference", "sandbox", "node"}
    assert {fault.area for fault in CATALOGUE.values() if fault.application == "node"} == AREAS.keys()


def test_each_breaks_a_clause_that_requests_can_decide() -> None:
    """What it breaks is in the document, under a clause, and so is all that it may break besides."""
    known = openapi.requirements()
    areas = {requirement.area for requirement in known.values()}
    for fault in CATALOGUE.values():
        requirement = known[fault.breaks]
        assert requirement.verification in ("black-box", "control-api"), fault.name
        assert requirement.clause.startswith("/"), fault.name
        assert fault.collateral - {EVERYTHING, *areas} <= known.keys(), fault.name


def test_each_says_what_it_does_in_one_sentence() -> None:
    """One sentence, which begins with a capital and ends with a full stop, and is no other's."""
    sentences = [fault.sentence for fault in CATALOGUE.values()]
    assert [text for text in sentences if not re.fullmatch(r"[0-9A-Z](?:(?![.!?] [A-Z]).)+\.", text)] == []
    assert [text for text, count in Counter(sentences).items() if count > 1] == []


def test_no_two_differ_only_in_a_field_or_a_value() -> None:
    """Without their texts and numbers, the patches are still of as many kinds as there are servers."""
    alike: dict[str, list[str]] = defaultdict(list)
    for fault in CATALOGUE.values():
        alike[shape(fault)].append(fault.name)
    assert [names for names in alike.values() if len(names) > 1] == []


@pytest.mark.parametrize(
    ("name", "other", "alike"),
    [
        ("no-window-of-timestamps", "no-window-of-timestamps", True),
        ("user-names-in-urls", "ports-not-looked-at", False),
        ("addresses-by-their-at-sign", "addresses-are-hexadecimal-numbers", False),
        ("control-characters-beyond-ascii", "addresses-in-small-letters-alone", False),
    ],
)
def test_regular_expressions_are_no_values(name: str, other: str, alike: bool) -> None:
    """Servers whose patterns differ are different ones: a pattern is code."""
    assert (shape(CATALOGUE[name]) == shape(CATALOGUE[other])) is alike
