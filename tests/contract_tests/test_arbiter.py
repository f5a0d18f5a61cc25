"""What an answer to a generated request breaks, and that nothing else is blamed for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import pytest

import openapi
from contract_tests.judging.arbiter import Arbiter
from contract_tests.ledger import Ledger
from contract_tests.operations import CREATIONS, HOSTED
from contract_tests.target import Acquaintance, Target
from contract_tests.trial import encode
from contract_tests.wire import Answer, Client, Exchange, Request
from reference_impl.credentials import PartnerCredentials
from tests.contract_tests.running import held

NOWHERE = "http://127.0.0.1:9"
STATUS = {code: problem.status for code, problem in openapi.problems().items()}


def problem(code: str, *pointers: str, number: int = 1) -> Answer:
    """A refusal in the document's form, with these faults."""
    name = f"req_{number}"
    document = {
        "type": f"https://example.com/docs/problems/{code}",
        "title": "No",
        "status": STATUS[code],
        "detail": "No.",
        "instance": f"urn:stablemint:request:{name}",
        "code": code,
        "errors": [{"pointer": pointer, "code": "bad_format", "detail": "No."} for pointer in pointers],
    }
    return answer(STATUS[code], document, number=number)


def answer(status: int, document: Any, *, number: int = 1) -> Answer:
    """An answer with what every answer has."""
    media_type = "application/problem+json" if status >= 400 else "application/json"
    headers = {"Content-Type": media_type, "Cache-Control": "no-store", "Request-Id": f"req_{number}"}
    body = json.dumps(document).encode()
    return Answer(status=status, reason="", headers=tuple(headers.items()), body=body)


class Judged:
    """The exchanges of a target that nobody runs, and what they broke."""

    def __init__(self, partners: Mapping[str, PartnerCredentials], client: Client) -> None:
        target = Target(url=NOWHERE, partners=held(partners))
        known = Acquaintance(
            target=target, allowed=tuple((partner.name, CREATIONS) for partner in target.partners)
        )
        self.ledger = Ledger(selected=frozenset(openapi.requirements()))
        self._arbiter = Arbiter(known=known, client=client, ledger=self.ledger, test="generated")

    def post(self, members: Any, given: Answer) -> set[str]:
        """What is broken once a creation with these members is answered so."""
        headers = (("Content-Type", "application/json"),)
        return self._judge(
            Request(method="POST", path=HOSTED.path, headers=headers, body=encode(members)), given
        )

    def get(self, session_id: str, given: Answer) -> set[str]:
        """What is broken once a look-up is answered so."""
        return self._judge(Request(method="GET", path=f"/session/{session_id}"), given)

    def _judge(self, request: Request, given: Answer) -> set[str]:
        self._arbiter.judge(Exchange(request=request, answer=given))
        return set(self.ledger.breaches)


@pytest.fixture
def judged(partners: Mapping[str, PartnerCredentials]) -> Any:
    with closing(Client(NOWHERE, timeout=1)) as client:
        yield Judged(partners, client)


VALID = HOSTED.members()
FAULTY = HOSTED.members(currency="EURO", userCountryCode="de")
PLACES = ("/currency", "/userCountryCode")


@pytest.mark.parametrize(
    ("members", "given", "broken"),
    [
        (FAULTY, problem("invalid_request", *PLACES), set()),
        (FAULTY, answer(201, {}), {"DATA-10", "DATA-11"}),
        (FAULTY, problem("malformed_json"), {"DATA-10", "DATA-11"}),
        (FAULTY, problem("invalid_signature"), {"AUTH-02"}),
        (VALID, problem("invalid_signature"), {"AUTH-02"}),
        (FAULTY, problem("internal_error"), {"ERR-11"}),
        (VALID, problem("internal_error"), {"ERR-11"}),
        # Whether the country was looked at, this request does not tell.
        (FAULTY, problem("invalid_request", "/currency"), {"ERR-05"}),
        # A URL that is right, and refused.
        (FAULTY, problem("invalid_request", *PLACES, "/exitUrl"), {"DATA-15"}),
        (VALID, problem("invalid_request", "/exitUrl"), {"DATA-15"}),
        (FAULTY, problem("invalid_request", *PLACES, "/nobody"), {"ERR-05"}),
        (FAULTY, problem("invalid_request", "/currency", "/userCountryCode/0"), {"ERR-05"}),
        (HOSTED.members(amount=10.01), problem("amount_out_of_range", "/amount"), set()),
        (HOSTED.members(amount=10.01), problem("invalid_request", "/amount"), {"DATA-14"}),
        (HOSTED.members(amount=10.01), answer(201, {}), {"DATA-14"}),
        (HOSTED.members(amount=10.01), problem("invalid_request", "/amount", "/exitUrl"), {"DATA-15"}),
        (HOSTED.members(amount=10.01, x=1), problem("invalid_request", "/amount", "/x"), set()),
        (HOSTED.members(amount=10.01, x=1), problem("amount_out_of_range", "/amount"), {"DATA-14"}),
        # Below a value that is faulty altogether, a target may go on or not.
        (
            HOSTED.members(customFields=[{"a": 1}]),
            problem("invalid_request", "/customFields", "/customFields/0"),
            set(),
        ),
        ([], problem("invalid_request", ""), set()),
        ([], problem("invalid_request", "/amount"), {"ERR-05"}),
    ],
)
def test_what_an_answer_breaks(judged: Judged, members: Any, given: Answer, broken: set[str]) -> None:
    assert judged.post(members, given) == broken


def test_a_session_that_should_not_be_is_found_all_the_same(judged: Judged) -> None:
    """It is its creation that was wrong."""
    session = {"sessionId": "s" * 22}
    broken = judged.post(FAULTY, answer(201, session))
    assert judged.get("s" * 22, answer(200, session, number=2)) == broken
    assert judged.get("t" * 22, answer(200, session, number=3)) - broken == {"SESS-12"}
