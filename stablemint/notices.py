"""What a server has to say beside its output, on standard error: lines for people, objects for programs."""

from __future__ import annotations

import logging
import sys
from typing import Final

from stablemint.terminal import as_one_line

_LINE: Final = "%(levelname)s %(name)s: %(message)s"


def notice(command: str, message: str, *, as_json: bool) -> None:
    """Say something once."""
    told = as_one_line({"event": "notice", "message": message}, sys.stderr)
    sys.stderr.write(f"{told}\n" if as_json else f"{command}: {message}\n")


def configure_log(*, as_json: bool) -> None:
    """Have what libraries warn of go to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Objects() if as_json else logging.Formatter(_LINE))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


class _Objects(logging.Formatter):
    """A record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        told = {"event": "log", "level": record.levelname.lower(), "logger": record.name}
        told["message"] = record.getMessage()
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return as_one_line(told, sys.stderr)
