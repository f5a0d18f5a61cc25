"""Any command as a driver: one JSON object a line each way (`openapi/sandbox/driver-command.schema.json`)."""

import contextlib
import json
import os
import queue
import shlex
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final, NoReturn

import jsonschema_rs

import openapi

from ..wire import OutOfTime
from .port import DriverError, Refused

LINE_LIMIT: Final = 64 << 20
"""Bytes of one answer."""
SHOWN: Final = 200
"""Characters of what a command wrote that are repeated in a message."""
END_SECONDS: Final = 2.0
"""How long a command may take to end once its input has ended."""


class Command:
    """A :class:`~.port.Driver` that is a process of its own, started at the first verb.

    After an answer that is none, or none in time, the process is ended: what it said later could answer
    another question. Every verb after that is refused with the same reason. Where the run's time or its user
    cut a verb short, it is no fault of the command, and the next verb starts it anew.
    """

    def __init__(
        self,
        words: Sequence[str],
        *,
        timeout: float = 60.0,
        folder: Path | None = None,
        exits: bool = False,
    ) -> None:
        """`timeout` is in seconds for each verb; the command runs in `folder`, and may know ``exit``."""
        self.exits = exits
        self.deadline: float | None = None
        self._words = list(words)
        self._timeout = timeout
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._errors: deque[str] = deque(maxlen=5)
        self._threads: list[threading.Thread] = []
        self._spoilt = ""

    def play(
        self,
        session_id: str,
        outcome: str | None = None,
        *,
        amount: float | None = None,
        steps: int | None = None,
    ) -> None:
        """See :meth:`.port.Driver.play`."""
        how = {"sessionId": session_id, "outcome": outcome, "amount": amount, "steps": steps}
        self._ask("play", {name: value for name, value in how.items() if value is not None})

    def advance(self, duration: timedelta) -> Sequence[Mapping[str, Any]]:
        """See :meth:`.port.Driver.advance`."""
        answer = self._ask("advance", {"seconds": duration.total_seconds()}, "done-with-time")
        occurrences: Sequence[Mapping[str, Any]] = answer.get("occurrences", [])
        return occurrences

    def now(self) -> datetime:
        """See :meth:`.port.Driver.now`."""
        shown = self._ask("now", {}, "done-with-time")["now"]
        try:
            return datetime.fromisoformat(shown)
        except ValueError as error:  # of the form of a time, and none
            self._spoil(f"answered now with {shown!r}: {error}")

    def set_endpoint(self, partner: str, url: str | None, event_types: Sequence[str] | None = None) -> None:
        """See :meth:`.port.Driver.set_endpoint`."""
        types = {} if event_types is None else {"eventTypes": list(event_types)}
        self._ask("set-endpoint", {"partner": partner, "url": url, **types})

    def exit(self, session_id: str) -> None:
        """Have the payer leave the session's page. Raises :class:`DriverError`."""
        self._ask("exit", {"sessionId": session_id})

    def reset(self) -> None:
        """See :meth:`.port.Driver.reset`."""
        self._ask("reset", {})

    def close(self) -> None:
        """End the command's input, and the command where that does not."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(OSError):
            if process.stdin is not None:
                process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(END_SECONDS)
        _kill(process)  # and whatever it started
        self._let_go(process)

    # -- lines ----------------------------------------------------------------------------------------------

    def _ask(self, verb: str, members: Mapping[str, Any], answer: str = "done") -> dict[str, Any]:
        request = {"verb": verb, **members}
        fault = next(_validator("request").iter_errors(request), None)
        if fault is not None:
            raise DriverError(f"{verb}: the driver's commands do not allow this: {fault.message[:SHOWN]}")
        if self._spoilt:
            raise DriverError(self._spoilt)
        seconds = self._allowed()
        process = self._started()
        try:
            if process.stdin is not None:
                process.stdin.write(json.dumps(request).encode() + b"\n")
                process.stdin.flush()
            line = self._lines.get(timeout=seconds)
        except OSError:
            line = b""
        except queue.Empty:
            if seconds < self._timeout:
                self._end()
                raise OutOfTime from None
            self._spoil(f"did not answer {verb} within {self._timeout:g} s and was stopped")
        except KeyboardInterrupt:
            self._end()
            raise
        if not line:
            self._spoil(f"ended without an answer to {verb}")
        return self._read(verb, line, answer)

    def _allowed(self) -> float:
        if self.deadline is None:
            return self._timeout
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise OutOfTime
        return min(self._timeout, left)

    def _read(self, verb: str, line: bytes, answer: str) -> dict[str, Any]:
        try:
            document = json.loads(line)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict) or not _validator("answer").is_valid(document):
            shown = line[:SHOWN].decode("utf-8", "backslashreplace").strip()
            self._spoil(f"answered {verb} with {shown!r}, which is no answer")
        if not self._lines.empty() and (more := self._lines.get()):
            shown = more[:SHOWN].decode("utf-8", "backslashreplace").strip()
            self._spoil(f"wrote {shown!r} after its answer to {verb}: one line each way")
        if not document["ok"]:
            raise Refused(f"the driver command cannot {verb}: {document['reason']}")
        fault = next(_validator(answer).iter_errors(document), None)
        if fault is not None:
            self._spoil(f"answered {verb} without what belongs there: {fault.message[:SHOWN]}")
        return document

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None:
            return self._process
        try:
            # A session of its own: Ctrl-C is for us, and what the command starts ends with it.
            process = subprocess.Popen(
                self._words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=self._folder,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            self._spoilt = f"the driver command {shlex.join(self._words)} cannot be started: {error}"
            raise DriverError(self._spoilt) from None
        self._process = process
        self._lines = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._collect_lines, args=(process, self._lines), daemon=True),
            threading.Thread(target=self._collect_errors, args=(process,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        return process

    def _collect_lines(self, process: subprocess.Popen[bytes], lines: queue.SimpleQueue[bytes]) -> None:
        assert process.stdout is not None  # noqa: S101 - a pipe, as it was started
        while lines.qsize() <= 1 and (line := process.stdout.readline(LINE_LIMIT)):
            lines.put(line)
        # Two that nobody has asked for are no answers already, and more would fill the memory.
        lines.put(b"")

    def _collect_errors(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None  # noqa: S101 - a pipe, as it was started
        while line := process.stderr.readline(SHOWN):
            self._errors.append(line.decode("utf-8", "backslashreplace").rstrip())

    def _let_go(self, process: subprocess.Popen[bytes]) -> None:
        for thread in self._threads:
            thread.join(END_SECONDS)
        for pipe in (process.stdin, process.stdout, process.stderr):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            _kill(process)
            self._let_go(process)

    def _spoil(self, what: str) -> NoReturn:
        self._end()
        said = f"; it wrote: {' / '.join(self._errors)}" if self._errors else ""
        self._spoilt = f"the driver command {shlex.join(self._words)} {what}{said}"
        raise DriverError(self._spoilt)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@cache
def _validator(name: str) -> jsonschema_rs.Draft202012Validator:
    schema = openapi.load_driver_command()
    return jsonschema_rs.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": schema["$defs"]})
