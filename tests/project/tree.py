"""The project's own files, as a clone has them."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("openapi", "reference_impl", "mockserver", "contract_tests", "stablemint")


def list_files(*folders: str) -> list[Path]:
    """Every file that git tracks or would add, below the root's ``folders`` (default: everywhere)."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *folders],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    files = [ROOT / name for name in listing.split("\0") if name]
    return [file for file in files if file.is_file()]


def copy_project(target: Path) -> Path:
    """A copy of the project as a fresh clone would have it, in the folder ``target``."""
    for file in list_files():
        copy = target / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, copy)
    return target


def plain_environment(**changes: str) -> dict[str, str]:
    """The environment of a person at a terminal, without what make, pytest and Python set here."""
    ours = ("MAKE", "MFLAGS", "PYTEST_", "PYTHON", "PROVE_", "STABLEMINT_", "VIRTUAL_ENV", "ARGS")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return inherited | changes
