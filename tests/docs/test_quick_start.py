"""The quick start, followed to the letter: from the wheel, in an empty folder, by the page alone."""

from __future__ import annotations

import re
import shutil
import time
from dataclasses import replace
from pathlib import Path

from tests.docs.steps import Step, followed, languages, read_steps
from tests.docs.walk import GUIDES, Walk, free_ports
from tests.project.packaging import locked_packages
from tests.project.tree import plain_environment

PAGE = GUIDES / "quick-start.md"
FIVE_MINUTES = 300


def test_the_page_counts_the_events_that_it_shows() -> None:
    """Seven of a completed payment: all that the contract has for it, no more and no fewer."""
    (shown,) = (step.block.code for step in read_steps(PAGE) if "Seven events" in step.lead)
    (told,) = re.findall(r"(\w+) events came in", PAGE.read_text(encoding="utf-8"))
    assert (told, len(shown.splitlines())) == ("Seven", 7)
    assert shown.count("transaction.status.changed") == 2


def test_a_new_user_gets_a_paid_session_and_a_verified_webhook(wheel: Path, tmp_path: Path) -> None:
    """pip takes what the wheel needs from a folder, so that no network is needed; the rest is the page."""
    steps = read_steps(PAGE)
    assert languages(steps) == [""]
    folder = tmp_path / "empty"
    folder.mkdir()
    shutil.copy(wheel, folder)
    ports = free_ports()
    environment = plain_environment(
        PIP_NO_INDEX="1",
        PIP_FIND_LINKS=str(locked_packages()),
        PIP_DISABLE_PIP_VERSION_CHECK="1",
        PIP_NO_COMPILE="1",
        STABLEMINT_URL=f"http://localhost:{ports['8080']}",
        NO_COLOR="1",
    )
    started = time.monotonic()
    Walk(folder, environment, ports).follow(_with_port(step, ports["8080"]) for step in followed(steps, ""))
    assert time.monotonic() - started < FIVE_MINUTES


def _with_port(step: Step, port: str) -> Step:
    """The one thing that a test cannot leave as it is: the mock server's port may be somebody else's."""
    code = step.block.code.replace("stablemint mock\n", f"stablemint mock --port {port}\n")
    return replace(step, block=replace(step.block, code=code))
