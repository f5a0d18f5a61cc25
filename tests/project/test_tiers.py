"""Which tests run when: the markers, shares and seeds of the root's conftest.py."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project.tree import ROOT, plain_environment

SUITE = """
import pytest

def test_ordinary():
    pass

@pytest.mark.prove
@pytest.mark.parametrize("number", range(20))
def test_proof(number, prove_seed, record_property):
    record_property("seed", prove_seed)
    assert number != 99
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A project of one ordinary test and twenty proofs, under this project's conftest.py."""
    shutil.copy(ROOT / "conftest.py", tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = prove\naddopts = -p no:cacheprovider\n")
    (tmp_path / "test_suite.py").write_text(SUITE)
    return tmp_path


def run(suite: Path, *arguments: str, **environment: str) -> tuple[int, str, set[str]]:
    """The exit code of pytest, what it printed, and the names of the tests that passed."""
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", *arguments],
        cwd=suite,
        env=plain_environment(PYTEST_DISABLE_PLUGIN_AUTOLOAD="1", **environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    output = finished.stdout + finished.stderr
    return finished.returncode, output, set(re.findall(r"::(\S+) PASSED", output))


def test_ordinary_runs_leave_proofs_out(suite: Path) -> None:
    code, output, passed = run(suite)
    assert (code, passed) == (0, {"test_ordinary"})
    assert "1 passed, 20 deselected" in output
    assert not (suite / "reports").exists()


def test_prove_runs_every_proof_and_nothing_else_and_reports(suite: Path) -> None:
    code, _, passed = run(suite, "--prove", PROVE_SEED="7")
    assert code == 0
    assert passed == {f"test_proof[{number}]" for number in range(20)}
    (report,) = (suite / "reports").glob("prove-*.md")
    text = report.read_text()
    assert "PROVE_SEED=7 PROVE_SHARE=1/1" in text
    assert (
        len(re.findall(r"^\| `test_suite.py::test_proof\[\d+\]` \| passed \| .* \| seed 7 \|$", text, re.M))
        == 20
    )


def test_consecutive_seeds_go_round_all_proofs(suite: Path) -> None:
    parts = [run(suite, PROVE_SEED=str(seed), PROVE_SHARE="1/4")[2] for seed in range(41, 45)]
    assert all("test_ordinary" in part and len(part) == 6 for part in parts)
    assert len(set.union(*parts)) == 21
    assert run(suite, PROVE_SEED="45", PROVE_SHARE="1/4")[2] == parts[0]


def test_a_proof_that_fails_is_in_the_report(suite: Path) -> None:
    (suite / "test_suite.py").write_text(SUITE.replace("99", "3"))
    code, _, _ = run(suite, "--prove")
    (report,) = (suite / "reports").glob("prove-*.md")
    assert code == 1
    assert "| `test_suite.py::test_proof[3]` | failed |" in report.read_text()


@pytest.mark.parametrize(
    "variable", [{"PROVE_SHARE": "11/10"}, {"PROVE_SHARE": "tenth"}, {"PROVE_SEED": "-1"}]
)
def test_a_share_or_seed_that_makes_no_sense_is_refused(suite: Path, variable: dict[str, str]) -> None:
    code, output, _ = run(suite, **variable)
    assert code == pytest.ExitCode.USAGE_ERROR
    assert next(iter(variable)) in output


def test_two_workers_share_a_core(suite: Path) -> None:
    code, output, _ = run(suite, "-p", "xdist", "--numprocesses", "auto")
    assert code == 0
    assert f"created: {2 * (os.cpu_count() or 1)}/" in output


def test_files_of_proofs_come_first(suite: Path) -> None:
    (suite / "test_before.py").write_text("def test_short(): pass\n")
    _, output, _ = run(suite, "--collect-only", "-qq", PROVE_SHARE="1/1")
    files = [line.partition("::")[0] for line in output.splitlines() if "::" in line]
    assert files == ["test_suite.py"] * 21 + ["test_before.py"]
