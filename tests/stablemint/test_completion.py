"""`stablemint completion`: a script for the shell, tried in each shell."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stablemint.program import COMMANDS, main
from tests.project.tree import ROOT
from tests.tools import find_tool

COMPLETIONS = [
    ("stablemint req", "request"),
    ("stablemint clock adv", "advance"),
    ("stablemint clock advance --names", "--namespace"),
    ("stablemint reference partners rot", "rotate-key"),
    ("stablemint reference webhook-key rotate --in", "--in-hours"),
    ("stablemint verify --max-t", "--max-time"),
    ("stablemint request partner-h", "partner-hosted"),
    ("stablemint completion fi", "fish"),
]
"""What is on the line, and what comes of its last word."""
PATIENCE = 30


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The path of each shell's script."""
    folder, found = tmp_path_factory.mktemp("completion"), {}
    for shell in ("bash", "zsh", "fish"):
        line = [sys.executable, "-m", "stablemint", "completion", shell]
        script = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        (folder / shell).write_text(script, encoding="utf-8")
        found[shell] = str(folder / shell)
    return found


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "tcsh"])
def test_the_script_knows_every_command(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert [name for name in COMMANDS if name not in script] == []


@pytest.mark.parametrize(("line", "completed"), COMPLETIONS)
def test_bash_completes(scripts: dict[str, str], line: str, completed: str) -> None:
    place = len(line.split()) - 1
    ask = f'COMP_WORDS=({line}); COMP_CWORD={place}; _shtab_stablemint; printf "%s\\n" "${{COMPREPLY[@]}}"'
    told = subprocess.run(
        [find_tool("bash"), "-c", f"source {scripts['bash']}\n{ask}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    assert [word.strip() for word in told.stdout.splitlines()] == [completed]


@pytest.mark.parametrize(
    ("line", "completed"),
    [
        *COMPLETIONS,
        ("stablemint clock --json adv", "advance"),
        ("stablemint sessions list --status op", "open"),
        ("stablemint sign pyproj", "pyproject.toml"),
        ("stablemint request hosted --body pyproj", "pyproject.toml"),
    ],
)
def test_fish_completes(scripts: dict[str, str], line: str, completed: str, tmp_path: Path) -> None:
    """Each with its explanation."""
    told = subprocess.run(
        [find_tool("fish"), "--no-config", "-c", f"source {scripts['fish']}; complete -C '{line}'"],
        cwd=ROOT,
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    assert [each.split("\t")[0] for each in told.stdout.splitlines()] == [completed]


@pytest.mark.parametrize(("line", "completed"), COMPLETIONS)
def test_zsh_completes(scripts: dict[str, str], line: str, completed: str, tmp_path: Path) -> None:
    """By the key that a person presses, with the script where its help says."""
    (tmp_path / "_stablemint").write_bytes(Path(scripts["zsh"]).read_bytes())
    ours, theirs = pty.openpty()
    shell = subprocess.Popen(
        [find_tool("zsh"), "-f", "-i"],
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path), "TERM": "dumb"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        os.write(ours, b"PS1=; fpath=($HOME $fpath); autoload -Uz compinit; compinit -u; echo rea''dy\n")
        read_until(ours, "ready\r\n")
        os.write(ours, f"{line}\t".encode())
        read_until(ours, completed)
    finally:
        shell.kill()
        shell.wait()
        os.close(ours)


def read_until(terminal: int, text: str) -> None:
    """Read what a terminal shows until it has shown a text."""
    shown, deadline = "", time.monotonic() + PATIENCE
    while text not in shown:
        assert select.select([terminal], [], [], max(0.0, deadline - time.monotonic()))[0], shown
        shown += os.read(terminal, 4096).decode(errors="replace")
