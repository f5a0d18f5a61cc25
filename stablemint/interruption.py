"""What Ctrl-C does before and after a command's work: the process ends at once, and says nothing.

Python raises ``KeyboardInterrupt`` wherever it happens to be. Modules take a while to load; nobody catches it
there, and people would be shown a traceback. This module imports next to nothing, so that it can come first.
"""

from __future__ import annotations

import os
import signal

INTERRUPTED = 130
"""The exit code of a command that was interrupted: as a shell tells of it."""


def is_ours() -> bool:
    """Whether Ctrl-C raises ``KeyboardInterrupt``: not in a process that was started to ignore it."""
    return signal.getsignal(signal.SIGINT) is signal.default_int_handler


def end_at_once() -> None:
    """Have Ctrl-C end the process: it holds nothing yet, or nothing any more."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))


def raise_it() -> None:
    """Have Ctrl-C raise ``KeyboardInterrupt``, for what has something to bring to an end."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
