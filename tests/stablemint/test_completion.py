"""`stablemint completion`: a script for the shell."""

from __future__ import annotations

import subprocess
import sys

import pytest

from stablemint.__main__ import COMMANDS, main


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "tcsh"])
def test_the_script_knows_every_command(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert [name for name in COMMANDS if name not in script] == []


def test_bash_completes_commands_and_options_with_it() -> None:
    """Tried in a real bash."""
    script = subprocess.run(
        [sys.executable, "-m", "stablemint", "completion", "bash"], capture_output=True, text=True, check=True
    ).stdout
    ask = 'COMP_WORDS=(stablemint clock adv); COMP_CWORD=2; _shtab_stablemint; echo "${COMPREPLY[@]}"'
    told = subprocess.run(["bash", "-c", f"{script}\n{ask}"], capture_output=True, text=True, check=True)
    assert "advance" in told.stdout
