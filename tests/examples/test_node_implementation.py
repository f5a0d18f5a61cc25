"""The Node implementation: what the contract tests say of it, what a crash leaves, and how it is driven."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

import openapi
from contract_tests.driver import ControlApi, DriverError
from reference_impl.credentials import PartnerCredentials
from tests.by_hand import write_credentials
from tests.control_api.control import Control, call
from tests.control_api.receiver import Receiver, listen
from tests.node_serving import IMPLEMENTATION, NodeServer, serve_node
from tests.session_api.calls import EMBEDDED, HOSTED, valid

pytestmark = pytest.mark.usefixtures("node")


CLAIMED = [
    *("core", "hosted", "embedded", "stablemint-managed", "partner-managed", "status", "limits"),
    *("payments", "webhooks", "clock"),
]
"""All that the contract tests can verify; `durable` is what the kill below is for."""


@pytest.fixture(scope="module")
def running(node: str, partners: Mapping[str, PartnerCredentials]) -> Iterator[NodeServer]:
    """The implementation, over memory."""
    with serve_node(partners) as server:
        yield server


@pytest.fixture
def sandbox(running: NodeServer) -> Control:
    """It, as a client of both APIs drives it: empty, its clock running, no endpoints."""
    control = Control(running.url, running.partners)
    for partner in running.partners:
        control.delete(f"/partners/{partner}/endpoints")
    control.post("/reset")
    return control


@pytest.fixture
def driver(sandbox: Control, running: NodeServer) -> Iterator[ControlApi]:
    """It, as the contract tests drive it, who hold every answer to the document."""
    with closing(ControlApi(running.control_url)) as control:
        yield control


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A webhook endpoint of nobody yet."""
    with listen() as listening:
        yield listening


def test_it_imports_nothing_but_node() -> None:
    """What it runs on is Node's standard library and its own modules."""
    for module in sorted(IMPLEMENTATION.rglob("*.mjs")):
        imported = re.findall(r'^(?:import|} from|.* from) "([^"]+)"', module.read_text(), re.MULTILINE)
        assert all(name.startswith(("node:", "./", "../")) for name in imported), (module, imported)


