"""The bundled document, and the tools of others that must be able to read it."""

import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from openapi import load

NODE_TOOLS = Path(__file__).parent.parent / "node"


@pytest.fixture(scope="session")
def document() -> dict[str, Any]:
    """The bundled document; nobody changes it."""
    return load()


@pytest.fixture(scope="session")
def node() -> str:
    """The Node interpreter; without one the tests that need it are skipped, each by name."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("Node is not installed: what Node's tools make of the document was not tested")
    return found


@pytest.fixture(scope="session")
def node_tools(node: str) -> Path:
    """The folder of the command lines that ``tests/node/package-lock.json`` pins.

    The first use installs them there (15 s, 150 MB, from npm's registry); later ones find them.
    """
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed: what Node's tools make of the document was not tested")
    stamp = NODE_TOOLS / "node_modules" / "installed.sha256"
    wanted = hashlib.sha256((NODE_TOOLS / "package-lock.json").read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        done = subprocess.run(
            [npm, "ci", "--no-progress"],
            cwd=NODE_TOOLS,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"npm ci failed in tests/node:\n{done.stdout}{done.stderr}"
        stamp.write_text(wanted)
    return NODE_TOOLS / "node_modules" / ".bin"
