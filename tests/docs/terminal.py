"""A terminal in which somebody types: a shell that keeps its variables from one command to the next."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

PATIENCE = 180.0
"""Seconds for what ends; a busy machine is no fault of a page."""

_ENDED = "the command ended with"


class Terminal:
    """``output`` is all that was printed so far."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.output = ""
        self._folder = folder
        self._blocks = 0
        self._printed = threading.Condition()
        self._shell = subprocess.Popen(
            ["sh", "-u"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def run(self, script: str) -> str:
        """Run commands, and give what they printed; AssertionError at the first that fails."""
        before = len(self.output)
        self._write(script)
        self.wait_for(rf"^{_ENDED} (\d+)$", since=before)
        printed = self.output[before:]
        said, _, status = printed.rpartition(_ENDED)
        assert status.strip() == "0", f"{script}\n{said}"
        return said

    def start(self, script: str) -> str:
        """Run what keeps running, and wait for its first words."""
        self._write(script)
        self.wait_for(r"\S")
        return self.output

    def wait_for(self, pattern: str, *, since: int = 0) -> None:
        """Until something that fits was printed; AssertionError where it does not come."""

        def found() -> bool:
            return re.search(pattern, self.output[since:], re.MULTILINE) is not None

        with self._printed:
            self._printed.wait_for(lambda: found() or not self._reader.is_alive(), PATIENCE)
        assert found(), f"{pattern} was not printed, but this:\n{self.output[since:]}"

    def interrupt(self) -> None:
        """Ctrl-C: what runs has ended on return. The terminal is of no further use."""
        os.killpg(self._shell.pid, signal.SIGINT)
        self._reader.join(PATIENCE)

    def close(self) -> None:
        """End the shell and all that it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._shell.pid, signal.SIGTERM)
        self._shell.wait()
        self._reader.join(PATIENCE)
        assert self._shell.stdin is not None
        assert self._shell.stdout is not None
        self._shell.stdin.close()
        self._shell.stdout.close()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _write(self, script: str) -> None:
        """By way of a file, so that no command reads what was typed after it."""
        self._blocks += 1
        typed = self._folder / f".typed-{id(self)}-{self._blocks}"
        typed.write_text(f"set -e\n{script}", encoding="utf-8")
        assert self._shell.stdin is not None
        told = f"_code=$?; echo; echo {_ENDED} $_code"
        line = f"trap '{told}' EXIT; . ./{typed.name} </dev/null; {told}\n"
        self._shell.stdin.write(line.encode())
        self._shell.stdin.flush()

    def _read(self) -> None:
        assert self._shell.stdout is not None
        while chunk := os.read(self._shell.stdout.fileno(), 65536):
            with self._printed:
                self.output += chunk.decode("utf-8", "replace")
                self._printed.notify_all()
        with self._printed:
            self._printed.notify_all()
