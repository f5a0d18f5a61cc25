"""What a payer never sees: identity data, what is the partner's own, and credentials (SESS-20)."""

from __future__ import annotations

import logging
import secrets
from typing import Any

import pytest

from tests.payer_api.checkout import Answer, call, take
from tests.serving import Server
from tests.session_api.calls import EMBEDDED, HOSTED, HOSTED_PARTNER_MANAGED, new_session
from tests.timed import TimedServer

OPERATIONS = ("getPayerSession", "listBanks")


def partners_data() -> dict[str, Any]:
    """Everything that a partner may send and a payer may not see, each value recognisable."""
    mark = secrets.token_hex(8)
    return {
        "websiteReference": f"order-{mark}",
        "customFields": {f"field-{mark}": f"value-{mark}"},
        "idempotencyKey": f"key-{mark}",
        "blockchainDestinationType": "Customer",
        "blockchainDestinationAddress": f"0x{secrets.token_hex(20)}",
    }


def customers_data() -> dict[str, Any]:
    """What a partner may say of its own customer besides."""
    mark = secrets.token_hex(8)
    return {
        "userId": f"user-{mark}",
        "userEmail": f"email-{mark}@shop.example",
        "userKyc": {
            "fullName": f"name {mark}",
            "citizenshipCountryCode": "BV",
            "residenceAddress": f"street {mark}",
            "dateOfBirth": "1971-07-13",
            "placeOfBirth": f"town {mark}",
            "gender": f"gender {mark}",
            "mobilePhone": f"+1{secrets.randbelow(10**13):013}",
            "personalIdentificationNumber": f"number {mark}",
        },
    }


def texts(value: Any) -> list[str]:
    """Every text in ``value``, names of free fields too; a country or a kind alone tells nothing apart."""
    if isinstance(value, dict):
        return [text for member in value.values() for text in texts(member)]
    return [value] if len(value) > 8 else []


def secrets_of(server: Server) -> list[str]:
    partner = server.partners["demo"]
    return [partner.api_key, partner.api_secret, "PRIVATE KEY", "PUBLIC KEY", "apiKey", "apiSecret"]


def pay(server: Server, session_id: str) -> list[Answer]:
    """Every operation, and a refusal of each kind, from the first look to the paid session."""
    return [
        *(call(server, operation_id, session_id) for operation_id in OPERATIONS),
        take(server, "makeDeposit", session_id, bankId="unknown"),
        take(server, "giveConsent", session_id),
        call(server, "makeDeposit", session_id, body=b"{"),
        take(server, "makeDeposit", session_id),
        take(server, "exitSession", session_id),
        take(server, "giveConsent", session_id),
        take(server, "exitSession", session_id),
        *(call(server, operation_id, session_id) for operation_id in OPERATIONS),
    ]


@pytest.mark.parametrize("path", [HOSTED, HOSTED_PARTNER_MANAGED, EMBEDDED])
def test_no_answer_shows_what_is_not_the_payers(
    timed: TimedServer, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server = timed.server
    data = partners_data() | ({} if path == HOSTED else customers_data())
    session_id = new_session(server, path, amount=9.99, **data)["sessionId"]
    traces = [*texts(data), *data["customFields"], *secrets_of(server), *data]
    answers = []
    if path == HOSTED:
        identity = {
            "email": f"payer-{secrets.token_hex(8)}@mail.example",
            "fullName": f"Payer {secrets.token_hex(8)}",
            "residenceAddress": f"Street {secrets.token_hex(8)}",
            "citizenshipCountryCode": "BV",
        }
        broken = {**identity, "email": f"{identity['email']}\n", "fullName": f"{identity['fullName']}\0"}
        answers += [
            call(server, "identifyPayer", session_id, broken),
            call(server, "identifyPayer", session_id, identity),
        ]
        traces += texts(identity)
    answers += pay(server, session_id)
    assert [answer.status for answer in answers[-2:]] == [200, 200]
    assert answers[-2].document["status"] == "completed"
    everything = " ".join(f"{answer.fields} {answer.body.decode()}" for answer in answers)
    assert [trace for trace in traces if trace in everything] == []
    assert [trace for trace in traces if trace in caplog.text] == []


def test_another_session_of_the_same_customer_is_not_told_of(server: Server) -> None:
    data = customers_data()
    first, second = (new_session(server, EMBEDDED, amount=5, **data)["sessionId"] for _ in range(2))
    answers = pay(server, first)
    assert not [answer for answer in answers if second in answer.body.decode()]
