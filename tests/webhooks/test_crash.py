"""`kill -9` at any moment: with `--state` no acknowledged session and none of its events is lost."""

from __future__ import annotations

import http.client
import json
import random
import threading
from pathlib import Path

import pytest

from reference_impl.http.exchange import Receive, Scope, Send
from tests.serving import listen
from tests.stablemint.processes import ServerProcess, run_mock
from tests.webhooks.test_volume import DEFAULT, EVENTS_OF_A_COMPLETED_PAYMENT, Counting


class Buyer(threading.Thread):
    """Makes and pays sessions until the server dies; keeps what was acknowledged."""

    def __init__(self, mock: ServerProcess, *, enough: int) -> None:
        super().__init__(daemon=True)
        self.created: list[str] = []
        self.paid: list[str] = []
        self.has_enough = threading.Event()
        self._mock = mock
        self._enough = enough

    def run(self) -> None:
        try:
            while True:
                session_id = self._mock.create()
                self.created.append(session_id)
                status, _ = self._mock.request("POST", f"{DEFAULT}/sessions/{session_id}/play", {})
                assert status == 200
                self.paid.append(session_id)
                if len(self.paid) >= self._enough:
                    self.has_enough.set()
        except (OSError, http.client.HTTPException, ValueError):
            self.has_enough.set()  # killed: an answer cut short is no acknowledgement


def crash_and_recover(folder: Path, *, seed: int) -> None:
    """One round: pay, be killed, start again on the same file, and compare."""
    moment = random.Random(seed)
    options = ("--json", "--state", str(folder / "state.db"))
    receiver = Counting()
    with listen(receiver) as port:
        with run_mock(*options, home=folder / "home") as mock:
            endpoints = {"url": f"http://127.0.0.1:{port}/hook"}
            assert mock.request("PUT", f"{DEFAULT}/partners/demo/endpoints", endpoints)[0] == 200
            buyer = Buyer(mock, enough=moment.randint(1, 12))
            buyer.start()
            assert buyer.has_enough.wait(30)
            threading.Event().wait(moment.random() / 50)  # somewhere within the next session
            mock.process.kill()
            mock.process.wait()
            buyer.join()
        with run_mock(*options, home=folder / "home") as mock:
            assert mock.request("POST", f"{DEFAULT}/clock/advance", {"minutes": 6})[0] == 200
            for session_id in buyer.created:
                assert mock.read(session_id)[0] == 200
            for session_id in buyer.paid:
                assert mock.read(session_id)[1]["status"] == "completed"
                assert receiver.distinct(session_id) == EVENTS_OF_A_COMPLETED_PAYMENT


class Stalling:
    """A receiver that refuses everything until a session has failed, and then answers no more."""

    def __init__(self) -> None:
        self.has_stalled = threading.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        event = json.loads((await receive())["body"])
        if event["data"].get("status") == "failed":
            self.has_stalled.set()
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        await send({"type": "http.response.start", "status": 503, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def advance(mock: ServerProcess) -> None:
    """Ask for an hour; the server is killed before it answers."""
    with pytest.raises((OSError, http.client.HTTPException)):
        mock.request("POST", f"{DEFAULT}/clock/advance", {"hours": 1})


@pytest.mark.parametrize("is_frozen", [False, True])
def test_the_clock_never_falls_behind_what_was_done_by_it(is_frozen: bool, tmp_path: Path) -> None:
    """Killed while the clock moves: what fell due on the way is done, and lies in the past."""
    options = ("--json", "--state", str(tmp_path / "state.db"))
    receiver = Stalling()
    with listen(receiver) as port:
        with run_mock(*options, home=tmp_path / "home") as mock:
            endpoints = {"url": f"http://127.0.0.1:{port}/hook"}
            assert mock.request("PUT", f"{DEFAULT}/partners/demo/endpoints", endpoints)[0] == 200
            if is_frozen:
                mock.request("POST", f"{DEFAULT}/clock/freeze")
            session_id = mock.create()
            played, _ = mock.request(
                "POST", f"{DEFAULT}/sessions/{session_id}/play", {"outcome": "abandoned"}
            )
            assert played == 200
            moving = threading.Thread(target=advance, args=(mock,), daemon=True)
            moving.start()
            assert receiver.has_stalled.wait(30)
            mock.process.kill()
            mock.process.wait()
            moving.join()
        with run_mock(*options, home=tmp_path / "home") as mock:
            session = mock.request("GET", f"{DEFAULT}/sessions/{session_id}")[1]
            failed_at = session["timeline"][-1]["at"]
            clock = mock.request("GET", f"{DEFAULT}/clock")[1]
            assert session["status"] == "failed"
            assert clock["now"] >= failed_at
            assert clock["isFrozen"] is is_frozen
            assert mock.read(mock.create())[1]["createdAt"] >= failed_at


@pytest.mark.parametrize("seed", range(3))
def test_what_was_acknowledged_survives(seed: int, tmp_path: Path) -> None:
    """HOOK-24: sessions, their payments and every event of them, at least once."""
    crash_and_recover(tmp_path, seed=seed)


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(100, 140))
def test_what_was_acknowledged_survives_at_any_moment(seed: int, tmp_path: Path) -> None:
    """The same, killed at forty more moments."""
    crash_and_recover(tmp_path, seed=seed)
