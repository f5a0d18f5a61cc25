"""The command `stablemint` itself: help, version, mistakes, and what it imports."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from importlib.metadata import version
from types import SimpleNamespace

import pytest

import stablemint.__main__ as command_line
from stablemint.__main__ import COMMANDS, load, main
from tests.project.tree import ROOT, plain_environment

HEAVY = {
    "connexion",
    "flask",
    "starlette",
    "uvicorn",
    "sqlalchemy",
    "cryptography",
    "schemathesis",
    "asyncio",
}


def test_every_module_of_commands_is_a_command() -> None:
    modules = {file.stem.replace("_", "-") for file in (ROOT / "stablemint" / "commands").glob("[!_]*.py")}
    assert set(COMMANDS) == modules


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_a_summary_that_reads_after_its_name(name: str) -> None:
    summary = load(name).SUMMARY
    assert summary[0].islower()
    assert not summary.endswith(".")


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["--help"])
    listed = re.findall(r"^  ([a-z-]+)  +(\S.*)$", capsys.readouterr().out, re.MULTILINE)
    assert set(listed) >= {(name, load(name).SUMMARY) for name in COMMANDS}


def test_without_a_command_help_goes_to_stderr_and_the_exit_code_is_2(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "commands:" in captured.err


def test_the_version_is_the_distributions(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["--version"])
    assert capsys.readouterr().out == f"stablemint {version('stablemint-sessions')}\n"


@pytest.mark.parametrize(
    ("name", "cure"),
    [("mok", "did you mean `stablemint mock`?"), ("xyzzy", "`stablemint --help` lists the commands.")],
)
def test_an_unknown_command_is_told_the_next_step(
    name: str, cure: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([name]) == 2
    assert capsys.readouterr().err == f"stablemint: there is no command {name!r}; {cure}\n"


def test_an_unknown_option_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        main(["mock", "--prot", "8080"])
    assert "--prot" in capsys.readouterr().err


def test_the_exit_code_is_the_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_line, "load", lambda name: fake_command(lambda arguments: arguments.answer))
    assert main(["mock", "--answer", "42"]) == 42


def test_an_interrupted_command_exits_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(arguments: argparse.Namespace) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(command_line, "load", lambda name: fake_command(interrupt))
    assert main(["mock"]) == 130


def fake_command(run: object) -> SimpleNamespace:
    def add_arguments(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--answer", type=int)

    return SimpleNamespace(SUMMARY="answer", add_arguments=add_arguments, run=run)


@pytest.mark.parametrize(
    "words", [["--help"], ["--version"], ["mok"], *([name, "--help"] for name in COMMANDS)]
)
def test_help_and_mistakes_import_no_framework(words: list[str]) -> None:
    code = (
        f"import sys; from stablemint.__main__ import main\ntry: main({words!r})\nexcept SystemExit: pass\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", f"{code}\nprint(*sys.modules)"],
        cwd=ROOT,
        env=plain_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {module.partition(".")[0] for module in finished.stdout.splitlines()[-1].split()}
    assert "argparse" in loaded
    assert loaded & HEAVY == set()
