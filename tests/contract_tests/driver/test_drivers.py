"""Both drivers do to the mock server what a test asks of them."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import openapi
from contract_tests.driver import Command, ControlApi, Driver, DriverError, Refused
from contract_tests.wire import OutOfTime
from mockserver import MockServer
from tests.contract_tests.scripted import answer, scripted
from tests.project.tree import ROOT
from tests.session_api.calls import EMBEDDED, valid

EXAMPLE = ROOT / "examples" / "driver-command" / "driver.py"
CREATED = "partner.customer.deposit.created"


@pytest.fixture(scope="module")
def mock() -> Iterator[MockServer]:
    """A mock server that holds every answer to the document."""
    with MockServer() as running:
        yield running


@pytest.fixture(scope="module")
def control(mock: MockServer) -> Iterator[ControlApi]:
    """The control API as a driver."""
    driver = ControlApi(f"{mock.url}/_sandbox/namespaces/default", timeout=20)
    yield driver
    driver.close()


@pytest.fixture(scope="module")
def command(mock: MockServer) -> Iterator[Command]:
    """The example of a driver command."""
    driver = Command([sys.executable, str(EXAMPLE), mock.url], timeout=20)
    yield driver
    driver.close()


@pytest.fixture(params=["control", "command"])
def driver(request: pytest.FixtureRequest) -> Driver:
    """Each in turn."""
    found: Driver = request.getfixturevalue(request.param)
    return found


def create(mock: MockServer, **members: Any) -> str:
    """The identifier of a session made just now."""
    given = {name: value for name, value in valid(EMBEDDED, **members).items() if value is not None}
    body = json.dumps(given).encode()
    headers = {**mock.sign(body), "Content-Type": "application/json"}
    with closing(HTTPConnection("127.0.0.1", urlsplit(mock.url).port, timeout=20)) as connection:
        connection.request("POST", EMBEDDED, body, headers)
        session_id: str = json.loads(connection.getresponse().read())["sessionId"]
    return session_id


def status(mock: MockServer, session_id: str) -> Any:
    """The session as the control API has it."""
    return mock.control("GET", f"sessions/{session_id}")


def test_a_payment_is_played(mock: MockServer, driver: Driver) -> None:
    """Outcome, the payer's amount and the number of steps are passed on."""
    session = create(mock)
    driver.play(session, "refused_by_bank")
    assert status(mock, session)["deposit"]["failureCode"] == "refused_by_bank"
    session = create(mock, amount=None)
    driver.play(session, amount=7, steps=1)
    shown = status(mock, session)
    assert (shown["amount"], shown["deposit"]["status"]) == (7, "initiated")


def test_the_clock_is_moved_and_read(mock: MockServer, driver: Driver) -> None:
    """What fell due is listed, and the clock is where it was put."""
    session = create(mock)
    before = driver.now()
    occurrences = driver.advance(timedelta(minutes=31))
    assert [found["status"] for found in occurrences if found["sessionId"] == session] == ["expired"]
    assert timedelta(minutes=31) <= driver.now() - before < timedelta(minutes=32)


def test_endpoints_are_set_and_taken_away(mock: MockServer, driver: Driver) -> None:
    """For one type or for all."""
    driver.set_endpoint("demo", "http://127.0.0.1:9/all")
    driver.set_endpoint("demo", "http://127.0.0.1:9/one", [CREATED])
    listed = mock.control("GET", "partners/demo/endpoints")["endpoints"]
    assert {entry["url"] for entry in listed if entry["eventType"] == CREATED} == {"http://127.0.0.1:9/one"}
    assert len(listed) == 7
    driver.set_endpoint("demo", None, [CREATED])
    assert len(mock.control("GET", "partners/demo/endpoints")["endpoints"]) == 6
    driver.set_endpoint("demo", None)
    assert mock.control("GET", "partners/demo/endpoints")["endpoints"] == []


def test_a_reset_forgets_sessions(mock: MockServer, driver: Driver) -> None:
    """Nothing of before is left."""
    create(mock)
    driver.reset()
    assert mock.control("GET", "sessions")["sessions"] == []


def test_a_refusal_says_why(driver: Driver) -> None:
    """The driver's own words, and what it was asked."""
    with pytest.raises(Refused, match=r"play.*session_not_found"):
        driver.play("A" * 22)


