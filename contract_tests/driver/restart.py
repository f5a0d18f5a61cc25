"""A command that ends the implementation without warning and starts it again, to see what a crash leaves."""

import shlex
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from .port import DriverError

SHOWN: Final = 500
"""Characters of what the command wrote that are repeated in a message."""


class Restart:
    """Runs the command, once for each crash. It ends with 0 once the implementation is started again."""

    def __init__(self, words: Sequence[str], *, timeout: float = 60.0, folder: Path | None = None) -> None:
        """`timeout` is in seconds for each run; the command runs in `folder`."""
        self._words = list(words)
        self._timeout = timeout
        self._folder = folder

    def __call__(self) -> None:
        """Have the implementation crash and start again. Raises :class:`DriverError`."""
        name = f"the restart command {shlex.join(self._words)}"
        # A file, and no pipe: what was started may keep it open for as long as it runs.
        with tempfile.TemporaryFile() as said:
            try:
                done = subprocess.run(
                    self._words,
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=subprocess.STDOUT,
                    cwd=self._folder,
                    timeout=self._timeout,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                raise DriverError(f"{name} did not end within {self._timeout:g} s") from None
            except (OSError, ValueError) as error:
                raise DriverError(f"{name} cannot be started: {error}") from None
            if done.returncode != 0:
                said.seek(0)
                wrote = said.read()[-SHOWN:].decode("utf-8", "backslashreplace").strip()
                raise DriverError(f"{name} ended with {done.returncode}; it wrote: {wrote or 'nothing'}")
