"""Every command and every piece of code in the README is run as it stands there."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.project.fences import Block, read_blocks
from tests.project.running import RunningMock, run_mock
from tests.project.tree import ROOT, plain_environment
from tests.webhooks.test_receivers import commands, run

README = ROOT / "README.md"
TITLE = "Stable Mint payment sessions, on your own machine"
FIRST = "The first payment session"
IN_TESTS = "In your own tests"
PAY = "Pay it, and watch what happens"
VERIFY = "Testing an implementation"
RECEIVER = "Testing a webhook receiver"


def block(heading: str, language: str, number: int = 0) -> str:
    """The code of one block; a test below sees to it that no block is left without a test."""
    found = [block for block in read_blocks(README) if (block.heading, block.language) == (heading, language)]
    return found[number].code


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningMock]:
    """The mock server, started by the README's first command, in the clone, with options for a free port."""
    home = tmp_path_factory.mktemp("reader") / ".stablemint"
    environment = plain_environment(ARGS=f"--port 0 --json --home {home}")
    (home.parent / ".venv").symlink_to(sys.prefix)  # the reader stands in the clone, where make made it
    with run_mock(["sh", "-c", block(TITLE, "sh")], folder=ROOT, environment=environment) as running:
        yield running


def run_shell(script: str, *, folder: Path) -> str:
    finished = subprocess.run(
        ["sh", "-eu"],
        input=script,
        cwd=folder,
        env=plain_environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def run_with_credentials(mock: RunningMock, code: str, *, name: str, command: Sequence[str]) -> str:
    """Save ``code`` beside the credentials, load these as the README says, and run ``command`` on it."""
    folder = mock.home.parent
    (folder / name).write_text(code, encoding="utf-8")
    return run_shell(f"{block(FIRST, 'sh')}\n{' '.join(command)} {name}\n", folder=folder)


def assert_created_and_read_back(mock: RunningMock, output: str) -> None:
    assert mock.url in output, "sessionUrl lies on another server"
    sessions = re.findall(r"""sessionId['"]?: *['"]([A-Za-z0-9_-]{22,64})['"]""", output)
    assert sessions, output
    assert len(set(sessions)) == 1, output
    assert "9.99" in output


def test_the_shell_creates_a_session_and_reads_it_back(mock: RunningMock) -> None:
    output = run_with_credentials(
        mock, block("curl and openssl", "sh"), name="first.sh", command=["sh", "-eu"]
    )
    created, read = read_documents(output)
    assert created["status"] == "open"
    assert created["amount"] == 9.99
    assert created == read


def test_the_control_api_pays_and_moves_time(mock: RunningMock) -> None:
    script = block("curl and openssl", "sh") + block(PAY, "sh")
    output = run_with_credentials(mock, script, name="pay.sh", command=["sh", "-eu"])
    _, _, played, moved, outcomes = read_documents(output)
    assert played["deposit"]["failureCode"] == "insufficient_funds"
    assert isinstance(moved["occurrences"], list)
    assert "insufficient_funds" in json.dumps(outcomes)


def test_the_command_line_does_the_same(mock: RunningMock) -> None:
    output = run_with_credentials(mock, block(PAY, "sh", 1), name="commands.sh", command=["sh", "-eu"])
    assert "201  Location: /session/" in output
    assert "(deposit failed, refused_by_bank)" in output
    assert " ahead of real time" in output


def read_documents(output: str) -> list[dict[str, Any]]:
    """The JSON documents that stand one after another in ``output``."""
    documents, decoder, rest = [], json.JSONDecoder(), output.strip()
    while rest:
        document, end = decoder.raw_decode(rest)
        documents.append(document)
        rest = rest[end:].strip()
    return documents


def test_python_creates_a_session_and_reads_it_back(mock: RunningMock) -> None:
    output = run_with_credentials(mock, block("Python", "python"), name="first.py", command=[sys.executable])
    assert_created_and_read_back(mock, output)


def test_node_creates_a_session_and_reads_it_back(mock: RunningMock, node: str) -> None:
    output = run_with_credentials(mock, block("Node", "js"), name="first.mjs", command=[node])
    assert_created_and_read_back(mock, output)


def test_the_python_code_needs_cryptography_and_nothing_else() -> None:
    imported = set(re.findall(r"^(?:from|import) (\w+)", block("Python", "python"), re.MULTILINE))
    assert imported - set(sys.stdlib_module_names) == {"cryptography"}


def test_the_node_code_needs_nothing_but_node() -> None:
    assert set(re.findall(r"""from ["']([^"']+)""", block("Node", "js"))) == {"node:crypto", "node:fs"}


def test_the_fixture_works_in_a_project_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "test_shop.py").write_text(block(IN_TESTS, "python"), encoding="utf-8")
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env=plain_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "2 passed" in finished.stdout, finished.stdout + finished.stderr


def test_the_context_manager_works_without_pytest(tmp_path: Path) -> None:
    finished = subprocess.run(
        [sys.executable, "-c", block(IN_TESTS, "python", 1)],
        cwd=tmp_path,
        env=plain_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert re.match(r"http://localhost:\d+ \S+ \{'ApiKey': ", finished.stdout), finished.stdout


def test_the_mock_server_is_verified(mock: RunningMock) -> None:
    output = run_with_credentials(mock, block(VERIFY, "sh"), name="verify.sh", command=["sh", "-eu"])
    assert re.search(r"^conformant: [1-9]\d* passed", output, re.MULTILINE), output


def test_a_receiver_for_the_mock_server_passes(mock: RunningMock) -> None:
    """With the port of one that runs, in place of the one that the README takes for an example."""
    command = commands(mock.home, mock.url)["flask"]
    with run(command) as (url, _):
        script = block(RECEIVER, "sh").replace("http://localhost:3000/webhooks", url)
        output = run_with_credentials(mock, script, name="receiver.sh", command=["sh", "-eu"])
    assert re.search(r"^conformant: [1-9]\d* passed", output, re.MULTILINE), output


def test_ci_runs_the_readmes_test_command() -> None:
    last = (ROOT / ".ci" / "run").read_text(encoding="utf-8").strip().splitlines()[-1]
    assert last == f"exec {block(TITLE, 'sh', 1).strip()} </dev/null"


def test_every_block_is_run_by_a_test_above() -> None:
    assert [(found.heading, found.language) for found in read_blocks(README)] == [
        (TITLE, "sh"),
        (TITLE, "sh"),
        (FIRST, "sh"),
        ("curl and openssl", "sh"),
        ("Python", "python"),
        ("Node", "js"),
        (PAY, "sh"),
        (PAY, "sh"),
        (IN_TESTS, "python"),
        (IN_TESTS, "python"),
        (VERIFY, "sh"),
        (RECEIVER, "sh"),
    ]


def test_a_comment_in_a_block_is_no_heading(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Title\n\n```sh\n# comment\n```\n\n```sh\nls\n```\n")
    assert read_blocks(page) == [Block("Title", "sh", "# comment\n"), Block("Title", "sh", "ls\n")]
