"""The catalogue of liberties as a whole; what each of them must not do is asked in `liberties/`."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

import openapi
import tests.liberties  # noqa: F401 - registers them
from tests.liberties.__main__ import list_all
from tests.liberties.catalogue import LIBERTIES

FOLDER = Path(__file__).parent / "liberties"


def test_every_liberty_is_asked_once() -> None:
    """Each of their areas has one module."""
    modules = "".join(module.read_text() for module in FOLDER.glob("test_*.py"))
    tuples = re.findall(r"^AREAS = \(([^)]*)\)", modules, re.MULTILINE)
    asked = Counter(re.findall(r'"([A-Z]+)"', " ".join(tuples)))
    assert asked == dict.fromkeys({liberty.area for liberty in LIBERTIES.values()}, 1)


def test_a_liberty_is_taken_within_a_requirement() -> None:
    """One that the document has, as it has those that are warned of, which are of level SHOULD."""
    requirements = openapi.requirements()
    for liberty in LIBERTIES.values():
        assert {*liberty.about, *liberty.warns} <= requirements.keys()
        assert {requirements[key].level for key in liberty.warns} <= {"SHOULD"}
        assert liberty.sentence.endswith(".")


def test_the_list_shows_every_liberty(capsys: pytest.CaptureFixture[str]) -> None:
    """Each is listed once, with that within which it keeps, what it is made from, and its sentence."""
    list_all()
    listed = capsys.readouterr().out
    for liberty in LIBERTIES.values():
        assert listed.count(f"{liberty.allowed_by:<8} {liberty.name}  ({liberty.application})\n") == 1
        assert liberty.sentence in " ".join(listed.split())
    assert listed.endswith(f"{len(LIBERTIES)} in all\n")
