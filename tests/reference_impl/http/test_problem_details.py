"""Problems as RFC 9457 problem details (ERR-01 to ERR-08)."""

from __future__ import annotations

import json
from typing import Any

import pytest

import openapi
from reference_impl.domain.amounts import out_of_range
from reference_impl.domain.problems import Fault, Problem, invalid_request, malformed_json, unauthenticated
from reference_impl.http.contract import Contract
from reference_impl.http.problem_details import render_problem
from reference_impl.http.validation import Validator

FAULT = Fault("/amount", "out_of_range", "must be at most 10 in this environment")


def render(problem: Problem) -> tuple[int, dict[str, Any]]:
    answer = render_problem(problem, request_id="R-1", public_url="http://localhost:8080")
    assert answer.content_type == "application/problem+json"
    assert answer.headers == problem.headers
    return answer.status, json.loads(answer.body)


@pytest.mark.parametrize("code", sorted(openapi.problems()))
def test_status_and_title_are_the_catalogues(code: str) -> None:
    """ERR-01 to ERR-04."""
    kind = openapi.problems()[code]
    assert render(Problem(code, "What to do.")) == (
        kind.status,
        {
            "type": f"http://localhost:8080/docs/problems/{code}",
            "title": kind.title,
            "status": kind.status,
            "detail": "What to do.",
            "instance": "urn:stablemint:request:R-1",
            "code": code,
        },
    )


@pytest.mark.parametrize(
    ("problem", "schema"),
    [
        (Problem("session_not_found", "x"), "Problem"),
        (unauthenticated("invalid_signature", "x"), "Problem"),
        (invalid_request([FAULT, Fault("", "wrong_type", "must not be null")]), "ValidationProblem"),
        (malformed_json("it is empty"), "MalformedJsonProblem"),
        (out_of_range(FAULT, maximum=1_000), "AmountProblem"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.code,
)
def test_problems_are_what_the_document_says(contract: Contract, problem: Problem, schema: str) -> None:
    validator = Validator({"$ref": f"#/components/schemas/{schema}"}, document=contract.document)
    assert validator.faults(render(problem)[1]) == []


def test_faults_are_listed_in_order() -> None:
    """ERR-06."""
    faults = [FAULT, Fault("/a~1b", "unknown_field", "is not a field of this request")]
    assert render(invalid_request(faults))[1]["errors"] == [
        {"pointer": fault.pointer, "code": fault.code, "detail": fault.detail} for fault in faults
    ]


def test_malformed_json_lists_none() -> None:
    """ERR-08."""
    assert render(malformed_json("it is empty"))[1]["errors"] == []


def test_limits_are_numbers() -> None:
    """DATA-14."""
    document = render(out_of_range(FAULT, maximum=1_050))[1]
    assert (document["minimum"], document["maximum"]) == (0.1, 10.5)


def test_text_of_any_script_is_written_in_ascii() -> None:
    answer = render_problem(
        invalid_request([Fault("/\ufffd🙂", "unknown_field", "x")]), request_id="R", public_url=""
    )
    assert answer.body.isascii()
    assert json.loads(answer.body)["errors"][0]["pointer"] == "/\ufffd🙂"
