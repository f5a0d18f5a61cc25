"""What goes in and never comes back out: KYC data, the blockchain destination, secrets."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reference_impl.credentials import PartnerCredentials
from reference_impl.storage.encryption import Cipher, new_key
from reference_impl.storage.memory import MemoryStorage
from reference_impl.storage.sql import SqlStorage
from tests.payer_api import checkout
from tests.reference_impl import builders
from tests.serving import APPLICATIONS, Server, make_environment, serve
from tests.session_api.calls import EMBEDDED, HOSTED_PARTNER_MANAGED, create, encode, read, signed, valid
from tests.session_api.exchange import Answer, exchange

PARTNER_MANAGED = (HOSTED_PARTNER_MANAGED, EMBEDDED)


def secret_data() -> dict[str, Any]:
    """Valid KYC data and blockchain destination, each value recognisable and never seen before."""
    mark = secrets.token_hex(8)
    digits = str(secrets.randbelow(10**13)).zfill(13)
    return {
        "userEmail": f"email-{mark}@shop.example",
        "userKyc": {
            "fullName": f"name {mark}",
            "citizenshipCountryCode": "BV",
            "residenceAddress": f"street {mark}",
            "dateOfBirth": "1971-07-13",
            "placeOfBirth": f"town {mark}",
            "gender": f"gender {mark}",
            "mobilePhone": f"+1{digits}",
            "personalIdentificationNumber": f"number {mark}",
        },
        "blockchainDestinationType": "Customer",
        "blockchainDestinationAddress": f"0x{secrets.token_hex(20)}",
    }


def traces(data: Mapping[str, Any]) -> list[str]:
    """The texts by which the data would be recognised; a country code alone tells nothing apart."""
    kyc = [value for name, value in data["userKyc"].items() if name != "citizenshipCountryCode"]
    return [data["userEmail"], data["blockchainDestinationAddress"], *kyc]


def shown(answer: Answer) -> str:
    return f"{answer.fields} {answer.body.decode()}"


@pytest.mark.parametrize("path", PARTNER_MANAGED)
def test_private_data_is_in_no_answer_and_no_log(
    server: Server, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    """SESS-06, ERR-07, ERR-10: taken, replayed, read, refused for each reason in turn."""
    caplog.set_level(logging.DEBUG)
    data = secret_data()
    document = valid(path, **data, idempotencyKey=f"key-{secrets.token_hex(8)}")
    body = encode(document)
    answers = [signed(server, "POST", path, body), signed(server, "POST", path, body)]
    assert [answer.status for answer in answers] == [201, 201]
    answers.append(read(server, answers[0].document["sessionId"]))
    refusals = {
        "idempotency_key_reused": create(server, path, {**document, "websiteReference": "another"}),
        "malformed_json": signed(server, "POST", path, body[:-2]),
        "unsupported_media_type": signed(server, "POST", path, body, content_type="text/plain"),
        "not_acceptable": signed(server, "POST", path, body, fields=[("Accept", "text/html")]),
        "flow_not_enabled": signed(server, "POST", path, body, partner="managed-only"),
        "missing_credentials": exchange(server.port, "POST", path, body=body),
        "amount_out_of_range": create(server, path, {**document, "amount": 11}),
        "body_too_large": signed(server, "POST", path, body.ljust(262_145)),
        "method_not_allowed": signed(server, "PUT", path, body),
        "not_found": signed(server, "POST", f"{path}/", body),
    }
    assert {code: answer.code for code, answer in refusals.items()} == {code: code for code in refusals}
    everything = " ".join(map(shown, [*answers, *refusals.values()])) + caplog.text
    assert [trace for trace in traces(data) if trace in everything] == []


@pytest.mark.parametrize("path", PARTNER_MANAGED)
def test_private_data_that_is_faulty_is_not_repeated(
    server: Server, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    """ERR-07, ERR-10: each value broken by a character that its rule refuses."""
    caplog.set_level(logging.DEBUG)
    data = secret_data()
    broken = {
        "userEmail": data["userEmail"] + "\n",
        "blockchainDestinationAddress": data["blockchainDestinationAddress"] + "g",
        "userKyc": {name: f"{value}\0" for name, value in data["userKyc"].items()},
    }
    for changes in ({"userEmail": broken["userEmail"]}, {"userKyc": broken["userKyc"]}, broken):
        answer = create(server, path, valid(path, **{**data, **changes}))
        assert answer.code == "invalid_request"
        everything = shown(answer) + json.dumps(answer.document) + caplog.text
        assert [trace for trace in traces(data) if trace in everything] == []


class BrokenStorage(MemoryStorage):
    """A store that fails once a session is to be kept, with a message that quotes all it was given."""

    @contextmanager
    def transaction(self) -> Iterator[MemoryStorage]:
        with super().transaction() as transaction:
            yield transaction
            if self.count_sessions():
                raise RuntimeError(self._complaint())

    def _complaint(self) -> str:
        return "disk full: " + " ".join(
            f"{session.user_kyc} {session.user_email} {session.blockchain_destination_address}"
            for session in self.sessions()
        )


@pytest.mark.parametrize("application", sorted(APPLICATIONS))
def test_an_error_of_the_server_shows_nothing_but_its_identity(
    application: str, partners: Mapping[str, PartnerCredentials], caplog: pytest.LogCaptureFixture
) -> None:
    """ERR-02, ERR-10: 500 with a Request-Id that the log has too; what the exception quoted is in neither."""
    caplog.set_level(logging.DEBUG)
    environment = make_environment(partners, storage=BrokenStorage())
    with serve(APPLICATIONS[application](environment), environment=environment, partners=partners) as server:
        data = secret_data()
        answer = create(server, EMBEDDED, valid(EMBEDDED, **data))
        assert answer.code == "internal_error"
        assert answer.fields["request-id"] in caplog.text
        assert "disk full" not in shown(answer) + caplog.text
        assert "Traceback" not in shown(answer)
        assert [trace for trace in traces(data) if trace in shown(answer) + caplog.text] == []
        assert environment.storage.count_sessions() == 0


def test_a_session_written_with_a_lost_key_is_refused_for_the_moment(
    partners: Mapping[str, PartnerCredentials], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """ERR-11: to partner and payer, until the key is given; the log says why, and not which session it is."""
    url = f"sqlite:///{tmp_path / 'state.db'}"
    with (
        closing(SqlStorage.connect(url, cipher=Cipher([new_key()]))) as storage,
        closing(SqlStorage.connect(url, cipher=Cipher([new_key()]))) as lost,
    ):
        environment = make_environment(partners, storage=storage)
        session = replace(
            builders.a_session("lost-session", operation_id=builders.EMBEDDED), partner_id="demo"
        )
        with lost.transaction() as transaction:
            transaction.add_session(session)
        app = APPLICATIONS["reference"](environment)
        with serve(app, environment=environment, partners=partners) as server:
            for answer in (
                signed(server, "GET", "/session/lost-session"),
                checkout.send(server, "GET", "/payer/session/lost-session"),
                checkout.send(server, "POST", "/payer/session/lost-session/exit"),
            ):
                assert (answer.status, answer.code) == (503, "service_unavailable")
                assert answer.fields["retry-after"].isdecimal()
            assert answer.fields["request-id"] in caplog.text
    assert "none of the encryption keys" in caplog.text
    assert "lost-session" not in caplog.text


def test_credentials_are_in_no_log(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    """AUTH-14, ERR-10: at the finest level, for what is taken and what is refused."""
    caplog.set_level(logging.DEBUG)
    body = encode(valid(EMBEDDED))
    assert signed(server, "POST", EMBEDDED, body).status == 201
    assert signed(server, "POST", EMBEDDED, body, timestamp=1_000_000_000).status == 401
    partner = server.partners["demo"]
    assert partner.api_secret not in caplog.text
    assert "PRIVATE KEY" not in caplog.text


def test_objects_that_hold_secrets_do_not_show_them(server: Server) -> None:
    """ERR-10: what a log or a traceback would print of them."""
    credentials = server.partners["demo"]
    printed = f"{server!r} {credentials!r} {credentials.partner()!r}"
    assert credentials.api_secret not in printed
    assert "PRIVATE" not in printed
