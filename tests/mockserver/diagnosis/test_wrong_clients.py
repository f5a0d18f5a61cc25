"""Every cause is produced by a real wrong client over HTTP, and named."""

from __future__ import annotations

import json

import pytest

from mockserver.diagnosis import CAUSES
from tests.mockserver.diagnosis.bench import KYC, Bench, as_base64
from tests.mockserver.diagnosis.conftest import RecordedServer
from tests.mockserver.diagnosis.wrong_clients import (
    CERTAIN_FALSE,
    WRONG_CLIENTS,
    WRONG_IN_TWO_WAYS,
    WrongClient,
)

BEYOND_THIS_TABLE = {"timestamp_session_clock", "unknown"}
"""Produced in other tests: they need a clock that was moved, and a signature that comes from no program."""


def test_every_cause_has_a_client_that_makes_the_mistake() -> None:
    assert {client.code for client in WRONG_CLIENTS} | BEYOND_THIS_TABLE == set(CAUSES)


@pytest.mark.parametrize("client", WRONG_CLIENTS, ids=lambda client: f"{client.code}-{client.name}")
def test_the_mistake_of_a_wrong_client_is_named(bench: Bench, client: WrongClient) -> None:
    answer = client.call(bench)
    cause = CAUSES[client.code]
    assert answer.status == 401, answer
    problem = answer.document
    diagnosis = problem["diagnosis"]
    assert diagnosis["code"] == client.code, diagnosis
    assert diagnosis["further"] == []
    assert diagnosis["certain"] is (client.code not in CERTAIN_FALSE)
    assert problem["code"] == cause.refusal
    assert cause.title in problem["detail"]
    assert cause.cure in problem["detail"]
    _assert_nothing_is_given_away(bench, answer.body)


@pytest.mark.parametrize("codes", WRONG_IN_TWO_WAYS, ids=" and ".join)
def test_two_mistakes_at_once_are_both_named(bench: Bench, codes: tuple[str, str]) -> None:
    answer = bench.send_signed(WRONG_IN_TWO_WAYS[codes](bench))
    problem = answer.document
    diagnosis = problem["diagnosis"]
    assert (diagnosis["code"], *(cause["code"] for cause in diagnosis["further"])) == codes
    assert diagnosis["certain"] is True
    for code in codes:
        assert CAUSES[code].title in problem["detail"]
        assert CAUSES[code].cure in problem["detail"]
    _assert_nothing_is_given_away(bench, answer.body)


def _assert_nothing_is_given_away(bench: Bench, shown: bytes) -> None:
    """AUTH-14, SESS-06: no secret, no right signature, no string that would be right, no KYC."""
    text = json.dumps(json.loads(shown), ensure_ascii=False)
    for partner in bench.server.partners.values():
        assert partner.api_secret not in text
    assert as_base64(bench.sign(bench.string())) not in text
    assert bench.sign(bench.string()).hex() not in text
    for value in (*KYC.values(), "erika@shop.example", "https://shop.example", "Mustermann"):
        assert value not in text
        assert json.dumps(value)[1:-1] not in text


def test_a_refusal_is_diagnosed_for_the_log_too(recorded: RecordedServer, bench: Bench) -> None:
    recorded.recorder.kept.clear()
    bench.send_signed(bench.string() + b"\n")
    (kept,) = recorded.recorder.kept
    assert kept is not None
    assert kept.cause is CAUSES["newline_signed"]
