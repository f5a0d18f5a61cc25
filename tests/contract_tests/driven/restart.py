"""A restart command: ends the process whose number is in a file with kill -9, and starts another.

It ends once the new process has written a line, or in vain after a while.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

PATIENCE_SECONDS = 30


def main() -> int:
    """``restart.py PID_FILE COMMAND…``; what the command writes goes to a file beside the first."""
    number, words = Path(sys.argv[1]), sys.argv[2:]
    said = number.with_suffix(".log")
    if number.exists():
        with suppress(ProcessLookupError):
            os.kill(int(number.read_text()), signal.SIGKILL)
    with said.open("wb") as output:
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    number.write_text(str(process.pid))
    deadline = time.monotonic() + PATIENCE_SECONDS
    while b"\n" not in said.read_bytes():
        if process.poll() is not None or time.monotonic() > deadline:
            sys.stderr.write(said.read_text())
            return 1
        time.sleep(0.02)
    return 0


if __name__ == "__main__":
    sys.exit(main())
