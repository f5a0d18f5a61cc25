"""TLS on both sides of `stablemint reference`, as a process: what it serves, and what it delivers to."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from reference_impl.domain.deliveries import Attempt, DeliveryStatus
from reference_impl.serving.assembly import open_storage
from reference_impl.settings import load_settings
from stablemint.program import main
from tests.certificates import LOOPBACK, Authority, serving_context
from tests.control_api.receiver import listen
from tests.stablemint.processes import PATIENCE, SESSION, ServerProcess, run_reference
from tests.stablemint.test_reference import ask, wait_until


@dataclass(frozen=True, kw_only=True)
class Secured:
    """A reference implementation that serves HTTPS, and the authority that it and its clients trust."""

    process: ServerProcess
    authority: Authority
    home: Path

    def request(self, method: str, path: str, document: object = None) -> tuple[int, dict[str, object]]:
        """A signed request over a connection that is verified."""
        body = b"" if document is None else json.dumps(document).encode()
        fields = self.process.credentials().sign(body, timestamp=int(time.time()))
        port = self.process.ready["port"]
        with closing(
            http.client.HTTPSConnection(
                "localhost", port, timeout=PATIENCE, context=self.authority.trusting_context()
            )
        ) as connection:
            connection.request(method, path, body, {**fields, "Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    folder = tmp_path_factory.mktemp("https")
    authority = Authority(folder)
    certificate, key = authority.issue(*LOOPBACK)
    with run_reference(
        "--json",
        home=folder / "home",
        STABLEMINT_TLS_CERTIFICATE=str(certificate),
        STABLEMINT_TLS_KEY=str(key),
        SSL_CERT_FILE=str(authority.path),
    ) as process:
        yield Secured(process=process, authority=authority, home=folder / "home")


def test_the_api_is_served_by_https_and_its_urls_say_so(secured: Secured) -> None:
    assert secured.process.ready["url"].startswith("https://localhost:")
    status, session = secured.request("POST", "/session/hosted", SESSION)
    assert status == 201
    assert str(session["sessionUrl"]).startswith(secured.process.ready["url"])
    assert secured.request("GET", f"/session/{session['sessionId']}")[0] == 200


def test_who_speaks_http_to_the_https_port_is_answered_nothing(secured: Secured) -> None:
    with pytest.raises((ConnectionError, http.client.BadStatusLine)):
        secured.process.request("GET", "/session/anything")


def test_health_and_metrics_stay_on_their_own_port_in_the_clear(secured: Secured) -> None:
    assert ask(secured.process, "/readyz")[0] == 200


def exit_session(secured: Secured) -> str:
    """Have a session cancelled, which is told by one event: the session's identifier."""
    session_id = str(secured.request("POST", "/session/hosted", SESSION)[1]["sessionId"])
    assert secured.request("POST", f"/payer/session/{session_id}/exit")[0] == 200
    return session_id


def attempts_for(secured: Secured, session_id: str) -> list[tuple[DeliveryStatus, Attempt]]:
    """What the store's log has of the session's deliveries."""
    storage = open_storage(load_settings({"home": secured.home}))
    try:
        with storage.reading() as reading:
            return [
                (delivery.status, attempt)
                for delivery in reading.deliveries(session_id=session_id, limit=10)
                for attempt in reading.attempts(delivery.delivery_id)
            ]
    finally:
        storage.close()


def test_webhooks_go_to_a_receiver_whose_certificate_verifies_and_to_no_other(
    secured: Secured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refused one is recorded as a failed attempt that says why, and is tried again later (HOOK-15)."""
    monkeypatch.setenv("STABLEMINT_PRIVATE_WEBHOOK_ADDRESSES", "true")
    good = secured.authority.issue(*LOOPBACK, file="good")
    expired = secured.authority.issue(*LOOPBACK, ended=timedelta(hours=1), file="expired")
    stranger = Authority(tmp_path, name="stranger").issue(*LOOPBACK)
    for certificate, reason in ((good, None), (expired, "has expired"), (stranger, "certificate")):
        with listen(secured_by=serving_context(*certificate)) as receiver:
            assert (
                main(["reference", "endpoints", "set", "demo", receiver.url, "--home", str(secured.home)])
                == 0
            )
            session_id = exit_session(secured)
            wait_until(lambda: bool(attempts_for(secured, session_id)), "the attempt is recorded")  # noqa: B023
            ((status, attempt),) = attempts_for(secured, session_id)
            if reason is None:
                assert (status, attempt.status) == (DeliveryStatus.DELIVERED, 204)
                assert receiver.take().document["data"]["sessionId"] == session_id
            else:
                assert (status, attempt.status) == (DeliveryStatus.PENDING, None)
                assert "certificate verify failed" in (attempt.error or "")
                assert reason in (attempt.error or "")
                assert receiver.take_all() == []
