"""What the guide to the contract tests says beside what is typed: CI files, exit codes, a table of a file."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
import yaml

from contract_tests.suite import ExitCode
from docs import site
from tests.project.fences import read_blocks

PAGE = site.ROOM / "guides" / "contract-tests.md"
BLOCKS = read_blocks(PAGE)
INSTALL = 'pip install "$(ls ./stablemint_sessions-*.whl)[verify]"'


def ci_files() -> list[Any]:
    """The files of both services, read."""
    return [yaml.safe_load(block.code) for block in BLOCKS if block.language == "yaml"]


def test_both_services_run_what_the_page_has_run() -> None:
    """They install as the page does, wait for the implementation, and run the script that was tried."""
    github, gitlab = ci_files()
    steps = [step["run"] for step in github["jobs"]["contract"]["steps"] if "run" in step]
    for lines in (steps, gitlab["contract"]["script"]):
        assert lines[0] == INSTALL
        assert lines[-1].startswith("sh contract-tests.sh ")
        assert "--retry-connrefused" in lines[-2]
    assert any(INSTALL in block.code for block in BLOCKS if block.language == "")


def test_what_the_script_writes_is_what_is_kept() -> None:
    """Reports outlive a job that fails, and GitLab is told which is JUnit's."""
    github, gitlab = ci_files()
    (script,) = (block.code for block in BLOCKS if "contract-tests.sh <<" in block.code)
    written = re.findall(r"reports/[\w.]+", script)
    assert gitlab["contract"]["artifacts"]["reports"]["junit"] in written
    assert gitlab["contract"]["artifacts"]["when"] == "always"
    assert all(file.startswith(gitlab["contract"]["artifacts"]["paths"][0]) for file in written)
    (upload,) = (step for step in github["jobs"]["contract"]["steps"] if "upload" in step.get("uses", ""))
    assert (upload["if"], upload["with"]["path"]) == ("always()", "reports/")


def test_every_exit_code_is_told_of() -> None:
    """Those that there are, and no other."""
    told = re.findall(r"^\| (\d+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(map(int, told)) == sorted(ExitCode)


@pytest.mark.parametrize("key", ["requirement", "reason", "until"])
def test_the_table_of_what_fails_is_whole(key: str) -> None:
    """Each key that an expected failure needs."""
    (table,) = (block.code for block in BLOCKS if block.code.startswith("[[expected_failures]]"))
    assert key in tomllib.loads(table)["expected_failures"][0]
