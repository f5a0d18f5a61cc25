"""The servers under measurement, each in a process of its own."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.orders import SignedOrder

ROOT = Path(__file__).resolve().parents[1]
STOP_SECONDS = 10


class StartError(Exception):
    """A server ended before it was ready."""


@dataclass(frozen=True, kw_only=True)
class Process:
    """A running server: its URL on 127.0.0.1, and its process."""

    url: str
    pid: int

    def resident_bytes(self) -> int:
        """The memory it occupies now (RSS)."""
        kilobytes = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(self.pid)], check=True, capture_output=True, text=True
        ).stdout
        return int(kilobytes) * 1024

    def create_session(self, order: SignedOrder, *, api_key: str) -> dict[str, Any]:
        """Create one session and return it; raises StartError for any answer but 201."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=10)
        headers = {
            "Content-Type": "application/json",
            "ApiKey": api_key,
            "Timestamp": order.timestamp,
            "Signature": order.signature,
        }
        try:
            connection.request("POST", "/session/hosted", order.body.encode(), headers)
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        if answer.status != 201:
            raise StartError(f"POST /session/hosted was answered with {answer.status}: {body.decode()}")
        session: dict[str, Any] = json.loads(body)
        return session


@contextmanager
def run_mock(home: Path, *, by_make: bool = False) -> Iterator[Process]:
    """`stablemint mock` with its default settings on a free port, its credentials in ``home``."""
    options = f"--port 0 --json --home {home}"
    by_hand = [sys.executable, "-m", "stablemint", "mock", *options.split()]
    with run_command(["make", "mock", f"ARGS={options}"] if by_make else by_hand) as (line, pid):
        yield Process(url=f"http://127.0.0.1:{json.loads(line)['port']}", pid=pid)


@contextmanager
def run_bare() -> Iterator[Process]:
    """The bare application."""
    with run_command([sys.executable, "-m", "benchmarks.bare"]) as (line, pid):
        yield Process(url=f"http://127.0.0.1:{int(line)}", pid=pid)


@contextmanager
def run_command(
    command: Sequence[str], *, log: Path | None = None, **variables: str
) -> Iterator[tuple[str, int]]:
    """Run ``command``; gives the first line that it prints, and its process id.

    ``variables`` are added to its environment; what it writes to standard error goes to ``log``.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    with (
        log.open("ab") if log else nullcontext() as errors,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=inherited | variables,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line:
                raise StartError(f"`{' '.join(command)}` ended before it was ready")
            yield line, process.pid
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait(STOP_SECONDS)
