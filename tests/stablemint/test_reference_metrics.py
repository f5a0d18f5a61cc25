"""`/metrics` of `stablemint reference`, as processes: the figures move as docs/deploying.md says."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from reference_impl.credentials import Home
from reference_impl.serving.assembly import open_storage
from reference_impl.settings import load_settings
from stablemint.first_session import describe_partners
from stablemint.program import main
from tests.control_api.receiver import listen
from tests.stablemint.processes import SESSION, ServerProcess, run_reference
from tests.stablemint.test_reference import ask, wait_until

_SAMPLE = re.compile(r"^(?P<name>[a-z_]+)(\{(?P<labels>.*)\})? (?P<value>[0-9.e+-]+)$", re.MULTILINE)


def read(server: ServerProcess) -> dict[str, float]:
    """Each sample's value, by name and labels as they are written."""
    text = ask(server, "/metrics")[1]
    return {
        found["name"] + (f"{{{found['labels']}}}" if found["labels"] else ""): float(found["value"])
        for found in _SAMPLE.finditer(text)
    }


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that knows the demo partners, before any process runs on it."""
    folder = tmp_path_factory.mktemp("metrics")
    storage = open_storage(load_settings({"home": folder}), migrate=True)
    with storage.transaction() as transaction:
        for credentials in Home(folder).prepare_partners(url="").values():
            transaction.add_partner(credentials.partner())
    storage.close()
    return folder


@pytest.fixture(scope="module")
def web(home: Path) -> Iterator[ServerProcess]:
    """A web process alone: nobody delivers what it writes down to be delivered."""
    with run_reference("--json", home=home, command=["web"]) as running:
        partners = describe_partners(Home(home), Home(home).prepare_partners(url=running.ready["url"]))
        running.printed = json.dumps({**running.ready, "partners": partners})
        yield running


def test_requests_sessions_and_replays_are_counted(web: ServerProcess) -> None:
    """A repeat is no new session; a path that is nobody's is no operation, whatever it is called."""
    before = read(web)
    key = secrets.token_hex(8)
    for _ in range(3):
        web.create(idempotencyKey=key)
    assert web.request("POST", "/session/hosted", {**SESSION, "amount": "x"})[0] == 400
    assert web.request("GET", "/nowhere/secret-path")[0] == 404
    moved = {
        'stablemint_requests_total{operation="createHostedSession",status="201"}': 3,
        'stablemint_requests_total{operation="createHostedSession",status="400"}': 1,
        'stablemint_requests_total{operation="none",status="404"}': 1,
        'stablemint_sessions_created_total{type="hosted"}': 1,
        "stablemint_idempotent_replays_total": 2,
        'stablemint_request_duration_seconds_count{operation="createHostedSession"}': 4,
    }
    wait_until(
        lambda: {name: read(web).get(name, 0) - before.get(name, 0) for name in moved} == moved,
        "the numbers have moved",
    )
    assert "secret-path" not in ask(web, "/metrics")[1]


def test_the_outbox_is_seen_to_fill_and_to_drain(
    web: ServerProcess, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By every supervisor of the database; attempts are counted where they are made."""
    monkeypatch.setenv("STABLEMINT_PRIVATE_WEBHOOK_ADDRESSES", "true")
    with listen() as receiver:
        assert main(["reference", "endpoints", "set", "demo", receiver.url, "--home", str(home)]) == 0
        for _ in range(2):
            assert web.request("POST", f"/payer/session/{web.create()}/exit")[0] == 200
        filled = read(web)
        assert filled["stablemint_outbox_due"] == 2
        assert filled["stablemint_outbox_oldest_due_age_seconds"] > 0
        receiver.answer([500])
        with run_reference(
            "--json", home=home, command=["dispatch"], STABLEMINT_PRIVATE_WEBHOOK_ADDRESSES="true"
        ) as dispatcher:
            moved = {
                'stablemint_delivery_attempts_total{outcome="delivered"}': 1,
                'stablemint_delivery_attempts_total{outcome="pending"}': 1,
                "stablemint_delivery_attempt_duration_seconds_count": 2,
                "stablemint_outbox_due": 0,
                "stablemint_outbox_oldest_due_age_seconds": 0,
            }
            wait_until(
                lambda: {name: read(dispatcher).get(name, 0) for name in moved} == moved,
                "both were attempted",
            )
            assert read(web)["stablemint_outbox_due"] == 0
            dispatcher.stop()