def test_the_control_api_can_do_more(mock: MockServer, control: ControlApi) -> None:
    """Single steps, limits with the webhooks' key, a clock that stands, deliveries with their attempts."""
    session = create(mock)
    assert control.played(session, "success", steps=0)["deposit"]["status"] == "created"
    assert control.step(session)["deposit"]["status"] == "initiated"
    assert control.limits()["webhookPublicKey"].startswith("-----BEGIN PUBLIC KEY-----")
    assert control.freeze() == control.now()
    control.resume()
    first, second = control.deliveries(sessionId=session)[:2]
    assert first["createdAt"] <= second["createdAt"]
    assert control.delivery(first["deliveryId"])["body"]["eventId"] == first["eventId"]


def test_a_run_that_is_over_asks_no_driver(mock: MockServer, driver: Driver) -> None:
    """The time of a run bounds what is asked of its driver as it bounds requests."""
    driver.deadline = time.monotonic()
    try:
        with pytest.raises(OutOfTime):
            driver.advance(timedelta(days=1))
    finally:
        driver.deadline = None
    shown = datetime.fromisoformat(mock.control("GET", "clock")["now"])
    assert driver.now() - shown < timedelta(hours=1)


def test_the_end_of_the_time_stops_a_command_that_takes_longer() -> None:
    """And is not called the command's fault, which can be asked to tidy up; what it says late is lost."""
    program = (
        "import sys, time\n"
        "for line in sys.stdin:\n"
        "    time.sleep(60 if 'now' in line else 0)\n"
        "    print('{\"ok\": true}', flush=True)\n"
    )
    with closing(Command([sys.executable, "-c", program], timeout=60)) as driver:
        begun = time.monotonic()
        driver.deadline = begun + 0.3
        with pytest.raises(OutOfTime):
            driver.now()
        assert time.monotonic() - begun < 10
        driver.deadline = None
        driver.set_endpoint("demo", None)


def test_an_answer_that_the_document_does_not_allow_is_the_drivers_fault() -> None:
    """Tests rely on the members that the document requires."""
    body = b'{"now": "2026-01-31T09:00:00.000Z", "isFrozen": false}'
    with scripted(lambda _: answer("200 OK", body, "Content-Type: application/json")) as server:
        driver = ControlApi(server.url, timeout=5)
        with pytest.raises(DriverError, match=r"GET /clock\) answered what its document does not allow"):
            driver.now()
        driver.close()


def test_the_token_is_sent() -> None:
    """Beyond loopback the control API wants one."""
    with scripted(lambda _: answer("401 Unauthorized", b'{"code": "control_token_required"}')) as server:
        driver = ControlApi(server.url, timeout=5, token="let-me-in")
        with pytest.raises(DriverError, match="answered 401 control_token_required") as refused:
            driver.reset()
        driver.close()
    assert not isinstance(refused.value, Refused), "it says nothing of what was asked"
    assert b"Authorization: Bearer let-me-in\r\n" in server.received[0]


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("", "ended without an answer to now"),
        ("import sys; sys.stderr.write('no such bank'); sys.exit(3)", "it wrote: no such bank"),
        ("input(); print('hello')", "answered now with 'hello', which is no answer"),
        ("input(); print('[' * 100000)", "which is no answer"),
        ("import sys; input(); sys.stdout.buffer.write(b'\\xff\\x00\\n')", r"'\\\\xff\\x00', which is no"),
        ("input(); print('{\"ok\": true}')", 'without what belongs there: "now" is a required property'),
        ("input(); print('{\"ok\": false}')", "which is no answer"),
        (
            'input(); print(\'{"ok": true, "now": "2026-02-30T00:00:00.000Z"}\')',
            "answered now with '2026-02-30T00:00:00.000Z': day",
        ),
        ("import time; input(); time.sleep(60)", r"did not answer now within 0\.5 s and was stopped"),
    ],
    ids=[
        "silent",
        "complaining",
        "babbling",
        "deep",
        "binary",
        "incomplete",
        "no reason",
        "timeless",
        "hanging",
    ],
)
def test_a_broken_command_is_said_to_be_broken(script: str, message: str) -> None:
    """What it did, once and for all: a later answer could be one to an earlier question."""
    hanging = "sleep" in script
    driver = Command([sys.executable, "-c", script], timeout=0.5 if hanging else 20)
    started = time.monotonic()
    with pytest.raises(DriverError, match=message) as first:
        driver.now()
    assert time.monotonic() - started < 15
    with pytest.raises(DriverError) as second:
        driver.reset()
    assert str(second.value) == str(first.value)
    driver.close()


def test_a_command_that_never_stops_writing_fills_no_memory() -> None:
    """No more is read than shows that it does not keep to one line each way."""
    script = (
        "import sys, threading, time\n"
        "input()\n"
        'print(\'{"ok": true, "now": "2026-01-31T09:00:00.000Z"}\', flush=True)\n'
        "time.sleep(0.5)\n"
        "while True: print('x' * 99)\n"
    )
    with closing(Command([sys.executable, "-c", script], timeout=20)) as driver:
        driver.now()
        reader = driver._threads[0]
        reader.join(20)
        assert driver._lines.qsize() == 3
        with pytest.raises(DriverError, match=r"answered now with 'x*', which is no answer"):
            driver.now()


def test_a_time_that_is_none_is_the_control_apis_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not one of the test that asked for it."""
    with closing(ControlApi("http://127.0.0.1:1")) as driver:
        monkeypatch.setattr(driver, "call", lambda _: {"now": "2026-02-30T00:00:00.000Z"})
        with pytest.raises(DriverError, match=r"shows '2026-02-30T00:00:00\.000Z': day"):
            driver.now()


def test_a_command_that_is_not_there() -> None:
    """The command line, and what the system says."""
    with pytest.raises(DriverError, match=r"no-such-driver cannot be started: .*No such file"):
        Command(["no-such-driver"]).now()


def test_a_command_that_says_no_goes_on() -> None:
    """A verb that it cannot do is no reason to stop it."""
    script = (
        "import json, sys\n"
        "for line in sys.stdin:\n"
        "    verb = json.loads(line)['verb']\n"
        "    ok = {'ok': True} if verb == 'reset' else {'ok': False, 'reason': 'banks are closed'}\n"
        "    print(json.dumps(ok), flush=True)\n"
    )
    driver = Command([sys.executable, "-c", script], timeout=20)
    with pytest.raises(Refused, match="the driver command cannot play: banks are closed"):
        driver.play("A" * 22)
    driver.reset()
    driver.close()


def test_the_schema_agrees_with_the_control_api() -> None:
    """Event types, outcomes, identifiers and bounds are those of the sandbox's document."""
    schemas = openapi.load("sandbox")["components"]["schemas"]
    definitions = openapi.load_driver_command()["$defs"]
    play, endpoint = definitions["play"]["properties"], definitions["set-endpoint"]["properties"]
    assert play["outcome"]["enum"] == schemas["OutcomeCode"]["enum"]
    assert endpoint["eventTypes"]["items"]["enum"] == schemas["EventType"]["enum"]
    assert play["sessionId"]["pattern"] == schemas["SessionId"]["pattern"]
    assert play["steps"]["maximum"] == schemas["PlaySessionRequest"]["properties"]["steps"]["maximum"]
    seconds = schemas["AdvanceClockRequest"]["properties"]["seconds"]
    assert definitions["advance"]["properties"]["seconds"]["maximum"] == seconds["maximum"]


def test_only_what_the_schema_allows_is_asked() -> None:
    """Our own lines are held to the schema, too."""
    driver = Command(["never-started"])
    with pytest.raises(DriverError, match="play: the driver's commands do not allow this"):
        driver.play("short")


def test_a_command_may_let_payers_leave(tmp_path: Path) -> None:
    """Where the configuration says so, `exit` is asked of it with the session, and of no other."""
    script = tmp_path / "driver.py"
    script.write_text(
        "import json, sys\n"
        "for line in sys.stdin:\n"
        "    open('asked', 'a').write(line)\n"
        "    print(json.dumps({'ok': True}), flush=True)\n"
    )
    words = [sys.executable, str(script)]
    with closing(Command(words, timeout=20, folder=tmp_path, exits=True)) as command:
        command.exit("a" * 22)
    assert command.exits
    assert json.loads((tmp_path / "asked").read_text()) == {"verb": "exit", "sessionId": "a" * 22}
    assert not Command(words).exits
