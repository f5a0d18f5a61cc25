"""The supervisor: binds the sockets, keeps the processes running, and answers for their health."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from reference_impl.serving.metrics import FOLDER_VARIABLE, BacklogCollector
from reference_impl.serving.operations import Operations
from reference_impl.serving.roles import Role
from reference_impl.serving.web import WebServer
from reference_impl.settings import FILE_VARIABLE, PREFIX, Settings
from reference_impl.storage.port import Storage

log = logging.getLogger(__name__)

LONGEST_PAUSE = 5.0
"""Seconds before a process that keeps ending is started once more."""

SETTLED = 10.0
"""Seconds after which a process counts as one that works: its end is then no reason to wait."""

_FIRST_PAUSE = 0.1
_BEYOND_GRACE = 5.0


@dataclass(eq=False)
class Slot:
    """A place for one process, and the process that fills it now."""

    role: Role
    process: asyncio.subprocess.Process | None = None
    ready: asyncio.Event = field(default_factory=asyncio.Event)


class Supervisor:
    """Runs one process for each of ``roles`` until SIGTERM or SIGINT, and replaces those that end.

    ``settings`` must name the public URL; ``listeners`` are the API's sockets and ``operations_listeners``
    those of health and metrics, bound already. ``ready`` is called once every process does its work.
    """

    def __init__(
        self,
        settings: Settings,
        roles: Sequence[Role],
        *,
        storage: Storage,
        clock: Callable[[], datetime],
        listeners: Sequence[socket.socket],
        operations_listeners: Sequence[socket.socket],
        metrics_folder: Path,
        ready: Callable[[], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._monotonic = monotonic
        self._slots = [Slot(role) for role in roles]
        self._listeners = listeners
        self._operations_listeners = operations_listeners
        self._metrics_folder = metrics_folder
        self._ready = ready
        self._stopping = asyncio.Event()
        self._failed = False
        operations = Operations(
            storage=storage,
            metrics_folder=metrics_folder,
            backlog=BacklogCollector(storage, clock=clock),
            lacking=self.lacking,
        )
        self._operations = WebServer(operations, settings, ready=lambda: None, secure=False)

    async def run(self) -> int:
        """The exit code: 0 after an orderly stop, 1 where a process could not begin its work."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        operations = asyncio.create_task(self._operations.serve_on(self._operations_listeners))
        keepers = [asyncio.create_task(self._keep(slot)) for slot in self._slots]
        first = asyncio.create_task(self._await_all())
        await self._stopping.wait()
        first.cancel()
        for listener in self._listeners:
            listener.close()
        await self._stop_processes(keepers)
        self._operations.should_exit = True
        await operations
        return 1 if self._failed else 0

    def lacking(self) -> Mapping[str, str]:
        """Which roles have no process that does its work, or that all are stopping."""
        if self._stopping.is_set():
            return {"processes": "They are stopping."}
        working = {slot.role for slot in self._slots if slot.ready.is_set()}
        return {
            slot.role: "No process does this work yet." for slot in self._slots if slot.role not in working
        }

    async def _await_all(self) -> None:
        for slot in self._slots:
            await slot.ready.wait()
        self._ready()

    async def _keep(self, slot: Slot) -> None:
        """Fill the slot with a process, again and again, until all are to stop."""
        pause = 0.0
        has_worked = False
        while not self._stopping.is_set():
            started = self._monotonic()
            code = await self._run_process(slot)
            has_worked = has_worked or slot.ready.is_set()
            slot.ready.clear()
            if self._stopping.is_set():
                return
            if not has_worked:
                self._failed = True
                self._stopping.set()
                return
            pause = next_pause(pause, lived=self._monotonic() - started)
            log.error("a process ended and is replaced", extra={"role": slot.role, "code": code})
            await self._pause(pause)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    async def _run_process(self, slot: Slot) -> int:
        """Run one process to its end: its exit code."""
        ours, its = socket.socketpair()
        listens = [] if slot.role is Role.DISPATCH else [each.fileno() for each in self._listeners]
        with ours:
            with its:
                slot.process = process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    # -P: what lies in the present folder is no module of ours.
                    *("-P", "-m", "reference_impl.serving.process", slot.role),
                    *("--lifeline", str(its.fileno())),
                    *(["--listen", *map(str, listens)] if listens else []),
                    pass_fds=[its.fileno(), *listens],
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    env=self._environment(),
                    start_new_session=True,  # a terminal's Ctrl-C is for the supervisor to pass on
                )
            if self._stopping.is_set():
                process.terminate()
            ours.setblocking(False)
            with contextlib.suppress(OSError):
                if await asyncio.get_running_loop().sock_recv(ours, 1):
                    slot.ready.set()
            return await process.wait()

    def _environment(self) -> dict[str, str]:
        known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | {FILE_VARIABLE}
        inherited = {name: value for name, value in os.environ.items() if name not in known}
        return {
            **inherited,
            **self._settings.variables(),
            FOLDER_VARIABLE: str(self._metrics_folder),
        }

    async def _stop_processes(self, keepers: Sequence[asyncio.Task[None]]) -> None:
        for slot in self._slots:
            _signal(slot, signal.SIGTERM)
        patience = self._settings.shutdown_grace + _BEYOND_GRACE
        _, late = await asyncio.wait(keepers, timeout=patience)
        if late:
            log.error("processes that did not stop in time are killed")
            for slot in self._slots:
                _signal(slot, signal.SIGKILL)
        await asyncio.gather(*keepers)


def next_pause(pause: float, *, lived: float) -> float:
    """Seconds to wait after a process that lived so long, where ``pause`` was waited before it (0: not)."""
    if pause == 0 or lived > SETTLED:
        return _FIRST_PAUSE
    return min(2 * pause, LONGEST_PAUSE)


def _signal(slot: Slot, number: int) -> None:
    if slot.process is not None and slot.process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            slot.process.send_signal(number)
