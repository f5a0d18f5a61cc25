"""Files that are written whole, and secrets that only their owner can read."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def keep_file(path: Path, make: Callable[[], bytes], *, mode: int = 0o600) -> bytes:
    """The content of a file, made first if it is not there; whoever comes second keeps the first one's."""
    if not path.exists():
        draft = _draft(path, make(), mode)
        try:
            os.link(draft, path)  # unlike a rename, never replaces what another process has just made
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_bytes()


def replace_file(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Write a file whole: whoever reads it meanwhile finds the former content or the new one."""
    _draft(path, content, mode).replace(path)


def _draft(path: Path, content: bytes, mode: int) -> Path:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    return draft
