"""The contract tests as tests of pytest, in a project of somebody's own."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import openapi
from reference_impl.credentials import PartnerCredentials
from tests.by_hand import write_credentials
from tests.project.tree import ROOT, plain_environment
from tests.serving import Server

PLUGIN = "contract_tests.pytest_plugin"


@pytest.fixture
def project(server: Server, partners: Mapping[str, PartnerCredentials], tmp_path: Path) -> Path:
    """A folder with a configuration for the server."""
    folders = write_credentials(partners, tmp_path)
    text = f'url = "{server.url}"\n'
    for folder in folders:
        text += f'[[partners]]\nname = "{folder.name}"\ncredentials = "{folder}"\n'
    (tmp_path / "target.toml").write_text(text)
    return tmp_path


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run pytest as a user does; an installation older than the entry point is told of the plug-in."""
    known = {entry.value for entry in entry_points(group="pytest11")}
    told = () if PLUGIN in known else ("-p", PLUGIN)
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider", *told, *words],
        cwd=folder,
        env=plain_environment(PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


CONFIGURED = ("--pyargs", "contract_tests", "--stablemint-config", "target.toml")


def test_there_is_one_test_for_each_requirement(project: Path) -> None:
    """Called as the requirement is, in the document's order."""
    listed = run(project, *CONFIGURED, "--collect-only").stdout.splitlines()
    names = [line.rpartition("::")[2] for line in listed if "::" in line]
    assert names == list(openapi.requirements())


def test_verdicts_become_outcomes(project: Path) -> None:
    """Passed, skipped with the reason, and what was expected to fail and did not."""
    with (project / "target.toml").open("a") as file:
        file.write('[[expected_failures]]\nrequirement = "HTTP-03"\nreason = "why"\nuntil = 2999-12-31\n')
    finished = run(project, *CONFIGURED, "-rs", "-k", "AUTH-06 or AUTH-16 or HTTP-03 or HOOK-01")
    assert finished.returncode == 1
    assert "1 failed, 1 passed, 2 skipped" in finished.stdout
    assert "HTTP-03 (MUST)  " in finished.stdout
    assert "expected to fail (why), and passed: take it off the expected failures" in finished.stdout
    assert "not claimed: capability webhooks" in finished.stdout
    assert "not verified: to be inspected: no request can show it" in finished.stdout


def test_what_was_not_verified_is_no_success(project: Path) -> None:
    """Claimed, and nothing to drive it: skipped, named, and an exit code that is not 0."""
    text = (project / "target.toml").read_text()
    (project / "target.toml").write_text('capabilities = ["webhooks"]\n' + text)
    finished = run(project, *CONFIGURED, "-k", "HOOK-01")
    assert finished.returncode == 1
    assert "1 skipped" in finished.stdout
    assert "claimed, but not verified: HOOK-01" in finished.stdout


def test_mistakes_are_said_before_anything_is_collected(tmp_path: Path) -> None:
    """As the command line says them: a configuration that cannot be read, a target that is not there."""
    finished = run(tmp_path, *CONFIGURED)
    assert finished.returncode == pytest.ExitCode.USAGE_ERROR
    assert "target.toml cannot be read: No such file or directory" in finished.stderr


def test_a_target_that_is_not_there_ends_the_run(
    partners: Mapping[str, PartnerCredentials], tmp_path: Path
) -> None:
    """With exit code 3, once and not for every requirement."""
    (folder,) = write_credentials({"demo": partners["demo"]}, tmp_path)
    (tmp_path / "target.toml").write_text(
        f'url = "http://127.0.0.1:9"\n[[partners]]\nname = "demo"\ncredentials = "{folder}"\n'
    )
    finished = run(tmp_path, *CONFIGURED, "-k", "AUTH")
    assert finished.returncode == 3
    assert (finished.stdout + finished.stderr).count("http://127.0.0.1:9 cannot be reached") == 1


def test_without_the_option_it_is_inert(tmp_path: Path) -> None:
    """It collects nothing, is no error, and imports nothing of the suite."""
    assert run(tmp_path, "--pyargs", "contract_tests").returncode == pytest.ExitCode.NO_TESTS_COLLECTED
    (tmp_path / "test_own.py").write_text(
        "import sys\n\ndef test_own():\n"
        "    ours = {name for name in sys.modules if name.startswith(('contract_tests.', 'openapi'))}\n"
        f"    assert ours <= {{'{PLUGIN}'}}\n"
        "    assert not {'hypothesis.core', 'jsonschema_rs', 'jinja2'} & ours\n"
    )
    finished = run(tmp_path)
    assert finished.returncode == 0, finished.stdout
    assert "1 passed" in finished.stdout


def test_the_entry_point_is_that_of_the_distribution() -> None:
    """So that whoever installs it has the option, with nothing said in a conftest."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        declared = tomllib.load(file)["project"]["entry-points"]["pytest11"]
    assert PLUGIN in declared.values()
