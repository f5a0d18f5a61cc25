"""The wheel, and a folder with all that it needs: what a user without the clone installs from."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.project.tree import ROOT, copy_project, plain_environment

LOCK = ROOT / "requirements" / "run.txt"


def build_wheel(folder: Path) -> Path:
    """The wheel, built from a copy of the tracked files, so that nothing left lying about gets into it."""
    source = copy_project(folder / "source")
    target = folder / "wheel"
    pip("wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", target, source)
    (built,) = target.iterdir()
    return built


def locked_packages() -> Path:
    """The folder of the packages that `requirements/run.txt` locks, downloaded where it is missing."""
    digest = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()[:16]
    folder = ROOT / "build" / f"packages-{digest}"
    if not folder.exists():
        folder.parent.mkdir(exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f"{folder.name}-", dir=folder.parent))  # each worker has its own
        pip("download", "--require-hashes", "--requirement", LOCK, "--dest", draft)
        try:
            draft.rename(folder)
        except OSError:  # another worker was faster
            shutil.rmtree(draft)
            assert folder.is_dir()
    return folder


def pip(*arguments: str | Path) -> None:
    """Run pip, quietly; raises AssertionError with its words where it fails."""
    finished = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments],
        capture_output=True,
        text=True,
        env=plain_environment(),
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
