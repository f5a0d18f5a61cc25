"""The Makefile and the lock files: what a fresh machine starts from."""

from __future__ import annotations

import json
import re
import subprocess
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.project.running import run_mock
from tests.project.tree import ROOT, copy_project, plain_environment

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
LOCKS = ("run.txt", "dev.txt")


def make(*arguments: str, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env=plain_environment(**environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def targets() -> list[str]:
    (phony,) = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    return sorted(phony.split())


def read_lock(name: str) -> dict[str, set[str]]:
    """The versions of each package: more than one where Pythons or platforms need their own."""
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    versions: dict[str, set[str]] = {}
    for package, version in re.findall(r"^([a-z0-9][a-z0-9._-]*)==([^\s;]+)", text, re.MULTILINE):
        versions.setdefault(package, set()).add(version)
    return versions


def test_help_tells_of_every_target() -> None:
    told = re.findall(r"^  make ([a-z-]+) +\S", make("help").stdout, re.MULTILINE)
    assert sorted(told) == targets()


def test_make_alone_helps() -> None:
    assert make().stdout == make("help").stdout


def test_tests_begin_with_linters_types_and_the_bundle() -> None:
    planned = make("--dry-run", "test").stdout
    steps = ["ruff check .", "ruff format --check .", "mypy", "openapi.bundle --check", "pytest"]
    positions = [planned.index(step) for step in steps]
    assert positions == sorted(positions)


def test_without_a_python_the_message_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text(MAKEFILE)
    finished = make(".venv/bin/python", "PYTHON=python0.1 false", folder=tmp_path)
    assert finished.returncode == 2
    assert "No Python 3.11 or later with its venv module among: python0.1 false" in finished.stderr
    assert "python3-venv" in finished.stderr


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_exact_versions_with_hashes_and_no_host(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    requirements = re.split(r"\n(?=[a-z0-9])", text)[1:]
    assert len(requirements) == sum(map(len, read_lock(name).values())) > 20
    assert all("--hash=sha256:" in requirement for requirement in requirements)
    assert "://" not in text
    assert "--index-url" not in text


def test_what_tests_and_what_runs_have_the_same_versions() -> None:
    run, dev = (read_lock(name) for name in LOCKS)
    assert run.items() <= dev.items()


def test_every_declared_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups, extras = project["dependency-groups"], project["project"]["optional-dependencies"]
    declared = {
        "run.txt": [*project["project"]["dependencies"], *groups["build"]],
        "dev.txt": [*groups["dev"], *extras["verify"]],
    }
    for name, requirements in declared.items():
        wanted = {re.split(r"[<>=!~\[ ]", requirement)[0].lower() for requirement in requirements}
        assert wanted <= read_lock(name).keys()


def test_every_dependency_has_a_reason_beside_it() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (listing,) = re.findall(r"^dependencies = \[\n(.*?)^\]", text, re.MULTILINE | re.DOTALL)
    assert [line for line in listing.splitlines() if not re.search(r'", +# \w', line)] == []


@pytest.mark.prove
def test_a_clone_starts_with_one_command_and_the_second_time_at_once(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """From nothing but a clone: `make mock`, to the first answer; then again."""
    clone = copy_project(tmp_path / "clone")
    environment = plain_environment(ARGS="--port 0 --json")
    seconds = []
    for _ in range(2):
        begun = time.monotonic()
        with run_mock(["make", "mock"], folder=clone, environment=environment) as mock:
            with pytest.raises(urllib.error.HTTPError) as refusal:
                urllib.request.urlopen(f"{mock.url}/session/none")
            seconds.append(time.monotonic() - begun)
            with refusal.value:
                assert json.load(refusal.value)["code"] == "missing_credentials"
            assert mock.home == clone / ".stablemint"
    record_property("first start, s", round(seconds[0], 1))
    record_property("second start, s", round(seconds[1], 2))
    assert seconds[1] < seconds[0] / 2
