"""Namespaces: test runs side by side that do not meet."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from mockserver import MockServer
from tests.control_api.control import Control, call, new_namespace
from tests.control_api.receiver import listen
from tests.session_api.calls import EMBEDDED, valid

SUITES = 16


@pytest.fixture
def other(mock: MockServer) -> Iterator[Control]:
    """A namespace beside the default one."""
    control = new_namespace(mock.url)
    yield control
    call(mock.url, "DELETE", f"/_sandbox/namespaces/{control.namespace}")


def names(url: str) -> list[str]:
    listed = call(url, "GET", "/_sandbox/namespaces").document["namespaces"]
    return [namespace["name"] for namespace in listed]


def test_it_comes_with_partners_for_each_model_and_credentials_of_its_own(
    mock: MockServer, other: Control
) -> None:
    assert re.fullmatch("ns-[0-9a-f]{8}", other.namespace)
    models = {name: set(credentials.customer_management) for name, credentials in other.partners.items()}
    assert models == {name: set(known.customer_management) for name, known in mock.partners.items()}
    keys = {known.api_key for known in (*mock.partners.values(), *other.partners.values())}
    assert len(keys) == 6


def test_a_request_finds_its_namespace_by_the_api_key(sandbox: Control, other: Control) -> None:
    """No request of the contract changes: the same path, another partner."""
    here, there = sandbox.new_session(), other.new_session()
    assert [found["sessionId"] for found in sandbox.get("/sessions")["sessions"]] == [here]
    assert [found["sessionId"] for found in other.get("/sessions")["sessions"]] == [there]
    assert other.request("GET", f"/session/{there}").status == 200
    for control, foreign in ((sandbox, there), (other, here)):
        assert control.request("GET", f"/session/{foreign}").code == "session_not_found"
        assert control.ask("POST", f"/sessions/{foreign}/play", {}).code == "session_not_found"


def test_a_payer_finds_the_namespace_by_the_session(sandbox: Control, other: Control) -> None:
    there = other.new_session()
    other.advance(minutes=31)
    shown = call(other.url, "GET", f"/payer/session/{there}").document
    assert shown["status"] == "expired"


def test_each_has_a_clock_deliveries_faults_and_log_of_its_own(sandbox: Control, other: Control) -> None:
    before = sandbox.post("/clock/freeze")["now"]
    other.post("/faults", {"code": "rate_limited"})
    other.post("/webhook-behaviours", {"kind": "duplicate"})
    assert other.request("POST", EMBEDDED, valid(EMBEDDED)).status == 429
    other_session = other.new_session()
    other.play(other_session)
    other.advance(days=1)
    assert sandbox.get("/clock")["now"] == before
    assert sandbox.deliveries() == []
    assert sandbox.get("/webhook-behaviours")["behaviours"] == []
    assert sandbox.get("/requests")["requests"] == []
    assert len(other.get("/requests")["requests"]) == 2
    assert len(other.deliveries(sessionId=other_session)) == 7


def test_a_reset_keeps_partners_endpoints_and_clock_and_nothing_else(other: Control) -> None:
    with listen() as receiver:
        other.deliver_to(receiver.url)
        key = {"idempotencyKey": "reset-1"}
        first = other.new_session(**key)
        other.play(first)
        other.post("/faults", {"code": "rate_limited", "match": {"operationId": "getSession"}})
        other.post("/webhook-behaviours", {"kind": "delay"})
        ahead = other.advance(hours=5)["aheadSeconds"]
        assert other.post("/reset") == {"reset": True}
        for path, member in (
            ("/sessions", "sessions"),
            ("/deliveries", "deliveries"),
            ("/customers", "customers"),
            ("/faults", "faults"),
            ("/webhook-behaviours", "behaviours"),
            ("/requests", "requests"),
        ):
            assert other.get(path) == {member: []}
        assert other.get("/clock")["aheadSeconds"] >= ahead - 1
        assert len(other.get("/partners/demo/endpoints")["endpoints"]) == 7
        assert other.new_session(**key) != first
        assert other.request("GET", f"/session/{first}").code == "session_not_found"


def test_a_name_can_be_chosen_and_is_taken_once(mock: MockServer) -> None:
    new_namespace(mock.url, "chosen-1")
    for name in ("chosen-1", "default"):
        reply = call(mock.url, "POST", "/_sandbox/namespaces", {"name": name})
        assert (reply.status, reply.code) == (409, "already_exists")
    for name in ("", "UPPER", "a b", "-a", "a/b", "a" * 41, "ä", "a\n"):
        reply = call(mock.url, "POST", "/_sandbox/namespaces", {"name": name})
        assert (reply.status, reply.pointers) == (400, {"/name"})
    assert call(mock.url, "DELETE", "/_sandbox/namespaces/chosen-1").status == 200


def test_of_simultaneous_requests_for_one_name_one_succeeds(mock: MockServer) -> None:
    def create(_: int) -> int:
        return call(mock.url, "POST", "/_sandbox/namespaces", {"name": "contested"}).status

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(create, range(4))) == [201, 409, 409, 409]
    assert names(mock.url).count("contested") == 1
    call(mock.url, "DELETE", "/_sandbox/namespaces/contested")


def test_dropped_it_is_gone_with_all_that_was_in_it(mock: MockServer) -> None:
    control = new_namespace(mock.url, "short-lived")
    control.new_session()
    assert "short-lived" in names(mock.url)
    assert call(mock.url, "DELETE", "/_sandbox/namespaces/short-lived").document == {"dropped": "short-lived"}
    assert "short-lived" not in names(mock.url)
    assert control.ask("GET", "/clock").code == "namespace_not_found"
    reply = control.request("POST", EMBEDDED, valid(EMBEDDED))
    assert (reply.status, reply.code) == (401, "unknown_api_key")
    assert call(mock.url, "DELETE", "/_sandbox/namespaces/short-lived").code == "namespace_not_found"


def test_dropped_while_its_clock_moves_it_says_so_to_whoever_moved_it(mock: MockServer) -> None:
    """The attempt under way is broken off; those who wait for their turn hear the same."""
    control = new_namespace(mock.url, "dropped-on-the-way")
    with socket.create_server(("127.0.0.1", 0)) as silent, ThreadPoolExecutor(3) as pool:
        control.deliver_to(f"http://127.0.0.1:{silent.getsockname()[1]}/")
        control.play(control.new_session())
        asked = [
            pool.submit(control.ask, "POST", path, body)
            for path, body in [
                ("/clock/advance", {"minutes": 30}),
                ("/clock/set", {"now": "2030-01-01T00:00:00Z"}),
                ("/clock/freeze", None),
            ]
        ]
        while not control.get("/clock")["isFrozen"]:  # as it is while it is moved
            pass
        assert call(mock.url, "DELETE", "/_sandbox/namespaces/dropped-on-the-way").status == 200
    replies = [each.result() for each in asked]
    assert {(reply.status, reply.code) for reply in replies} == {(404, "namespace_not_found")}


def test_the_default_one_stays(mock: MockServer, sandbox: Control) -> None:
    reply = call(mock.url, "DELETE", "/_sandbox/namespaces/default")
    assert (reply.status, reply.code) == (404, "namespace_not_found")
    sandbox.new_session()


def test_sixteen_suites_run_side_by_side_each_with_its_own_clock(mock: MockServer) -> None:
    """Each moves its clock by another time, pays, lets a session expire, and hears of nothing but its own."""

    def suite(number: int) -> None:
        control = new_namespace(mock.url, f"suite-{number}")
        try:
            frozen = datetime.fromisoformat(control.post("/clock/freeze")["now"])
            with listen() as receiver:
                control.deliver_to(receiver.url)
                paid, expired = control.new_session(), control.new_session()
                control.play(paid)
                moved = control.advance(minutes=31 + number)
                assert datetime.fromisoformat(moved["now"]) - frozen == timedelta(minutes=31 + number)
                assert [
                    found["status"] for found in moved["occurrences"] if found["kind"] == "transition"
                ] == ["expired"]
                webhooks = receiver.take_all()
            assert {webhook.document["data"]["sessionId"] for webhook in webhooks} == {paid, expired}
            assert len(webhooks) == 8
            statuses = {found["sessionId"]: found["status"] for found in control.get("/sessions")["sessions"]}
            assert statuses == {paid: "completed", expired: "expired"}
        finally:
            call(mock.url, "DELETE", f"/_sandbox/namespaces/{control.namespace}")

    with ThreadPoolExecutor(SUITES) as pool:
        assert list(pool.map(suite, range(SUITES))) == [None] * SUITES


def test_moves_of_one_clock_at_one_time_add_up(sandbox: Control) -> None:
    before = datetime.fromisoformat(sandbox.post("/clock/freeze")["now"])
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: sandbox.advance(minutes=1), range(8)))
    assert datetime.fromisoformat(sandbox.get("/clock")["now"]) - before == timedelta(minutes=8)
