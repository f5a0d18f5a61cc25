"""The copy of the document from which requests are generated."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

import openapi
from contract_tests.document import copy_for_generation, response_faults
from contract_tests.operations import CREATIONS, HOSTED, Creation


@pytest.fixture(scope="module")
def copied() -> dict[str, Any]:
    """The copy for an environment with the sandbox's limit."""
    return copy_for_generation(max_amount=10, creations=CREATIONS)


@pytest.mark.parametrize("creation", CREATIONS, ids=lambda creation: creation.name)
def test_examples_survive(copied: dict[str, Any], creation: Creation) -> None:
    """Every example of a request is still one: the generator drops those that are not valid."""
    content = copied["paths"][creation.path]["post"]["requestBody"]["content"]["application/json"]
    validator = jsonschema_rs.Draft202012Validator({**content["schema"], "components": copied["components"]})
    assert len(content["examples"]) >= 2
    for reference in content["examples"].values():
        example = copied["components"]["examples"][reference["$ref"].rpartition("/")[2]]
        assert [error.message for error in validator.iter_errors(example["value"])] == []


def test_the_limit_is_lowered(copied: dict[str, Any]) -> None:
    """What is generated stays within the environment's limit, and the document itself keeps its own."""
    assert copied["components"]["schemas"]["Amount"]["maximum"] == 10
    assert openapi.load()["components"]["schemas"]["Amount"]["maximum"] == 1_000_000


def test_only_usable_creations_are_left() -> None:
    """Operations that no partner may use are not generated; the look-up is."""
    paths = copy_for_generation(max_amount=10, creations=(HOSTED,))["paths"]
    assert set(paths) == {"/session/hosted", "/session/{sessionId}"}


def test_faults_of_an_answer_are_put_into_words() -> None:
    """Where, and what, for whoever reads the report."""
    faults = response_faults(HOSTED.path, {"amount": "5"})
    assert any(fault.startswith("/amount: ") for fault in faults)
    assert any('"sessionUrl" is a required property' in fault for fault in faults)


def test_an_answer_without_end_is_a_fault() -> None:
    """However deep an answer goes, it gets its verdict."""
    session: dict[str, Any] = {}
    for _ in range(400):
        session = {"deposit": session}
    assert response_faults(HOSTED.path, session) == ["it is nested too deeply to be a session"]
