"""Logs as lines of JSON, in which nothing stands that a client sent or a database holds.

What an exception says can quote either (a value that a constraint refused, a header that nobody could parse):
of exceptions the kind and the place are logged, never the message (ERR-10).
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
from types import TracebackType
from typing import Any, TextIO

from pythonjsonlogger.json import JsonFormatter

from reference_impl.failures import describe

LIBRARIES = ("uvicorn", "asyncio", "aiohttp", "sqlalchemy", "alembic", "connexion", "flask", "psycopg")
"""Loggers that are heard from WARNING on: below, they trace what passes through them."""

log = logging.getLogger(__name__)


class _Formatter(JsonFormatter):
    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        return describe(ei[1])


def configure(level: str, *, process: str, stream: TextIO | None = None) -> None:
    """Have everything logged from ``level`` on to ``stream``, by default standard error.

    ``process`` says in each line which process wrote it. What nobody catches is logged in the same way.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        _Formatter(
            "%(asctime)s %(levelname)s %(name)s %(message)s",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
            static_fields={"process": process, "pid": os.getpid()},
            datefmt="%Y-%m-%dT%H:%M:%S%z",
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    # What a client sends that is no HTTP is that client's business, and would fill the log.
    logging.getLogger("uvicorn").setLevel(logging.ERROR)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread
    sys.unraisablehook = _log_unraisable


def configure_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Have what no task catches logged as exceptions are everywhere: asyncio's own report quotes messages."""
    loop.set_exception_handler(_log_uncaught_in_loop)


def _log_uncaught(kind: type[BaseException], error: BaseException, place: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    log.critical("an exception ended the process", exc_info=(kind, error, place))


def _log_uncaught_in_thread(arguments: threading.ExceptHookArgs) -> None:
    log.error("an exception ended a thread: %s", describe(arguments.exc_value))


def _log_unraisable(arguments: Any) -> None:
    log.error("an exception could not be raised: %s", describe(arguments.exc_value))


def _log_uncaught_in_loop(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    error = context.get("exception")
    log.error("nobody caught an exception of a task: %s", describe(error) if error else "no exception")
