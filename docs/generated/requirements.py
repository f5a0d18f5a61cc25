"""The requirements, a page an area: the rule, its clause, its tests, and the servers that fail on it."""

from __future__ import annotations

import ast
import re
import textwrap
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import openapi
import tests.faulty
from contract_tests import suite
from contract_tests.receivers import suite as receivers
from docs.generated.markdown import table, toctree
from tests.contract_tests.receivers.faulty import FAULTS
from tests.faulty.catalogue import CATALOGUE

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

_MARKER = re.compile(r"^(?:- |\d+\. )")
_PARAGRAPHS = re.compile(r"\n\n|\n(?=- |\d+\. )")

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
    said = (
        f"Requirements {rules[0].id} to {rules[-1].id}, each with its clause in the document, the tests that "
        "are about it, and the faulty servers that fail on it."
    )
    return f"# {AREAS[area]}\n\n{said}\n\n" + "\n".join(map(_section, rules))


def _section(requirement: openapi.Requirement) -> str:
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
        *(f"> {line}" for line in passage(requirement).splitlines()),
        "",
        _folded("Contract tests", contract_tests_of(requirement)) or f"{_why_untested(requirement)}\n",
        _folded("Tests of the implementations here", citations().get(requirement.id, ())),
        _folded("Faulty servers that fail on it", _faults(requirement)) or f"{_why_no_fault(requirement)}\n",
    ]
    return "\n".join(lines)


def passage(requirement: openapi.Requirement) -> str:
    """The paragraph of the document, or the item of a list, that states the rule and cites it; with what
    follows, where it ends with a colon.
    """
    prose: Any = openapi.load()
    for token in requirement.clause.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        prose = prose[int(key)] if isinstance(prose, list) else prose[key]
    paragraphs = _PARAGRAPHS.split(prose)
    for place, paragraph in enumerate(paragraphs):
        if f"`{requirement.id}`" in paragraph:
            stated = textwrap.dedent(_MARKER.sub(lambda marker: " " * len(marker[0]), paragraph.strip("\n")))
            return stated + "".join(_announced(paragraphs[place + 1 :]) if stated.endswith(":") else ())
    raise LookupError(f"{requirement.id} is not cited at {requirement.clause}")


def _announced(following: Sequence[str]) -> Iterator[str]:
    """What comes after a colon: one paragraph, a block of code or a list, to its end."""
    taken: list[str] = []
    for paragraph in following:
        text = paragraph.strip("\n")
        listed = _MARKER.match(text)
        in_code = "".join(taken).count("```") % 2
        if taken and not listed and not in_code:
            return
        yield ("\n" if taken and listed else "\n\n") + text
        taken.append(text)
        if not listed and text.count("```") % 2 == in_code:
            return


def contract_tests_of(requirement: openapi.Requirement) -> tuple[str, ...]:
    """The tests by which `stablemint verify` or `stablemint verify-receiver` decides it."""
    of_receivers = requirement.area == receivers.AREA
    return (receivers.coverage() if of_receivers else suite.coverage())[requirement.id]


def _why_untested(requirement: openapi.Requirement) -> str:
    if requirement.verification == "inspection":
        return "No contract test: nothing seen from outside decides it, and it never counts as tested."
    return "No contract test yet; no report counts it as tested."


def _why_no_fault(requirement: openapi.Requirement) -> str:
    if requirement.verification == "inspection":
        return "No faulty server: it would look like any other from outside."
    return "No faulty server of the catalogue: it takes a crash to see it. The tests crash one that forgets."


def _faults(requirement: openapi.Requirement) -> list[str]:
    """Servers that were made faulty, or receivers, each with what is wrong with it."""
    servers = [(one.name, one.sentence) for one in CATALOGUE.values() if one.breaks == requirement.id]
    receiving = [(one.name, one.sentence) for one in FAULTS.values() if one.breaks == requirement.id]
    return [f"`{name}`: {sentence}" for name, sentence in servers + receiving]


def _folded(title: str, entries: Sequence[str]) -> str:
    """A list behind its title and length; nothing where it is empty. Names of tests are code."""
    if not entries:
        return ""
    listed = "\n".join(f"- {entry}" if entry.startswith("`") else f"- `{entry}`" for entry in entries)
    return f"<details><summary>{title} ({len(entries)})</summary>\n\n{listed}\n\n</details>\n"


@cache
def citations() -> Mapping[str, tuple[str, ...]]:
    """The test functions of the project that cite a requirement, by its identifier."""
    found: dict[str, set[str]] = defaultdict(set)
    for file in sorted(TESTS.rglob("test_*.py")):
        text = file.read_text(encoding="utf-8")
        lines = text.splitlines()
        module = file.relative_to(TESTS.parent).with_suffix("").as_posix()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for identifier in _cited("\n".join(lines[node.lineno - 1 : node.end_lineno])):
                    found[identifier].add(f"{module}.py::{node.name}")
    return {identifier: tuple(sorted(names)) for identifier, names in found.items()}


def _cited(source: str) -> Iterator[str]:
    """The identifiers in a text, those inside of a range such as ``AUTH-02 to AUTH-04`` too."""
    yield from _IDENTIFIER.findall(source)
    for area, first, last in _RANGE.findall(source):
        yield from (f"{area}-{number:02}" for number in range(int(first), int(last) + 1))
