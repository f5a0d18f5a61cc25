"""Imports run one way, and ARCHITECTURE.md says which."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.project.imports import Import, read_imports
from tests.project.tree import ROOMS, ROOT, list_files

LAW: dict[str, frozenset[str]] = {
    "openapi": frozenset(),
    "reference_impl": frozenset({"openapi"}),
    "mockserver": frozenset({"reference_impl", "openapi"}),
    "contract_tests": frozenset({"openapi"}),
    "stablemint": frozenset(ROOMS) - {"stablemint"},
}
OURS = frozenset({*ROOMS, "tests", "benchmarks", "examples", "conftest"})
WEB = frozenset({"connexion", "flask", "starlette", "uvicorn", "werkzeug", "sqlalchemy"})


def imports_of(room: str, *, root: Path = ROOT) -> list[Import]:
    files = list_files(room) if root == ROOT else sorted((root / room).rglob("*.py"))
    return [
        found
        for file in files
        if file.suffix == ".py"
        for found in read_imports(file, package=".".join(file.relative_to(root).parent.parts))
    ]


def breaches(room: str, *, root: Path = ROOT) -> list[str]:
    forbidden = OURS - LAW[room] - {room}
    return [
        f"{found.file.relative_to(root)}:{found.line} imports {found.module}"
        for found in imports_of(room, root=root)
        if found.package in forbidden
    ]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_the_law_allows(room: str) -> None:
    assert imports_of(room), f"{room}/ has no module that imports anything: is it still there?"
    assert breaches(room) == []


def test_the_command_line_imports_a_room_only_inside_a_function() -> None:
    at_start = [
        f"{found.file.relative_to(ROOT)}:{found.line} imports {found.module}"
        for found in imports_of("stablemint")
        if found.package in {*ROOMS, *WEB} - {"stablemint"} and not found.in_function and not found.for_types
    ]
    assert at_start == []


@pytest.mark.parametrize("room", ["openapi", "contract_tests"])
def test_neither_the_contract_nor_its_tests_know_a_server_framework(room: str) -> None:
    assert [found for found in imports_of(room) if found.package in WEB] == []


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("reference_impl", "import mockserver.clock"),
        ("reference_impl", "from mockserver import clock"),
        ("openapi", "def load():\n    from reference_impl import application"),
        ("contract_tests", "if TYPE_CHECKING:\n    from reference_impl.domain import sessions"),
        ("mockserver", "import importlib\nimportlib.import_module('contract_tests.signing')"),
        ("mockserver", "from ..stablemint import commands"),
        ("stablemint", "import tests.faulty"),
    ],
)
def test_a_breach_of_the_law_is_found_in_whatever_form(tmp_path: Path, room: str, source: str) -> None:
    module = tmp_path / room / "module.py"
    module.parent.mkdir()
    module.write_text(source)
    assert len(breaches(room, root=tmp_path)) == 1


def test_the_table_in_the_architecture_page_is_the_law() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)/` \|[^|]*\|([^|]*)\|$", text, re.MULTILINE)
    table = {
        room: LAW["stablemint"] if "every room" in allowed else frozenset(re.findall(r"`(\w+)`", allowed))
        for room, allowed in rows
    }
    assert table == LAW
