"""A Chromium to test with: one that is installed, never one that the tests download."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

VARIABLE = "STABLEMINT_BROWSER"
"""Environment variable that names the browser's binary, where it is not found by itself."""

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_PLACES = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)

ABSENT = f"no Chromium was found; install one (Debian, Ubuntu: apt install chromium) or name it in {VARIABLE}"

ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--disable-features=IsolateOrigins,site-per-process",
    "--disable-site-isolation-trials",
    "--renderer-process-limit=1",
)


def find_browser() -> str | None:
    """The path of a Chromium, None where there is none."""
    named = os.environ.get(VARIABLE)
    if named:
        return shutil.which(named)
    on_path = (shutil.which(name) for name in _NAMES)
    return next((path for path in (*on_path, *_PLACES) if path and Path(path).exists()), None)


def arguments() -> list[str]:
    """Quiet; and for root, as in a container, without Chromium's own sandbox, which root cannot have."""
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [*ARGUMENTS, *(["--no-sandbox"] if as_root else [])]
