"""Problems as the rules raise them."""

from __future__ import annotations

import traceback

import pytest

import openapi
from reference_impl.domain.problems import Fault, Problem, invalid_request, malformed_json, unauthenticated


@pytest.mark.parametrize(
    "problem", [invalid_request([]), malformed_json("why"), unauthenticated("invalid_signature", "")]
)
def test_codes_are_the_catalogues(problem: Problem) -> None:
    """ERR-02."""
    assert problem.code in openapi.problems()


@pytest.mark.parametrize(("count", "words"), [(1, "in one place;"), (2, "in 2 places;")])
def test_the_number_of_faults_is_told(count: int, words: str) -> None:
    faults = [Fault(f"/{number}", "required", "is missing") for number in range(count)]
    problem = invalid_request(faults)
    assert problem.faults == faults
    assert words in problem.detail


def test_malformed_json_has_an_empty_list_of_errors() -> None:
    """ERR-08."""
    assert malformed_json("it is empty").faults == ()


def test_a_problem_is_an_exception_that_can_be_hashed_and_printed() -> None:
    """Exception groups and loggers put exceptions in sets."""
    problem = Problem("not_found", "There is nothing here.")
    assert {problem: 1}[problem] == 1
    assert "not_found" in "".join(traceback.format_exception(problem))
