"""Whether a built site is what today's sources, builder and tools make of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from docs import site
from docs.__main__ import main
from tests.project.tree import copy_project, plain_environment


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """What would be built now: a page, and a file in a folder."""
    return _write(tmp_path / "fresh", {"index.html": "<p>one", "_static/site.css": "p {}"})


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """The same, as built before."""
    return _write(tmp_path / "shipped", {"index.html": "<p>one", "_static/site.css": "p {}"})


def test_a_site_that_would_be_built_the_same_is_fresh(fresh: Path, shipped: Path) -> None:
    assert site.differences(shipped, fresh) == []


def test_a_page_changed_by_hand_or_by_its_builder_is_named(fresh: Path, shipped: Path) -> None:
    """Of one byte, and in whatever folder."""
    _write(shipped, {"index.html": "<p>One", "_static/site.css": "q {}"})
    assert site.differences(shipped, fresh) == [
        "_static/site.css: not as it would be built",
        "index.html: not as it would be built",
    ]


def test_a_file_that_is_missing_or_left_over_is_named(fresh: Path, shipped: Path) -> None:
    (shipped / "index.html").unlink()
    _write(shipped, {"old.html": ""})
    assert site.differences(shipped, fresh) == ["index.html: missing", "old.html: would not be built"]


def test_a_site_that_was_never_built_is_not_fresh(fresh: Path, tmp_path: Path) -> None:
    assert site.differences(tmp_path / "nowhere", fresh) == [
        "_static/site.css: missing",
        "index.html: missing",
    ]


@pytest.mark.parametrize(("edited", "code"), [(False, 0), (True, 1)])
def test_the_check_fails_for_a_stale_site_and_names_files_and_command(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    shipped: Path,
    edited: bool,
    code: int,
) -> None:
    """It builds anew, elsewhere, and changes nothing."""
    monkeypatch.setattr(site, "SITE", shipped)
    monkeypatch.setattr(
        site, "build", lambda target: _write(target, {"index.html": "<p>one", "_static/site.css": "p {}"})
    )
    if edited:
        _write(shipped, {"index.html": "<p>two"})
    monkeypatch.setattr("sys.argv", ["docs", "--check"])
    assert main() == code
    said = capsys.readouterr().err
    assert ("index.html: not as it would be built" in said) == edited
    assert ("`make docs` builds it anew" in said) == edited
    assert (shipped / "index.html").read_text() == ("<p>two" if edited else "<p>one")


@pytest.mark.prove
def test_wherever_and_whenever_it_is_built_the_site_has_the_same_bytes(
    site_folder: Path, tmp_path: Path
) -> None:
    """In another folder, time zone and language: so a site can be checked by building it."""
    elsewhere = copy_project(tmp_path / "else where")
    environment = plain_environment(
        PYTHONHASHSEED="7", TZ="Pacific/Auckland", LC_ALL="C", PYTHONDONTWRITEBYTECODE="1", COLUMNS="40"
    )
    subprocess.run([sys.executable, "-m", "docs"], cwd=elsewhere, env=environment, check=True, timeout=300)
    assert site.differences(elsewhere / "mockserver" / "site", site_folder) == []


def _write(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder
