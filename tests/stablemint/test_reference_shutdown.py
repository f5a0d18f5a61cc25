"""SIGTERM to `stablemint reference` at work: what is in flight ends as if nothing had happened."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from reference_impl.domain.deliveries import DeliveryStatus
from reference_impl.serving.assembly import open_storage
from reference_impl.settings import load_settings
from stablemint.program import main
from tests.control_api.receiver import listen
from tests.stablemint.processes import ServerProcess, run_reference
from tests.stablemint.test_reference import PATIENCE, children, refuses, wait_until

REQUESTS = 5
SLOW_BANK = '''
"""A processor that says which banks there are once the test lets it: a request takes as long as that."""
import pathlib, time, uuid
from reference_impl.bank.simulated import SimulatedBank

FOLDER = pathlib.Path(__file__).parent


class SlowBank(SimulatedBank):
    def banks(self, *, country):
        (FOLDER / f"asked-{uuid.uuid4()}").touch()
        while not (FOLDER / "go").exists():
            time.sleep(0.01)
        return super().banks(country=country)
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "slow_bank.py").write_text(SLOW_BANK)
    return tmp_path


@pytest.fixture
def reference(folder: Path) -> Iterator[ServerProcess]:
    with run_reference(
        "--json",
        "--workers",
        "2",
        home=folder / "home",
        PYTHONPATH=str(folder),
        STABLEMINT_PROCESSOR="slow_bank:SlowBank",
    ) as running:
        yield running


def test_no_request_that_is_being_answered_is_cut(reference: ServerProcess, folder: Path) -> None:
    """All in the middle of their work, in one or the other process, and each on a connection kept alive."""
    port = reference.ready["port"]
    session_id = reference.create()

    def ask(connection: http.client.HTTPConnection) -> int:
        connection.request("GET", f"/payer/session/{session_id}/banks")
        answer = connection.getresponse()
        assert answer.read().endswith(b"}")
        return answer.status

    connections = [http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE) for _ in range(REQUESTS)]
    with ThreadPoolExecutor(REQUESTS) as pool:
        answers = [pool.submit(ask, connection) for connection in connections]
        wait_until(lambda: len(list(folder.glob("asked-*"))) == REQUESTS, "all are being answered")
        reference.process.terminate()
        wait_until(lambda: refuses(port), "no new connection is taken")
        assert not any(answer.done() for answer in answers)
        (folder / "go").touch()
        assert [answer.result(PATIENCE) for answer in answers] == [200] * REQUESTS
    for connection in connections:
        connection.close()
    assert reference.process.wait(PATIENCE) == 0


def test_who_is_idle_on_a_connection_kept_alive_holds_nothing_up(
    reference: ServerProcess, folder: Path
) -> None:
    (folder / "go").touch()
    with closing(socket.create_connection(("127.0.0.1", reference.ready["port"]), timeout=PATIENCE)) as idle:
        idle.sendall(b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = http.client.HTTPResponse(idle)
        answer.begin()
        assert (answer.status, bool(answer.read())) == (404, True)
        assert reference.stop() < PATIENCE
        assert idle.recv(1) == b""
    assert reference.process.returncode == 0


def test_a_webhook_under_way_is_answered_and_recorded_before_the_dispatcher_ends(
    reference: ServerProcess, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that it is not sent again by the next one."""
    monkeypatch.setenv("STABLEMINT_PRIVATE_WEBHOOK_ADDRESSES", "true")
    home = folder / "home"
    with listen(held=True) as receiver:
        assert main(["reference", "endpoints", "set", "demo", receiver.url, "--home", str(home)]) == 0
        session_id = reference.create()
        assert reference.request("POST", f"/payer/session/{session_id}/exit")[0] == 200
        receiver.take()
        reference.process.terminate()
        wait_until(
            lambda: list(children(reference.process.pid).values()) == ["dispatch"], "the others have ended"
        )
        receiver.release()
        assert reference.process.wait(PATIENCE) == 0
        assert receiver.take_all() == []
    storage = open_storage(load_settings({"home": home}))
    with storage.reading() as reading:
        (delivery,) = reading.deliveries(session_id=session_id, limit=10)
        (attempt,) = reading.attempts(delivery.delivery_id)
    storage.close()
    assert delivery.status is DeliveryStatus.DELIVERED
    assert attempt.status == 204
