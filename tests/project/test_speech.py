"""The project speaks of itself alone, and of nothing that is not in it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from stablemint.program import COMMANDS
from tests.project.test_setup import targets
from tests.project.tree import ROOT, list_files

PAGES = [
    file for file in list_files() if file.suffix == ".md" and ROOT / "mockserver" / "site" not in file.parents
]


def read(file: Path) -> str:
    """The text of a file, empty where it is none."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def lines_with(pattern: str, files: list[Path]) -> list[str]:
    return [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for file in files
        for number, line in enumerate(read(file).splitlines(), 1)
        if re.search(pattern, line)
    ]


def test_no_file_names_a_folder_of_the_machine_it_was_written_on() -> None:
    folders = {ROOT, ROOT.parent, Path.home(), Path(sys.prefix)} - {Path("/"), Path("/tmp")}
    names = "|".join(re.escape(str(folder)) for folder in folders)
    assert lines_with(rf"(?<![\w.~-])({names})(?![\w-])", list_files()) == []


def test_no_file_says_where_packages_come_from() -> None:
    """Nobody's index or mirror, by option, setting or lock file."""
    option = r"--(extra-)?index-url[= ]\S|find-links[= ]+\S*:|^registry *=|\"resolved\": *\"http"
    assert lines_with(option, list_files()) == []


def test_no_page_leads_out_of_the_project() -> None:
    """Every link that is no URL names a file of the project."""
    known = {file.resolve() for file in list_files()}
    known |= {parent for file in known for parent in file.parents}
    astray = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in PAGES
        if ROOT / "docs" not in page.parents  # the links of these are held at every build of the site
        for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", read(page))
        if "://" not in link and (page.parent / link).resolve() not in known
    ]
    assert astray == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_only_commands_that_there_are(page: Path) -> None:
    text = read(page)
    assert set(re.findall(r"(?:^|`)make ([a-z][a-z-]*)", text, re.MULTILINE)) <= set(targets())
    assert set(re.findall(r"(?:^|[`/])stablemint ([a-z][a-z-]*)", text, re.MULTILINE)) <= set(COMMANDS)


def test_every_python_module_says_what_it_is_for() -> None:
    """A module begins with a docstring, unless it is empty."""
    silent = [
        str(file.relative_to(ROOT))
        for file in list_files()
        if file.suffix == ".py" and read(file) and not read(file).startswith(('"""', 'r"""'))
    ]
    assert silent == []
