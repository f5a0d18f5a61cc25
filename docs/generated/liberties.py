"""The liberties: what right servers may decide otherwise, and no contract test fails on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import openapi
import tests.liberties  # noqa: F401 - registers them
from docs.generated.markdown import table
from openapi import Requirement
from tests.faulty.catalogue import AREAS
from tests.liberties.catalogue import LIBERTIES, Liberty

PATH: Final = "liberties.md"

_TOP: Final = """\
# Liberties

What the contract leaves open, an implementation decides as it likes. {count} servers do so, each in one way
that differs from the mock server, the reference and the Node implementation, and each is right: no
[contract test](guides/contract-tests.md) may fail on it, as one has to on each
[faulty server](faulty-servers.md). A test that fails on your implementation for a liberty that is not listed
here is wrong: please report it.

In a clone of the repository, `python -m tests.liberties --list` lists them, `python -m tests.liberties NAME`
runs one, and `pytest --prove tests/contract_tests/liberties` runs the whole suite against each.
"""


def pages() -> Mapping[str, str]:
    """One page."""
    return {PATH: page()}


def page() -> str:
    """Every liberty, under the area of the requirement within which it keeps."""
    text = _TOP.format(count=len(LIBERTIES))
    for area, title in AREAS.items():
        found = [each for each in LIBERTIES.values() if each.area == area]
        if found:
            rows = table(("server", "within", "warned of"), map(_row, found))
            text += f"\n## {title[0].upper()}{title[1:]}\n\n{rows}"
    return text


def _row(liberty: Liberty) -> tuple[str, ...]:
    requirements = openapi.requirements()
    return (
        f"`{liberty.name}` ({liberty.application}): {liberty.sentence}",
        _link(requirements[liberty.allowed_by]),
        ", ".join(_link(requirements[key]) for key in sorted(liberty.warns)) or "nothing",
    )


def _link(requirement: Requirement) -> str:
    return f"[{requirement.id}](requirements/{requirement.area}.md#{requirement.id.lower()})"