@pytest.mark.prove
def test_its_types_hold(node_tools: Path) -> None:
    """TypeScript finds nothing wrong with the JSDoc types, in its strict mode."""
    types = node_tools.parent / "@types"
    words = f"--noEmit --allowJs --checkJs --strict --target es2022 --types node --typeRoots {types}"
    words += f" --module nodenext --moduleResolution nodenext --skipLibCheck {IMPLEMENTATION / 'server.mjs'}"
    done = subprocess.run(
        [node_tools / "tsc", *words.split()], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout + done.stderr == ""


@pytest.mark.parametrize("seed", [1, 2])
def test_the_contract_tests_find_nothing(running: NodeServer, tmp_path: Path, seed: int) -> None:
    """`stablemint verify` ends with 0, driven by the control API and with a receiver of webhooks."""
    lines = [f'url = "{running.url}"', f"capabilities = {json.dumps(CLAIMED)}"]
    for folder in write_credentials(running.partners, tmp_path):
        lines += ["[[partners]]", f'name = "{folder.name}"', f'credentials = "{folder}"']
    lines += ["[receiver]", 'listen = "127.0.0.1:0"', "[driver]", 'kind = "http"']
    (tmp_path / "target.toml").write_text("\n".join(lines))
    words = [sys.executable, "-m", "stablemint", "verify", "--config", str(tmp_path / "target.toml")]
    words += ["--seed", str(seed), "--max-examples", "2", "--json", str(tmp_path / "report.json")]
    finished = subprocess.run(words, capture_output=True, text=True, timeout=600, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    verdicts = {entry["id"]: entry["verdict"] for entry in report["requirements"]}
    assert set(verdicts.values()) == {"passed", "not verified", "not claimed"}
    known = openapi.requirements()
    unverified = {key for key, verdict in verdicts.items() if verdict == "not verified"}
    assert {key for key in unverified if known[key].verification != "inspection"} == {"ERR-09"}
    assert {known[key].capability for key, verdict in verdicts.items() if verdict == "not claimed"} == {
        "checkout",
        "durable",
        "receiver",
    }


def test_a_kill_loses_nothing_that_was_acknowledged(
    node: str, partners: Mapping[str, PartnerCredentials], receiver: Receiver, tmp_path: Path
) -> None:
    """Session, key, clock, saved bank and pending event are there after kill -9 (HOOK-24, IDEM-16)."""
    state = tmp_path / "state.jsonl"
    order = valid(EMBEDDED, amount=9.5, idempotencyKey="once", customFields={"__proto__": "data"})
    receiver.answer([500])
    with serve_node(partners, state=state) as server:
        control = Control(server.url, server.partners)
        control.deliver_to(receiver.url, event_types=["transaction.status.changed"])
        first = control.request("POST", EMBEDDED, order)
        paid = control.new_session()
        control.play(paid, steps=0)
        assert receiver.take().document["data"]["status"] == "processing"
        control.advance(minutes=2)
        process, before = server.process, control.get("/clock")["now"]
        process.kill()
        process.wait(timeout=20)
    with state.open("a") as journal:
        journal.write('[["sessions","cut')  # as a crash in the middle of a line leaves it
    with serve_node(partners, state=state) as server:
        control = Control(server.url, server.partners)
        assert control.get("/clock")["now"] >= before
        again = control.request("POST", EMBEDDED, order)
        assert again.document["sessionId"] == first.document["sessionId"]
        assert again.fields["idempotency-replayed"] == "true"
        assert control.request("GET", first.fields["location"]).document == first.document
        assert control.request("GET", f"/session/{paid}").document["status"] == "processing"
        control.advance(minutes=5)
        assert receiver.take().document["data"]["sessionId"] == paid
        (delivery,) = control.deliveries(status="delivered")
        assert delivery["attempts"] == 2


def test_a_damaged_journal_stops_it(
    node: str, partners: Mapping[str, PartnerCredentials], tmp_path: Path
) -> None:
    """It says which line is damaged, and does not begin without what it had acknowledged."""
    state = tmp_path / "state.jsonl"
    state.write_text('[["settings","clock",{"aheadBy":0,"frozenAt":null}]]\n{broken\n"reset"\n')
    with pytest.raises(RuntimeError, match="line 2 is damaged"), serve_node(partners, state=state):
        pass


OUTCOMES = {
    "success": ("completed", "completed", None),
    "refused_by_bank": ("failed", "failed", "refused_by_bank"),
    "insufficient_funds": ("failed", "failed", "insufficient_funds"),
    "authorisation_timed_out": ("processing", "initiated", None),
    "identity_rejected": ("failed", "failed", "identity_rejected"),
    "risk_declined": ("failed", "failed", "risk_declined"),
    "amount_mismatch": ("failed", "failed", "amount_mismatch"),
    "processing_error": ("failed", "failed", "processing_error"),
    "failed_after_submission": ("processing", "submitted", None),
    "abandoned": ("processing", "initiated", None),
    "accepted_late": ("processing", "submitted", None),
    "waiting": ("processing", "accepted", None),
}


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_outcome_can_be_played(sandbox: Control, driver: ControlApi, outcome: str) -> None:
    """By its name, for both customer models, with the same standing of session and deposit."""
    for path in (HOSTED, EMBEDDED):
        session = driver.played(sandbox.new_session(path), outcome)
        deposit = session["deposit"]
        assert (session["status"], deposit["status"], deposit.get("failureCode")) == OUTCOMES[outcome]


def test_an_amount_chooses_an_outcome(sandbox: Control, driver: ControlApi) -> None:
    """As the document lists them; an amount that the payer fills in chooses nothing."""
    assert driver.played(sandbox.new_session(amount=4.02))["outcome"] == "insufficient_funds"
    filled = driver.played(sandbox.new_session(), amount=4.02)
    assert (filled["outcome"], filled["amount"], filled["status"]) == ("success", 4.02, "completed")


def test_a_payment_goes_step_by_step(sandbox: Control, driver: ControlApi) -> None:
    """Consent is a step; after the last there is none."""
    session_id = sandbox.new_session()
    session = driver.played(session_id, "success", steps=1)
    seen = []
    while session["nextStep"] is not None:
        seen.append((session["nextStep"]["action"], session["deposit"]["status"]))
        session = driver.step(session_id)
    assert seen == [
        ("consent", "initiated"),
        ("submit", "initiated"),
        ("accept", "submitted"),
        ("complete", "accepted"),
    ]
    with pytest.raises(DriverError, match="step_not_possible"):
        driver.step(session_id)


def test_a_payer_may_leave(sandbox: Control, driver: ControlApi) -> None:
    """By the one operation of the payer API that it has, and only an open session is cancelled (PAY-07)."""
    validator = payer_view_validator()
    for steps, status in ((None, "cancelled"), (1, "processing")):
        session_id = sandbox.new_session(HOSTED)
        if steps is not None:
            driver.play(session_id, steps=steps)
        left = call(sandbox.url, "POST", f"/payer/session/{session_id}/exit")
        assert (left.status, left.document["status"]) == (200, status)
        assert left.document["redirectUrl"] == valid(HOSTED)["exitUrl"]
        assert [error.message for error in validator.iter_errors(left.document)] == []


def payer_view_validator() -> jsonschema_rs.Draft202012Validator:
    """Of what the payer API's document says that a payer sees."""
    components = openapi.load("payer")["components"]
    reference = {"$ref": "#/components/schemas/PayerSession"}
    return jsonschema_rs.Draft202012Validator({**reference, "components": components})


def test_the_clock_does_what_falls_due_on_the_way(
    sandbox: Control, driver: ControlApi, receiver: Receiver
) -> None:
    """Expiry, time-out, the bank's steps and retries, each at its time and listed in order."""
    driver.set_endpoint("demo", receiver.url, ["transaction.status.changed"])
    open_one, waiting, abandoned = (sandbox.new_session() for _ in range(3))
    driver.play(waiting, "waiting")
    driver.play(abandoned, "abandoned")
    driver.advance(timedelta())
    receiver.take_all()
    receiver.answer([500] * 6)
    occurrences = driver.advance(timedelta(days=2))
    assert [each["dueAt"] for each in occurrences] == sorted(each["dueAt"] for each in occurrences)
    moved = {each["sessionId"]: each for each in occurrences if each["kind"] == "transition"}
    assert {key: each["status"] for key, each in moved.items()} == {
        open_one: "expired",
        waiting: "completed",
        abandoned: "failed",
    }
    session = sandbox.request("GET", f"/session/{open_one}").document
    assert moved[open_one]["dueAt"] == session["expiresAt"]
    first = next(each for each in occurrences if each["kind"] == "attempt")
    assert (first["sessionId"], first["answerStatus"], first["deliveryStatus"]) == (abandoned, 500, "pending")
    assert {each["status"] for each in driver.deliveries(status="delivered")} == {"delivered"}


def test_webhooks_are_signed_and_retried_to_the_end(
    sandbox: Control, driver: ControlApi, receiver: Receiver
) -> None:
    """Six attempts of one body at 0, 5, 15, 45, 105 and 195 minutes, each signed; a resend begins anew."""
    driver.set_endpoint("demo", receiver.url, ["partner.customer.deposit.created"])
    driver.freeze()
    receiver.answer([500, 302, 410, 503, 404, 500])
    driver.play(sandbox.new_session(), steps=0)
    occurrences = [*driver.advance(timedelta()), *driver.advance(timedelta(hours=4))]
    (delivery,) = driver.deliveries(status="failed")
    log = driver.delivery(delivery["deliveryId"])["log"]
    assert (delivery["attempts"], len(log)) == (6, 6)
    assert occurrences[-1]["nextDueAt"] is None
    started = [datetime.fromisoformat(each["startedAt"]) for each in log]
    assert [(time - started[0]) / timedelta(minutes=1) for time in started] == [0, 5, 15, 45, 105, 195]
    received = receiver.take_all()
    assert len({each.body for each in received}) == 1
    assert len({each.fields["stablemint-signature"] for each in received}) == 6
    key = driver.limits()["webhookPublicKey"]
    assert all(each.is_signed(key) and each.age < timedelta(minutes=1) for each in received)
    driver.resend(delivery["deliveryId"])
    driver.advance(timedelta())
    assert len(driver.deliveries(status="delivered")) == 1


def test_events_without_an_endpoint_are_never_sent(sandbox: Control, driver: ControlApi) -> None:
    """They are recorded, and cannot be sent again."""
    driver.play(sandbox.new_session(), steps=0)
    deliveries = driver.deliveries()
    assert {delivery["status"] for delivery in deliveries} == {"not_configured"}
    assert len(deliveries) == 2
    with pytest.raises(DriverError, match="not_resendable"):
        driver.resend(deliveries[0]["deliveryId"])


def test_saved_banks_are_those_of_completed_payments(sandbox: Control, driver: ControlApi) -> None:
    """A customer's next session lists them, most recent first; another customer's does not."""
    for outcome in ("success", "accepted_late", "refused_by_bank", "success"):
        driver.play(sandbox.new_session(), outcome)
        driver.advance(timedelta(minutes=11))
    created = sandbox.request("POST", EMBEDDED, valid(EMBEDDED)).document
    assert [bank["id"] for bank in created["savedBanks"]] == ["bank-success", "bank-accepted_late"]
    other = sandbox.request("POST", EMBEDDED, valid(EMBEDDED, userId="somebody else")).document
    assert other["savedBanks"] == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/sessions/nobody/play", {}, 404, "session_not_found"),
        ("POST", "/sessions/nobody/play", {"outcome": "luck"}, 400, "invalid_request"),
        ("POST", "/sessions/nobody/play", {"steps": 1, "pace": "timer"}, 400, "invalid_request"),
        ("POST", "/sessions/nobody/play", {"amount": 11}, 400, "amount_out_of_range"),
        ("POST", "/clock/advance", {}, 400, "invalid_request"),
        ("POST", "/clock/advance", {"duration": "PT1M", "minutes": 1}, 400, "invalid_request"),
        ("POST", "/clock/advance", {"days": 3651}, 400, "invalid_request"),
        ("POST", "/clock/set", {"now": "2001-01-01T00:00:00Z"}, 409, "clock_moves_forwards"),
        ("POST", "/clock/set", {"now": "2031-02-30T00:00:00Z"}, 400, "invalid_request"),
        ("PUT", "/partners/nobody/endpoints", {"url": "http://localhost:1/"}, 404, "resource_not_found"),
        ("PUT", "/partners/demo/endpoints", {"url": "ftp://localhost/"}, 400, "invalid_request"),
        ("DELETE", "/partners/demo/endpoints?eventType=none", None, 400, "invalid_request"),
        ("GET", "/deliveries?limit=0", None, 400, "invalid_request"),
        ("GET", "/deliveries/none", None, 404, "resource_not_found"),
        ("POST", "/clock/advance", b"{", 415, "unsupported_media_type"),
        ("PATCH", "/clock", None, 405, "method_not_allowed"),
        ("GET", "/clock/", None, 404, "not_found"),
    ],
)
def test_what_a_driver_does_wrong_is_refused(
    sandbox: Control, method: str, path: str, body: Any, status: int, code: str
) -> None:
    """With the code that the control API's document has for it."""
    reply = sandbox.ask(method, path, body)
    assert (reply.status, reply.code) == (status, code)


def test_no_web_page_drives_it(running: NodeServer) -> None:
    """Another origin, another name for this machine and a proxy are refused."""
    path = "/_sandbox/namespaces/default/clock"
    for headers, status, code in (
        ({"Origin": "https://shop.example"}, 403, "forbidden_origin"),
        ({"Host": "rebound.example"}, 403, "forbidden_origin"),
        ({"X-Forwarded-For": "192.0.2.1"}, 401, "control_token_required"),
    ):
        reply = call(running.url, "GET", path, headers=headers)
        assert (reply.status, reply.code) == (status, code)
    other = call(running.url, "GET", path.replace("default", "other"))
    assert (other.status, other.code) == (404, "namespace_not_found")


def test_a_mistake_in_calling_it_is_explained(node: str) -> None:
    """It says what is wrong, and how it is called, and ends with 2."""
    words = [node, str(IMPLEMENTATION / "server.mjs"), "--partners", "/nowhere"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "/nowhere" in done.stderr
    assert "--partners DIR" in done.stderr
