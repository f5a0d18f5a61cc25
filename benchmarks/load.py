"""The load: wrk, one thread, sending orders signed beforehand."""

from __future__ import annotations

import json
import resource
import shutil
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.orders import KEYED_SHARE, Partner

SCRIPT = Path(__file__).with_name("create.lua")
PLAIN_ORDERS = 400
MISSING = """\
wrk, which makes the load, is not installed. It is in Debian's and Ubuntu's packages (apt install wrk) and in
Homebrew (brew install wrk)."""


class LoadError(Exception):
    """wrk did not do its work; its own words are the message."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """What one run of wrk counted; ``refused`` and ``broken`` are answers of 400 and above, and lost ones."""

    requests: int
    seconds: float
    refused: int
    broken: int
    p50_ms: float
    p99_ms: float
    keyed: int
    answered: int
    other_than_201: int
    tool_cpu_seconds: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds

    @property
    def failures(self) -> int:
        """Answers other than 201, as far as they were looked at, and requests without an answer."""
        return max(self.refused, self.other_than_201) + self.broken


def is_available() -> bool:
    """Whether wrk is installed."""
    return shutil.which("wrk") is not None


def create_sessions(
    url: str, partner: Partner, *, connections: int, seconds: int, orders: int, exactly: bool = False
) -> Load:
    """Create sessions for ``seconds``, with keys for ``orders`` of them; ``exactly``: stop after ``orders``.

    Raises LoadError where wrk fails.
    """
    lines = [
        (kind, order.timestamp, order.signature, order.body)
        for kind, count in (("plain", PLAIN_ORDERS), ("keyed", orders // KEYED_SHARE))
        for order in partner.orders(count, keyed=kind == "keyed")
    ]
    limit = [str(orders)] if exactly else []
    return _send(url, partner, lines, limit, connections=connections, seconds=seconds)


def read_sessions(
    url: str, partner: Partner, identifiers: Sequence[str], *, connections: int, seconds: int
) -> Load:
    """Read sessions for ``seconds``, one after the other. Raises LoadError where wrk fails."""
    signed = partner.sign("")
    lines = [("read", signed.timestamp, signed.signature, f"/session/{each}") for each in identifiers]
    return _send(url, partner, lines, [], connections=connections, seconds=seconds)


def _send(
    url: str,
    partner: Partner,
    lines: Sequence[tuple[str, str, str, str]],
    limit: Sequence[str],
    *,
    connections: int,
    seconds: int,
) -> Load:
    with TemporaryDirectory(prefix="bench-") as folder:
        file = Path(folder) / "orders"
        file.write_text("".join("\t".join(line) + "\n" for line in lines), encoding="utf-8")
        command = ["wrk", f"-c{connections}", "-t1", f"-d{seconds}s", f"-s{SCRIPT}", url, "--", str(file)]
        before = _children_cpu_seconds()
        code, output = _run([*command, partner.api_key, *limit])
        tool_cpu_seconds = _children_cpu_seconds() - before
    figures = [line for line in output if line.startswith("FIGURES ")]
    if code or not figures:
        raise LoadError(f"wrk failed ({code}):\n{''.join(output)}")
    return Load(**json.loads(figures[0].removeprefix("FIGURES ")), tool_cpu_seconds=tool_cpu_seconds)


def _run(command: Sequence[str]) -> tuple[int, list[str]]:
    """Run wrk, ending it when its script has what it wants; its exit code and what it wrote."""
    output = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout or ():
            output.append(line)
            if line == "STOPPED\n":
                process.send_signal(signal.SIGINT)
    return process.returncode, output


def _children_cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
