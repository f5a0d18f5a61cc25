"""Logs: lines of JSON, in which no exception quotes what a client sent."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import sys
import threading
from collections.abc import Iterator

import pytest

from reference_impl.serving import logs


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What is logged; everything is as it was afterwards."""
    root, written = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    levels = {name: logging.getLogger(name).level for name in logs.LIBRARIES}
    logs.configure("debug", process="test", stream=written)
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
    for name, former in levels.items():
        logging.getLogger(name).setLevel(former)


def fail() -> None:
    try:
        raise ValueError("canary inside")
    except ValueError as error:
        raise RuntimeError("canary outside") from error


def test_an_exception_is_its_kind_its_causes_and_their_places(stream: io.StringIO) -> None:
    """ERR-10: never what it says."""
    try:
        fail()
    except RuntimeError:
        logging.getLogger("anybody").exception("it failed")
    line = json.loads(stream.getvalue())
    assert (line["level"], line["message"], line["process"]) == ("ERROR", "it failed", "test")
    assert line["pid"] == os.getpid()
    assert "RuntimeError" in line["exc_info"]
    assert "caused by builtins.ValueError" in line["exc_info"]
    assert "test_logs.py" in line["exc_info"]
    assert "canary inside" not in stream.getvalue().replace('raise ValueError(\\"canary inside\\")', "")


def test_what_nobody_catches_is_logged_in_the_same_way(stream: io.StringIO) -> None:
    """In the main thread, in another one, and in a task of an event loop."""
    text = "canary " * 2

    def raise_it() -> None:
        raise RuntimeError(text)

    async def leave_it() -> None:
        logs.configure_loop(asyncio.get_running_loop())
        asyncio.get_running_loop().call_soon(raise_it)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    try:
        raise_it()
    except RuntimeError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    thread = threading.Thread(target=raise_it)
    thread.start()
    thread.join()
    asyncio.run(leave_it())
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert sum("RuntimeError" in json.dumps(line) for line in lines) == 3
    assert text not in stream.getvalue()


def test_libraries_are_heard_from_warning_on(stream: io.StringIO) -> None:
    for name in logs.LIBRARIES:
        logging.getLogger(name).info("canary")
    assert stream.getvalue() == ""
