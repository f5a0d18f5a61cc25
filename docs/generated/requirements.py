"""The requirements, a page an area: the rule, its clause, its tests, and the servers that fail on it."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import openapi
import tests.faulty
from contract_tests import suite
from docs.generated.markdown import table, toctree
from tests.faulty.catalogue import CATALOGUE, Fault

TESTS = Path(tests.faulty.__file__).parent.parent
AREAS: Final = {
    "AUTH": "Authentication",
    "HTTP": "HTTP",
    "DATA": "Data",
    "IDEM": "Idempotency",
    "SESS": "Sessions",
    "PAY": "Payments",
    "ERR": "Errors",
    "HOOK": "Webhooks",
    "RECV": "Receivers of webhooks",
}
_IDENTIFIER = re.compile(r"\b[A-Z]{3,4}-[0-9]{2}\b")
_RANGE = re.compile(r"\b([A-Z]{3,4})-([0-9]{2}) to \1-([0-9]{2})\b")

_INDEX = """\
# Requirements

Every rule that an implementation can break has an identifier, which its code, its tests and its reports
cite. Only a MUST decides conformance, and only for those who claim its capability. How it is verified:
*black-box*, by requests alone; *control-api*, with a driver that plays payments and moves the clock;
*inspection*, by reading, which is never counted as tested.

"""


def pages() -> Mapping[str, str]:
    """The index, and a page for each area."""
    areas: dict[str, list[openapi.Requirement]] = defaultdict(list)
    for requirement in openapi.requirements().values():
        areas[requirement.area].append(requirement)
    rows = [(f"[{AREAS[area]}]({area}.md)", area, str(len(rules))) for area, rules in areas.items()]
    capabilities = [(f"`{name}`", meaning) for name, meaning in openapi.load()["x-capabilities"].items()]
    index = (
        f"{_INDEX}{table(('area', 'identifiers', 'requirements'), rows)}\n## Capabilities\n\n"
        f"{table(('capability', 'what it covers'), capabilities)}\n{toctree(areas, hidden=True)}"
    )
    return {
        "requirements/index.md": index,
        **{f"requirements/{area}.md": _page(area, rules) for area, rules in areas.items()},
    }


def _page(area: str, rules: list[openapi.Requirement]) -> str:
    return f"# {AREAS[area]}\n\n" + "\n".join(map(_section, rules))


def _section(requirement: openapi.Requirement) -> str:
    contract = suite.coverage().get(requirement.id, ())
    own = citations().get(requirement.id, ())
    faults = [fault for fault in CATALOGUE.values() if fault.breaks == requirement.id]
    lines = [
        f"({requirement.id.lower()})=",
        f"## {requirement.id}",
        "",
        requirement.statement,
        "",
        " · ".join(
            (
                requirement.level,
                f"`{requirement.capability}`",
                requirement.verification,
                f"clause `{requirement.clause}`",
            )
        ),
        "",
        _folded("Contract tests", [f"`{name}`" for name in contract]),
        _folded("Tests of the implementations here", [f"`{name}`" for name in own]),
        _folded("Faulty servers that fail on it", [_fault(fault) for fault in faults]),
    ]
    return "\n".join(lines)


def _fault(fault: Fault) -> str:
    return f"`{fault.name}`: {fault.sentence}"


def _folded(title: str, entries: list[str]) -> str:
    """A list behind its title and length; nothing where it is empty."""
    if not entries:
        return ""
    listed = "\n".join(f"- {entry}" for entry in entries)
    return f"<details><summary>{title} ({len(entries)})</summary>\n\n{listed}\n\n</details>\n"


@cache
def citations() -> Mapping[str, tuple[str, ...]]:
    """The test functions of the project that cite a requirement, by its identifier."""
    found: dict[str, set[str]] = defaultdict(set)
    for file in sorted(TESTS.rglob("test_*.py")):
        text = file.read_text(encoding="utf-8")
        module = file.relative_to(TESTS.parent).with_suffix("").as_posix()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for identifier in _cited(ast.get_source_segment(text, node) or ""):
                    found[identifier].add(f"{module}.py::{node.name}")
    return {identifier: tuple(sorted(names)) for identifier, names in found.items()}


def _cited(source: str) -> Iterator[str]:
    """The identifiers in a text, those inside of a range such as ``AUTH-02 to AUTH-04`` too."""
    yield from _IDENTIFIER.findall(source)
    for area, first, last in _RANGE.findall(source):
        yield from (f"{area}-{number:02}" for number in range(int(first), int(last) + 1))
