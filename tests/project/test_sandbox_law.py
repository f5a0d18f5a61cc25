"""The mock server states no delay, no transition and no event field of its own: these are the reference's."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import openapi
from reference_impl.domain.deposits import DepositStatus
from reference_impl.domain.events import EventType
from tests.project.tree import ROOT

CERTIFICATES = ROOT / "mockserver" / "tls.py"  # whose times are no session's
MODULES = sorted(set((ROOT / "mockserver").rglob("*.py")) - {CERTIFICATES})
OF_TRANSITIONS = {"Transition", "IllegalTransitionError"}
"""What may be named: the outcome of a step, and that there was none."""


def names_in_events() -> set[str]:
    """The members of events that no answer of any API has, so that whoever writes one writes an event."""
    document = openapi.load()
    events = [
        document["components"]["schemas"][name]
        for name in document["components"]["schemas"]
        if name.endswith("Event") or name == "DepositEventData"
    ]
    elsewhere: set[str] = set()
    for name in ("openapi", "payer", "sandbox"):
        schemas = openapi.load(name)["components"]["schemas"]
        elsewhere |= {
            member
            for schema, definition in schemas.items()
            if "Event" not in schema
            for member in members(definition)
        }
    header_fields = {"timestamp"}  # of a request, in lower case
    return {member for event in events for member in members(event)} - elsewhere - header_fields


def members(node: Any) -> Iterator[str]:
    """Every property that a schema names, at any depth."""
    if isinstance(node, dict):
        yield from node.get("properties", {})
        for child in node.values():
            yield from members(child)
    elif isinstance(node, list):
        for child in node:
            yield from members(child)


def violations(source: str) -> list[str]:
    """What in a module of the mock server belongs into the reference."""
    words = names_in_events() | set(EventType) | (set(DepositStatus) - {"failed", "completed"})
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and node.value in words:
            found.append(f"line {node.lineno}: {node.value!r} is a word of events or deposits")
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "timedelta":
            found += [
                f"line {node.lineno}: a delay of {keyword.arg}"
                for keyword in node.keywords
                if keyword.arg in ("seconds", "minutes", "hours") and isinstance(keyword.value, ast.Constant)
            ]
        if isinstance(node, ast.ImportFrom) and node.module == "reference_impl.domain.transitions":
            found += [
                f"line {node.lineno}: imports {alias.name}"
                for alias in node.names
                if alias.name not in OF_TRANSITIONS
            ]
        if isinstance(node, ast.ImportFrom) and node.module == "reference_impl.domain":
            found += [
                f"line {node.lineno}: imports transitions" for a in node.names if a.name == "transitions"
            ]
    return found


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_leaves_the_rules_to_the_reference(module: Path) -> None:
    assert violations(module.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        "RETRY = timedelta(minutes=5)",
        "event = {'previousStatus': 'open'}",
        "kind = 'partner.customer.deposit.created'",
        "from reference_impl.domain.transitions import complete",
        "from reference_impl.domain import transitions",
        "status = 'initiated'",
    ],
)
def test_what_the_law_forbids_is_found(line: str) -> None:
    """Without which the test above would prove nothing."""
    assert violations(line)
