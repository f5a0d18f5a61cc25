"""The requirements and the problems that the document lists, and the prose and schemas that agree."""

import json
import re
from collections import Counter
from typing import Any

import pytest

from openapi import ProblemType, Requirement, problems, requirements
from tests.openapi.reading import DOCUMENTS, Node, list_operations, look_up, resolve, walk

CITATION = re.compile(r"`([A-Z]{3,4}-[0-9]{2})`")


@pytest.mark.parametrize("requirement", requirements().values(), ids=lambda requirement: requirement.id)
def test_the_clause_of_a_requirement_cites_it(document: Node, requirement: Requirement) -> None:
    prose = look_up(document, requirement.clause)
    assert requirement.id in CITATION.findall(prose)


@pytest.mark.parametrize("name", sorted(DOCUMENTS.keys() - {"openapi"}))
def test_other_documents_cite_requirements_that_exist(name: str) -> None:
    text = json.dumps(DOCUMENTS[name])
    assert set(CITATION.findall(text)) <= set(requirements())


def test_every_citation_names_a_requirement_at_its_clause(document: Node) -> None:
    """What a passage cites is stated there, or elsewhere and only referred to, but it always exists."""
    del (rest := dict(document))["x-requirements"]
    cited = {
        identifier for _, node in walk(rest) if isinstance(node, str) for identifier in CITATION.findall(node)
    }
    assert cited == set(requirements())


def test_requirements_are_numbered_without_gaps() -> None:
    per_area: dict[str, list[str]] = {}
    for identifier, requirement in requirements().items():
        per_area.setdefault(requirement.area, []).append(identifier)
    assert list(per_area) == ["AUTH", "HTTP", "DATA", "IDEM", "SESS", "PAY", "ERR", "HOOK", "RECV"]
    for area, identifiers in per_area.items():
        assert identifiers == [f"{area}-{number:02}" for number in range(1, len(identifiers) + 1)]
    assert len(requirements()) >= 60


@pytest.mark.parametrize("requirement", requirements().values(), ids=lambda requirement: requirement.id)
def test_a_requirement_is_one_sentence_with_known_attributes(
    document: Node, requirement: Requirement
) -> None:
    assert requirement.statement.endswith(".")
    assert not re.search(r"[.?!] [A-Z]", requirement.statement)
    assert requirement.level in {"MUST", "SHOULD", "MAY"}
    assert requirement.verification in {"black-box", "control-api", "inspection"}
    assert requirement.capability in document["x-capabilities"]


def test_every_capability_is_claimed_by_a_requirement(document: Node) -> None:
    for sentence in document["x-capabilities"].values():
        assert sentence.endswith(".")
    assert set(document["x-capabilities"]) == {r.capability for r in requirements().values()} | {
        # Which model a partner uses decides what is tested; no rule is about this one alone.
        "stablemint-managed",
    }


def test_statements_are_unique() -> None:
    assert not [s for s, n in Counter(r.statement for r in requirements().values()).items() if n > 1]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_codes_of_the_catalogue_are_those_of_the_schema(name: str) -> None:
    assert sorted(problems(name)) == sorted(DOCUMENTS[name]["components"]["schemas"]["ProblemCode"]["enum"])


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_code_is_declared_with_an_example_by_an_operation_with_its_status(name: str) -> None:
    document = DOCUMENTS[name]
    shown: dict[str, set[int]] = {}
    for operation in list_operations(document, "paths"):
        for status, response in operation.content["responses"].items():
            media = resolve(document, response)["content"].get("application/problem+json")
            for code, example in (media or {"examples": {}})["examples"].items():
                assert example["value"]["code"] == code
                shown.setdefault(code, set()).add(int(status))
    assert shown == {code: {problem.status} for code, problem in problems(name).items()}


def test_a_code_means_one_thing_in_all_documents() -> None:
    """The page that documents a code is one page, whichever API has answered with it."""
    meanings: dict[str, set[tuple[int, str]]] = {}
    for name in DOCUMENTS:
        for code, problem in problems(name).items():
            meanings.setdefault(code, set()).add((problem.status, problem.title))
    assert {code: found for code, found in meanings.items() if len(found) > 1} == {}


@pytest.mark.parametrize(
    "problem",
    [
        pytest.param(problem, id=f"{name}: {code}")
        for name in DOCUMENTS
        for code, problem in problems(name).items()
    ],
)
def test_the_example_of_a_problem_is_one_of_it(problem: ProblemType) -> None:
    example = problem.example
    assert (example["code"], example["status"]) == (problem.code, problem.status)
    assert example["title"] == problem.title
    assert example["type"].endswith(f"/docs/problems/{problem.code}")
    assert ("errors" in example) is (problem.status == 400)
    for text in (problem.summary, problem.cause, problem.cure, example["detail"]):
        assert text.endswith(".")


def test_an_accessor_cannot_change_what_others_see() -> None:
    listed: Any = problems()
    with pytest.raises(TypeError):
        listed["x"] = None
    with pytest.raises(AttributeError):
        listed["not_found"].status = 200
    assert json.dumps(dict(listed["not_found"].example))
