"""A mock server in a process of its own, started by a command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

STOP_SECONDS = 5


@dataclass(frozen=True, kw_only=True)
class RunningMock:
    """What the server said of itself when it was ready."""

    ready: Mapping[str, Any]

    @property
    def url(self) -> str:
        return str(self.ready["url"])

    @property
    def home(self) -> Path:
        return Path(self.ready["home"])


@contextmanager
def run_mock(
    command: Sequence[str], *, folder: Path, environment: Mapping[str, str]
) -> Iterator[RunningMock]:
    """Run ``command``, which must end in `stablemint mock … --json`, until the block is left.

    Raises AssertionError with all that it wrote to standard error if it ends before it is ready.
    """
    with (
        TemporaryFile("w+") as errors,
        subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        assert process.stdout is not None
        try:
            line = next((line for line in process.stdout if line.startswith("{")), "")
            if not line:
                errors.seek(0)
                raise AssertionError(f"{' '.join(command)} did not start:\n{errors.read()}")
            yield RunningMock(ready=json.loads(line))
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait(STOP_SECONDS)
