"""The table of causes."""

from __future__ import annotations

import re

import pytest

import openapi
from mockserver.diagnosis import CAUSES, Cause

REFUSALS = {code for code, problem in openapi.problems().items() if problem.status == 401}


def test_every_401_of_the_document_has_causes() -> None:
    assert {cause.refusal for cause in CAUSES.values()} == REFUSALS
    assert sum(cause.refusal == "invalid_signature" for cause in CAUSES.values()) >= 18


@pytest.mark.parametrize("cause", CAUSES.values(), ids=lambda cause: cause.code)
def test_a_cause_says_what_was_wrong_and_what_to_do(cause: Cause) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", cause.code)
    assert not cause.title.endswith(".")
    for text in (cause.explanation, cause.cure):
        assert re.search(r"[.):]$", text), text
    for tool, code in cause.hints.items():
        assert re.fullmatch(r"[a-z]+", tool)
        assert code == code.strip()
        assert "\n" not in code


def test_titles_tell_causes_apart() -> None:
    assert len({cause.title for cause in CAUSES.values()}) == len(CAUSES)
