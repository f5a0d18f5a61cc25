"""The documentation site, built from today's sources, once for all worker processes of a run."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from docs import site


def built_site(factory: pytest.TempPathFactory) -> Path:
    """The folder of the site; the first who asks builds it, which takes ten seconds, and others wait."""
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = shared / "built-site"
    with (shared / "built-site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            site.build(folder)
    return folder
