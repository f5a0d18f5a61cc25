"""Following a guide: its files saved, its commands typed, and what it promises looked for."""

from __future__ import annotations

import os
import re
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

from docs import site
from mockserver import MockServer
from tests.docs.steps import SEEN, Step, read_steps
from tests.docs.terminal import Terminal
from tests.project.tree import plain_environment

GUIDES = site.ROOM / "guides"
CLIENT = GUIDES / "signing.md"
"""The guide whose client the others have beside them."""

PORTS = ("8080", "3000")
"""Those that the pages name: the mock server's, and that of the reader's own server."""


READ_BY_TOOLS = {"conftest.py"}
"""Files that no command names."""

PATIENCE = 30.0
"""Seconds for what a terminal that keeps running is to show."""


class Walk:
    """One reader in one folder. ``ports`` are those that stand for the ports of the pages."""

    def __init__(self, folder: Path, environment: Mapping[str, str], ports: Mapping[str, str]) -> None:
        self.ports = ports
        self._folder = folder
        self._environment = environment
        self._saved: set[str] = set()
        self._typed = ""

    def follow(self, steps: Iterable[Step], *, then: Callable[[], None] = lambda: None) -> None:
        """Do every step, and ``then`` something else while all that was started still runs.

        Raises AssertionError at the first step that does not do what the page says.
        """
        with ExitStack() as stack:
            main = stack.enter_context(Terminal(self._folder, self._environment))
            running: list[Terminal] = []
            printed = ""
            for step in steps:
                code = self._with_ports(step.block.code)
                if "Ctrl-C" in step.lead:
                    running.pop().interrupt()
                if step.file is not None:
                    self._save(step.file, code)
                elif step.block.language in SEEN:
                    self._look(replace(step, block=replace(step.block, code=code)), printed, running)
                elif step.block.language == "sh":
                    self._typed += code
                    if step.keeps_running:
                        terminal = stack.enter_context(Terminal(self._folder, self._environment))
                        running.append(terminal)
                        terminal.start(code)
                    else:
                        printed = main.run(code)
                else:
                    raise AssertionError(f"{step.block.language}: neither saved nor typed:\n{code}")
            unused = {name for name in self._saved - READ_BY_TOOLS if Path(name).stem not in self._typed}
            assert not unused, f"saved and never used: {unused}"
            then()

    def _save(self, name: str, code: str) -> None:
        file = self._folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(code, encoding="utf-8")
        self._saved.add(name)
        self._typed += code.partition("\n")[2]  # a file may use those saved before it

    def _look(self, step: Step, typed: str, running: list[Terminal]) -> None:
        """In what the last command printed, or what comes in a terminal that keeps running."""
        deadline = time.monotonic() + PATIENCE
        while True:
            outputs = [typed, *(terminal.output for terminal in running)]
            if any(shows(step.block.code, output, ordered=step.ordered) for output in outputs):
                return
            everything = "\n-- another terminal --\n".join(outputs)
            may_still_come = bool(running) and time.monotonic() < deadline
            assert may_still_come, f"not seen:\n{step.block.code}\nbut:\n{everything}"
            time.sleep(0.02)

    def _with_ports(self, code: str) -> str:
        for port in PORTS:
            code = re.sub(rf"\b{port}\b", self.ports[port], code)
        return code


def walk_beside(mock: MockServer, home: Path, folder: Path, page: Path) -> Walk:
    """A reader of ``page`` beside a running mock server, with its folder and the client that guides use."""
    (folder / ".stablemint").symlink_to(home)
    for step in read_steps(CLIENT):
        if page != CLIENT and step.file is not None and step.file.startswith("payments."):
            (folder / step.file).write_text(step.block.code, encoding="utf-8")
    environment = plain_environment(
        PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        STABLEMINT_URL=mock.url,  # a reader's command line looks at port 8080 by itself
        NO_COLOR="1",
        PYTHONDONTWRITEBYTECODE="1",
    )
    return Walk(folder, environment, free_ports() | {"8080": mock.url.rpartition(":")[2]})


def shows(expected: str, output: str, *, ordered: bool = True) -> bool:
    """Whether each line comes, in its order if that is ``ordered``; `…` stands for anything.

    In any order, a line must come as often as it is expected, no more and no less.
    """
    lines = [line.strip() for line in output.splitlines()]
    patterns = [
        ".*".join(map(re.escape, line.strip().split("…"))) for line in expected.splitlines() if line.strip()
    ]
    left = iter(lines)
    if ordered:
        return all(any(re.fullmatch(pattern, line) for line in left) for pattern in patterns)
    return all(
        sum(re.fullmatch(pattern, line) is not None for line in lines) == wanted
        for pattern, wanted in Counter(patterns).items()
    )


def free_ports() -> dict[str, str]:
    """For each port of the pages one that nobody listens on, chosen by the system."""
    with ExitStack() as stack:
        probes = [stack.enter_context(closing(socket.create_server(("127.0.0.1", 0)))) for _ in PORTS]
        return {port: str(probe.getsockname()[1]) for port, probe in zip(PORTS, probes, strict=True)}
