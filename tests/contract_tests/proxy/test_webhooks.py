"""Attempts of one event that go by are compared with each other, by the time at which they came."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from contract_tests.proxy.conversation import Observed
from contract_tests.proxy.document import Document
from contract_tests.proxy.record import Record, Side
from contract_tests.proxy.webhooks import WebhookJudge
from contract_tests.receivers import keys
from contract_tests.receivers.delivery import Delivery, encode, sign
from contract_tests.receivers.events import Events
from contract_tests.receivers.receiver import KnownSession, Receiver
from contract_tests.wire import Answer, Exchange, Request

KEY = keys.make()
SESSION = KnownSession(session_id="fB3hZu0kCv8rTm5_YqLn2w")
EVENT = Events(Receiver(url="http://localhost/", keys=(KEY,), partner_name="Shop", sessions=(SESSION,))).any()
BODY = encode(EVENT)


def attempt(body: bytes = BODY, *, later: float = 0) -> Delivery:
    """One that is signed so many seconds from now: the tests are collected long before they run."""
    return sign(body, key=KEY, at=datetime.now(UTC) + timedelta(seconds=later))


@pytest.fixture(scope="module")
def document() -> Document:
    """Compiled once."""
    return Document()


def broken(document: Document, *came: tuple[float, Delivery]) -> set[str]:
    """What the implementation broke whose attempts came at these seconds."""
    record = Record()
    judge = WebhookJudge(document=document, record=record, key=KEY.public_key())
    for second, sent in came:
        request = Request(method="POST", path="/", headers=tuple(sent.headers()), body=sent.body)
        answer = Answer(status=500, reason="", headers=(), body=b"")
        judge.judge(
            Observed(
                exchange=Exchange(request=request, answer=answer),
                whole=True,
                request_bytes=len(sent.body),
                began=second,
                ended=second,
            ),
            lambda fault: None,
        )
    return {requirement for side, requirement in record.counts if side is Side.IMPLEMENTATION}


def test_a_retry_has_the_same_body_and_another_time_stamp(document: Document) -> None:
    """HOOK-18, HOOK-19."""
    first = attempt()
    assert broken(document, (7.0, first), (8.1, attempt(later=1.1))) == set()
    assert broken(document, (7.0, first), (8.1, first)) == {"HOOK-18"}
    assert broken(document, (7.0, first), (8.1, attempt(BODY + b"\n", later=1.1))) == {"HOOK-19"}


def test_two_attempts_of_one_second_are_rightly_alike(document: Document) -> None:
    """HOOK-18: a sandbox whose clock is moved over many retries makes them one after the other."""
    one = attempt()
    assert broken(document, (7.0, one), (7.001, one), (8.0, one)) == set()
