"""A command that ends the implementation without warning and starts it again, to see what a crash leaves."""

import shlex
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ..wire import OutOfTime
from .port import DriverError

SHOWN: Final = 500
"""Characters of what the command wrote that are repeated in a message."""


class Restart:
    """Runs the command, once for each crash. It ends with 0 once the implementation is started again.

    ``deadline``, by ``time.monotonic()``, is when the run's time is over; None where it has no end.
    """

    def __init__(self, words: Sequence[str], *, timeout: float = 60.0, folder: Path | None = None) -> None:
        """`timeout` is in seconds for each run; the command runs in `folder`."""
        self._words = list(words)
        self._timeout = timeout
        self._folder = folder
        self.deadline: float | None = None

    def __call__(self) -> None:
        """Have the implementation crash and start again.

        Raises :class:`DriverError`, and :class:`~..wire.OutOfTime` where the run's time is over before that:
        the command goes on, so that no implementation is left half started.
        """
        name = f"the restart command {shlex.join(self._words)}"
        seconds = self._allowed()
        # A file, and no pipe: what was started may keep it open for as long as it runs.
        with tempfile.TemporaryFile() as said:
            try:
                process = subprocess.Popen(
                    self._words,
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=subprocess.STDOUT,
                    cwd=self._folder,
                )
            except (OSError, ValueError) as error:
                raise DriverError(f"{name} cannot be started: {error}") from None
            try:
                code = process.wait(seconds)
            except subprocess.TimeoutExpired:
                if seconds < self._timeout:
                    threading.Thread(target=process.wait, daemon=True).start()
                    raise OutOfTime from None
                _end(process)
                raise DriverError(f"{name} did not end within {self._timeout:g} s") from None
            except KeyboardInterrupt:
                _end(process)
                raise
            if code != 0:
                said.seek(0)
                wrote = said.read()[-SHOWN:].decode("utf-8", "backslashreplace").strip()
                raise DriverError(f"{name} ended with {code}; it wrote: {wrote or 'nothing'}")

    def _allowed(self) -> float:
        if self.deadline is None:
            return self._timeout
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise OutOfTime
        return min(self._timeout, left)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
