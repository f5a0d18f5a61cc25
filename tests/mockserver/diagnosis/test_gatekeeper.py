"""Where a diagnosis is shown: in the mock server's 401s to this machine, in the log, and nowhere else."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
from collections.abc import Mapping
from typing import Any

import pytest

import mockserver.application
import mockserver.diagnosis.gatekeeper
import reference_impl.application
from mockserver.diagnosis import Refusal, diagnosis_in
from mockserver.namespaces import Namespace, Namespaces
from reference_impl.credentials import PartnerCredentials, new_private_key
from reference_impl.environment import OneEnvironment
from reference_impl.http.driver_gatekeeper import DEFAULT
from reference_impl.http.exchange import App, Message, Scope
from reference_impl.storage.memory import MemoryStorage
from tests.mockserver.diagnosis.bench import BODY, Bench, load_key
from tests.mockserver.diagnosis.conftest import RecordedServer, diagnosing_app
from tests.serving import make_environment, serve
from tests.session_api.calls import CREATIONS, HOSTED_PARTNER_MANAGED, encode, new_session, signed, valid

Partners = Mapping[str, PartnerCredentials]


def test_no_valid_request_is_diagnosed(recorded: RecordedServer) -> None:
    """However its body is written, and whatever else is refused about it."""
    server = recorded.server
    recorded.recorder.kept.clear()
    for path in CREATIONS:
        right = encode(valid(path))
        for body in (right, json.dumps(valid(path)).encode() + b"\r\n", b" " + right):
            assert signed(server, "POST", path, body).status == 201
        for body in (b"{}", b"", b"null", b"\xef\xbb\xbf{}", b"\xff"):
            assert signed(server, "POST", path, body).status in (400, 415)
    target = f"/session/{new_session(server)['sessionId']}"
    for sent in (None, b"", b"{}"):
        assert signed(server, "GET", target, sent).status == 200
    assert recorded.recorder.kept
    assert not any(recorded.recorder.kept)


def test_the_mock_server_has_it_and_the_reference_has_not(partners: Partners) -> None:
    """AUTH-14: the reference says what any implementation may."""
    environment = make_environment(partners)
    seen = {}
    for name, build in (
        ("mock", mockserver.application.build),
        ("reference", reference_impl.application.build),
    ):
        with serve(build(environment), environment=environment, partners=partners) as server:
            bench = Bench(server=server)
            problem = bench.send_signed(bench.string() + b"\n").document
            seen[name] = ("diagnosis" in problem, "Diagnosis" in problem["detail"])
    assert seen == {"mock": (True, True), "reference": (False, False)}


def exchange(app: App, fields: Mapping[str, str], *, peer: str | None) -> tuple[Scope, dict[str, Any]]:
    """One exchange with an application as a client of address ``peer`` has it: the scope and the answer."""
    fields = {"Host": "localhost:8080", **fields}
    scope: Scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": HOSTED_PARTNER_MANAGED,
        "raw_path": HOSTED_PARTNER_MANAGED.encode(),
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in fields.items()],
        "client": (peer, 50000) if peer else None,
        "server": ("127.0.0.1", 80),
    }
    answer = bytearray()

    async def receive() -> Message:
        return {"type": "http.request", "body": BODY, "more_body": False}

    async def send(message: Message) -> None:
        answer.extend(message.get("body", b""))

    async def run() -> None:
        await app(scope, receive, send)

    asyncio.run(run())
    return scope, json.loads(answer)


@pytest.mark.parametrize(
    ("peer", "shown"),
    [
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("192.0.2.7", False),
        ("::ffff:192.0.2.7", False),
        ("unix", False),
        (None, False),
    ],
)
def test_only_this_machine_is_shown_a_diagnosis_and_the_log_always(
    partners: Partners, peer: str | None, shown: bool
) -> None:
    app = diagnosing_app(OneEnvironment(make_environment(partners)))
    scope, problem = exchange(
        app, {**partners["demo"].sign(b"other", timestamp=1), "Timestamp": "1"}, peer=peer
    )
    assert problem["code"] == "malformed_timestamp"
    assert ("diagnosis" in problem) == ("Diagnosis" in problem["detail"]) == shown
    kept = diagnosis_in(scope)
    assert kept is not None
    assert kept.cause.code == "timestamp_other"


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"Host": "LOCALHOST"}, True),
        ({"Host": "127.0.0.1:8080"}, True),
        ({"Host": "[::1]:8080"}, True),
        ({"Host": "evil.example:8080"}, False),
        ({"Host": "localhost.evil.example"}, False),
        ({"Host": "192.0.2.7"}, False),
        ({"Host": ""}, False),
        ({"X-Forwarded-For": "192.0.2.7"}, False),
    ],
)
def test_a_name_that_was_made_to_lead_here_is_shown_none_nor_what_is_behind_a_proxy(
    partners: Partners, fields: Mapping[str, str], shown: bool
) -> None:
    """DNS rebinding: a page in the developer's browser comes from this machine, by a name of its own."""
    app = diagnosing_app(OneEnvironment(make_environment(partners)))
    signed_badly = {**partners["demo"].sign(b"other", timestamp=1), "Timestamp": "1"}
    scope, problem = exchange(app, {**signed_badly, **fields}, peer="127.0.0.1")
    assert problem["code"] == "malformed_timestamp"
    assert ("diagnosis" in problem) == ("Diagnosis" in problem["detail"]) == shown
    assert diagnosis_in(scope) is not None


def test_a_diagnosis_that_fails_leaves_the_401_as_it_is(
    partners: Partners, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """And is logged without what was sent."""

    def fail(refusal: Refusal) -> None:
        raise RuntimeError(refusal.fields["apikey"])

    monkeypatch.setattr(mockserver.diagnosis.gatekeeper, "diagnose", fail)
    app = diagnosing_app(OneEnvironment(make_environment(partners)))
    with caplog.at_level(logging.ERROR):
        scope, problem = exchange(app, {"ApiKey": "nobody's", "Timestamp": "1", "Signature": "A"}, peer="::1")
    assert problem["code"] == "unknown_api_key"
    assert "diagnosis" not in problem
    assert diagnosis_in(scope) is None
    assert "unforeseen builtins.RuntimeError" in caplog.text
    assert "nobody's" not in caplog.text


def test_a_partner_of_another_namespace_is_named_with_it(partners: Partners) -> None:
    """Key and secret of one namespace, ApiKey of the other."""
    stranger = dataclasses.replace(
        partners["demo"], api_key="key_elsewhere", api_secret="e" * 32, private_key_pem=new_private_key()
    )
    webhook_key = load_key(partners["demo"].private_key_pem)
    environment = make_environment(partners)
    default = Namespace(
        DEFAULT,
        settings=environment,
        storage=environment.storage,
        partners=partners,
        webhook_key=webhook_key,
    )
    namespaces = Namespaces(default, capacity=10, webhook_key=webhook_key)
    namespaces._others["run-7"] = Namespace(  # made without a running loop, which `create` needs
        "run-7",
        settings=environment,
        storage=MemoryStorage(),
        partners={"demo": stranger},
        webhook_key=webhook_key,
    )
    credentials = stranger.sign(BODY, timestamp=int(environment.real_time()))
    mixed = {**credentials, "ApiKey": partners["demo"].api_key}
    _, problem = exchange(diagnosing_app(namespaces), mixed, peer="::1")
    assert problem["diagnosis"]["code"] == "other_partners_key"
    assert [cause["code"] for cause in problem["diagnosis"]["further"]] == ["other_partners_secret"]
    assert "the partner `demo` of the namespace `run-7`" in problem["diagnosis"]["evidence"]
