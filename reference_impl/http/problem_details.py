"""Problems as RFC 9457 problem details."""

from __future__ import annotations

import json
from typing import Any

import openapi
from reference_impl.domain.problems import Problem
from reference_impl.http.messages import PROBLEM_JSON, Answer

CATALOGUE = {**openapi.problems("sandbox"), **openapi.problems("payer"), **openapi.problems()}
"""The problems of every document; where two have one code, its status and title are the same."""


def render_problem(problem: Problem, *, request_id: str, public_url: str) -> Answer:
    """The answer that states ``problem`` (ERR-01); status and title are the catalogue's (ERR-02).

    It is named by a page of documentation (ERR-04), and its instance by the `Request-Id` (ERR-03).
    """
    kind = CATALOGUE[problem.code]
    document: dict[str, Any] = {
        "type": f"{public_url}/docs/problems/{problem.code}",
        "title": kind.title,
        "status": kind.status,
        "detail": problem.detail,
        "instance": f"urn:stablemint:request:{request_id}",
        "code": problem.code,
        **problem.members,
    }
    if problem.faults is not None:
        document["errors"] = [
            {"pointer": fault.pointer, "code": fault.code, "detail": fault.detail} for fault in problem.faults
        ]
    return Answer(
        kind.status, json.dumps(document).encode("ascii"), dict(problem.headers), content_type=PROBLEM_JSON
    )
