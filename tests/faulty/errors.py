"""ERR: servers whose errors nobody can work with."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

from reference_impl.domain.problems import Problem
from reference_impl.http import boundary, bridge, validation
from reference_impl.http.messages import Answer
from tests.faulty.catalogue import EVERYTHING
from tests.faulty.patches import Patches, faulty


def _changing_problems(patches: Patches, change: Callable[[dict[str, Any]], None]) -> None:
    def render(original: Callable[..., Answer], problem: Problem, **keywords: Any) -> Answer:
        answer = original(problem, **keywords)
        document = json.loads(answer.body)
        change(document)
        return dataclasses.replace(answer, body=json.dumps(document).encode())

    for module in (boundary, bridge):
        patches.around(module, "render_problem", render)


@faulty(breaks="ERR-01", collateral=(EVERYTHING,))
def problems_without_code(patches: Patches) -> None:
    """Errors carry no code, so that programs have to read English."""
    _changing_problems(patches, lambda document: document.pop("code"))


@faulty(breaks="ERR-05", collateral=("DATA-06", "DATA-08", "DATA-09", "DATA-14"), on="reference")
def one_fault_at_a_time(patches: Patches) -> None:
    """Only the first fault of a request is reported."""

    def first(document: dict[str, Any]) -> None:
        if document.get("errors"):
            del document["errors"][1:]

    _changing_problems(patches, first)


@faulty(breaks="ERR-07", collateral=("ERR-10",))
def errors_quote_what_was_sent(patches: Patches) -> None:
    """Every error says which value it is about, and so puts it into logs."""

    def cause(original: Callable[..., tuple[str, str]], kind: Any, instance: object) -> tuple[str, str]:
        code, detail = original(kind, instance)
        return code, f"{detail}, not {instance!r}"

    patches.around(validation, "_cause", cause)


@faulty(breaks="ERR-03", on="reference")
def instance_of_another_request(patches: Patches) -> None:
    """The instance of a problem is a number of its own, which nobody finds in any log."""
    _changing_problems(patches, lambda document: document.update(instance="urn:stablemint:request:1"))
