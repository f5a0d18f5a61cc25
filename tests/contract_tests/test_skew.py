"""The suite goes by the clock of the target, which is not always what its answers are dated by."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from email.utils import formatdate

import pytest

from contract_tests.preflight import get_acquainted
from contract_tests.skew import skew_of
from contract_tests.target import Acquaintance, Target
from contract_tests.wire import Answer, Client, Exchange, Request
from reference_impl.credentials import PartnerCredentials
from tests.contract_tests.running import held
from tests.contract_tests.scripted import answer, scripted


def judging(*, ahead: float, dated: float) -> Callable[[bytes], bytes]:
    """A target whose clock is so far ahead, which dates its answers otherwise."""

    def reply(request: bytes) -> bytes:
        date = f"Date: {formatdate(time.time() + dated, usegmt=True)}"
        found = re.search(rb"^Timestamp: ([0-9]{10})\r$", request, re.MULTILINE)
        if found is not None and abs(int(time.time() + ahead) - int(found[1])) > 300:
            return answer("401 Unauthorized", b'{"code": "timestamp_out_of_window"}', date)
        return answer("404 Not Found", b"{}", date)

    return reply


def meet(script: Callable[[bytes], bytes], partners: Mapping[str, PartnerCredentials]) -> Acquaintance:
    with scripted(script) as server, closing(Client(server.url, timeout=10)) as client:
        return get_acquainted(Target(url=server.url, partners=held(partners)[:1]), client)


@pytest.mark.parametrize("ahead", [3_600, -3_600, 120])
def test_a_clock_that_is_wrong_is_gone_by(ahead: int, partners: Mapping[str, PartnerCredentials]) -> None:
    """Both sides of its window are open."""
    known = meet(judging(ahead=ahead, dated=ahead), partners)
    assert abs(known.skew - ahead) <= 1
    assert "we go by it" in known.notes[-1]


@pytest.mark.parametrize("dated", [3_600, -120])
def test_a_date_that_is_not_the_targets_time_is_not(
    dated: int, partners: Mapping[str, PartnerCredentials]
) -> None:
    """An intermediary may have dated the answer."""
    known = meet(judging(ahead=0, dated=dated), partners)
    assert known.skew == 0
    assert re.search("answers are dated (3600|3599|120|119) s (ahead of|behind) our clock", known.notes[-1])


def test_an_answer_that_takes_its_time_makes_no_clock_wrong() -> None:
    """It was dated at any time between the request and the last of its bytes."""
    answered = Answer(
        status=404, reason="", headers=(("Date", formatdate(1_000_000, usegmt=True)),), body=b""
    )
    exchange = Exchange(request=Request(method="GET", path="/"), answer=answered)
    assert skew_of(exchange, sent=1_000_000.5, received=1_000_009.5) == 0
    assert skew_of(exchange, sent=999_991.5, received=1_000_000.5) == 0
    assert skew_of(exchange, sent=1_000_010.5, received=1_000_010.6) == -10
