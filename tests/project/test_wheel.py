"""The wheel works by itself: in an empty environment, away from the source tree."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.project.fences import read_blocks
from tests.project.packaging import locked_packages, pip
from tests.project.running import run_mock
from tests.project.tree import ROOMS, ROOT, list_files, plain_environment


@pytest.fixture(scope="module")
def interpreter(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an empty environment, into which the wheel was installed with what its metadata asks for.

    Dependencies come from a folder that holds the locked versions and nothing else: one that the wheel does
    not declare will be missing, one that the lock does not hold cannot be found. The folder is filled once,
    below `build/`; after that the installation needs no network.
    """
    venv = tmp_path_factory.mktemp("elsewhere") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    python = venv / "bin" / "python"
    pip("--python", python, "install", "--no-index", "--find-links", locked_packages(), "--no-compile", wheel)
    return python


def run(command: Sequence[str | Path], *, folder: Path, **environment: str) -> str:
    finished = subprocess.run(
        command,
        cwd=folder,
        env=plain_environment(**environment),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_the_wheel_holds_every_file_of_the_rooms_and_nothing_else(wheel: Path) -> None:
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert packed == {file.relative_to(ROOT).as_posix() for file in list_files(*ROOMS)}


def test_a_session_is_created_with_the_installed_wheel(interpreter: Path, tmp_path: Path) -> None:
    """`stablemint mock` of the wheel answers the README's Python code, run by the same environment."""
    command = [str(interpreter.with_name("stablemint")), "mock", "--port", "0", "--json"]
    (code,) = [block.code for block in read_blocks(ROOT / "README.md") if block.heading == "Python"]
    with run_mock(command, folder=tmp_path, environment=plain_environment()) as mock:
        credentials = (mock.home / "partners" / "demo" / "credentials.env").read_text()
        output = run(
            [interpreter, "-c", code],
            folder=tmp_path,
            **dict(re.findall(r"^(\w+)=(\S+)$", credentials, re.M)),
        )
    assert f"send the payer to {mock.url}/" in output


def test_the_rooms_are_those_of_the_wheel(interpreter: Path, tmp_path: Path) -> None:
    names = ", ".join(ROOMS)
    where = run(
        [interpreter, "-c", f"import {names}; print(*(m.__file__ for m in ({names})))"], folder=tmp_path
    )
    assert all("site-packages" in file for file in where.split())
