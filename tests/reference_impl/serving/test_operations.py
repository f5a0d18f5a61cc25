"""Health, for whoever runs the processes: alive is one thing, ready another."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from reference_impl.domain.problems import unavailable
from reference_impl.environment import session_clock
from reference_impl.http.exchange import Message
from reference_impl.serving import operations
from reference_impl.serving.metrics import BacklogCollector
from reference_impl.serving.operations import Operations, Question
from reference_impl.storage.memory import MemoryStorage
from reference_impl.storage.port import Backlog


class Away(MemoryStorage):
    """A store that does not answer."""

    def ping(self) -> None:
        raise unavailable("The database is not reachable at the moment. Try again.")


class Stuck(MemoryStorage):
    """A store that takes the question and says nothing until the test ends."""

    def __init__(self) -> None:
        super().__init__()
        self.released = threading.Event()

    def ping(self) -> None:
        self.released.wait(20)

    def backlog(self, before: datetime) -> Backlog:
        self.released.wait(20)
        return super().backlog(before)


def ask(
    folder: Path,
    path: str,
    *,
    method: str = "GET",
    storage: MemoryStorage | None = None,
    lacking: Mapping[str, str] | None = None,
) -> tuple[int, bytes]:
    storage = storage or MemoryStorage()
    application = Operations(
        storage=storage,
        metrics_folder=folder,
        backlog=BacklogCollector(storage, clock=session_clock),
        lacking=lambda: lacking or {},
    )
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise AssertionError("nothing is read")

    async def run() -> None:
        await application({"type": "http", "method": method, "path": path}, receive, send)
        if isinstance(storage, Stuck):
            storage.released.set()

    asyncio.run(run())
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)


def readiness(folder: Path, **changes: Any) -> tuple[int, dict[str, str]]:
    status, body = ask(folder, "/readyz", **changes)
    return status, json.loads(body)["lacking"]


def test_ready_is_who_lacks_nothing(tmp_path: Path) -> None:
    assert readiness(tmp_path) == (200, {})


def test_a_database_that_is_away_makes_unready_and_not_dead(tmp_path: Path) -> None:
    """Nobody is to be restarted for that: it passes by itself."""
    status, lacking = readiness(tmp_path, storage=Away())
    assert (status, list(lacking)) == (503, ["database"])
    assert ask(tmp_path, "/healthz", storage=Away())[0] == 200


def test_a_database_that_does_not_answer_in_time_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "_PATIENCE", 0.05)
    status, lacking = readiness(tmp_path, storage=Stuck())
    assert (status, list(lacking)) == (503, ["database"])


def test_figures_come_without_the_outbox_where_the_database_does_not_answer_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of the processes are wanted most just then."""
    monkeypatch.setattr(operations, "_PATIENCE", 0.05)
    status, body = ask(tmp_path, "/metrics", storage=Stuck())
    assert (status, b"stablemint_outbox" in body) == (200, False)
    assert b"stablemint_outbox_due 0" in ask(tmp_path, "/metrics")[1]


def test_whoever_asks_of_a_database_that_hangs_is_one_question_to_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A probe every second would else take every thread that there is."""
    monkeypatch.setattr(operations, "_PATIENCE", 0.05)
    stuck, asked = threading.Event(), []

    def ping() -> None:
        asked.append(True)
        stuck.wait(20)

    async def run() -> None:
        question = Question(ping)
        for _ in range(3):
            ends = await asyncio.gather(*(question.answer() for _ in range(5)), return_exceptions=True)
            assert {type(end) for end in ends} == {TimeoutError}
        assert len(asked) == 1
        stuck.set()
        await question.answer()
        await question.answer()  # a new one: what was said before is the past
        assert len(asked) == 2

    asyncio.run(run())


def test_work_that_no_process_does_is_named(tmp_path: Path) -> None:
    missing = {"dispatch": "No process does this work yet."}
    assert readiness(tmp_path, lacking=missing) == (503, missing)


def test_what_is_not_there_is_not_found_and_nothing_is_changed_here(tmp_path: Path) -> None:
    assert ask(tmp_path, "/session/hosted")[0] == 404
    assert ask(tmp_path, "/readyz", method="POST")[0] == 405
