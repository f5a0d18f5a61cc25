"""Amounts: one value however it is spelled, two decimals decided exactly, and the environment's own limit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import pytest

from reference_impl.credentials import PartnerCredentials
from reference_impl.environment import SCHEMA_MAXIMUM
from tests.serving import APPLICATIONS, Server, make_environment, serve
from tests.session_api.calls import CREATIONS, EMBEDDED, HOSTED, create, encode, read, signed, valid
from tests.session_api.exchange import Answer
from tests.stores import SERVERS, application_of, open_store


@pytest.fixture(scope="module", params=SERVERS)
def generous(request: pytest.FixtureRequest, partners: Mapping[str, PartnerCredentials]) -> Iterator[Server]:
    """Each application in turn, with no limit but the document's."""
    with open_store(request.param, request) as storage:
        environment = make_environment(partners, storage=storage, maximum_amount=SCHEMA_MAXIMUM)
        app = APPLICATIONS[application_of(request.param)](environment)
        with serve(app, environment=environment, partners=partners) as running:
            yield running


def spelled(path: str, amount: str, **members: Any) -> bytes:
    """A request with exactly these characters for its amount."""
    marked = encode(valid(path, amount="AMOUNT", **members))
    return marked.replace(b'"AMOUNT"', amount.encode())


def ask(server: Server, amount: str, *, path: str = HOSTED, **members: Any) -> Answer:
    return signed(server, "POST", path, spelled(path, amount, **members))


@pytest.mark.parametrize("path", CREATIONS)
@pytest.mark.parametrize(
    "amount",
    [
        *(
            "0.1",
            "0.10",
            "0.100000",
            "1e-1",
            "10E-2",
            "0.11",
            "0.29",
            "0.57",
            "0.58",
            "1.1",
            "1.15",
            "2.01",
            "4.35",
        ),
        *(
            "5",
            "5.0",
            "5.00",
            "5e0",
            "5E+0",
            "50e-1",
            "0.5e1",
            "0.05e2",
            "8.2",
            "9.99",
            "10",
            "10.0",
            "10.00",
            "1e1",
        ),
        "0.1000000000000000055511151231257827",
        "9.9900000000000002131628207280300557613372802734375",
        "5." + "0" * 5000,
        "5" + "0" * 300 + "e-300",
    ],
    ids=lambda amount: amount[:20],
)
def test_an_amount_is_its_value_and_comes_back_equal(server: Server, path: str, amount: str) -> None:
    """DATA-12, DATA-13: the binary64 value nearest to the number, created and read back."""
    created = ask(server, amount, path=path)
    assert created.status == 201, created
    got = read(server, created.document["sessionId"])
    for answer in (created, got):
        returned = json.loads(answer.body, parse_float=Fraction, parse_int=Fraction)["amount"]
        assert float(returned) == float(amount)
        assert (returned * 100).denominator == 1


@pytest.mark.parametrize("path", CREATIONS)
@pytest.mark.parametrize(
    "amount",
    [
        *(
            "0.09",
            "0.099",
            "0.0999999999",
            "0",
            "0.0",
            "-0",
            "-0.0",
            "0e5",
            "-1",
            "-0.1",
            "-9.99",
            "1e-400",
            "5e-324",
        ),
        *("0.105", "0.101", "1.005", "9.999", "9.9900001", "5.0000000001", "0.1000000001", "10.005", "1e-3"),
        *("1000000.01", "1000001", "1e7", "1e15", "1e22", "1e300", "-1e300", "9007199254740993"),
    ],
)
def test_an_amount_that_the_schema_refuses_is_an_invalid_request(
    server: Server, path: str, amount: str
) -> None:
    """DATA-12, DATA-14: too small, too large for any environment, or with a third decimal."""
    answer = ask(server, amount, path=path)
    assert (answer.code, answer.pointers) == ("invalid_request", {"/amount"})


@pytest.mark.parametrize("path", CREATIONS)
@pytest.mark.parametrize(
    "value", ["5", "5.00", "", "NaN", True, False, None, [], [5], {}, {"value": 5}], ids=repr
)
def test_an_amount_that_is_no_number_is_of_the_wrong_type(server: Server, path: str, value: object) -> None:
    """DATA-07, DATA-09."""
    answer = create(server, path, valid(path, amount=value))
    assert (answer.code, answer.pointers) == ("invalid_request", {"/amount"})
    assert answer.document["errors"][0]["code"] == "wrong_type"


@pytest.mark.parametrize("path", CREATIONS)
@pytest.mark.parametrize("amount", ["10.01", "11", "1001e-2", "999999.99", "1000000", "1e6"])
def test_an_amount_above_the_environments_limit_is_told_the_limits(
    server: Server, path: str, amount: str
) -> None:
    """DATA-14: and changes nothing, an idempotency key least of all."""
    answer = ask(server, amount, path=path, idempotencyKey=f"above-{amount}")
    assert answer.code == "amount_out_of_range"
    assert (answer.document["minimum"], answer.document["maximum"]) == (0.1, 10)
    assert answer.pointers == {"/amount"}
    assert ask(server, "10", path=path, idempotencyKey=f"above-{amount}").status == 201


def test_an_amount_above_the_limit_is_one_fault_among_others(server: Server) -> None:
    """DATA-14, ERR-05: with any other fault it is an invalid request that lists all."""
    answer = ask(server, "10.01", currency="eur", unknown=1)
    assert (answer.code, answer.pointers) == ("invalid_request", {"/amount", "/currency", "/unknown"})
    answer = ask(server, "10.01", path=EMBEDDED, userKyc={"dateOfBirth": "1899-12-31"})
    assert (answer.code, answer.pointers) == ("invalid_request", {"/amount", "/userKyc/dateOfBirth"})


@pytest.mark.parametrize(
    "amount",
    [
        *("0.1", "0.29", "10.01", "16.1", "16.4", "19.99", "32.8", "64.05", "128.11", "256.29", "1024.57"),
        *(
            "4503.59",
            "65536.07",
            "131072.01",
            "262144.01",
            "524288.99",
            "999999.99",
            "1000000",
            "1e6",
            "1000000.00",
        ),
    ],
)
def test_with_the_limit_raised_amounts_go_up_to_the_schemas(generous: Server, amount: str) -> None:
    """DATA-12: 19.99 and its like, which a test by remainder in binary refuses, included."""
    answer = ask(generous, amount)
    assert answer.status == 201, answer
    assert answer.document["amount"] == float(amount)


@pytest.mark.parametrize("amount", ["0.09", "19.999", "999999.995", "1000000.001", "1000000.01", "1000001"])
def test_with_the_limit_raised_the_schema_still_holds(generous: Server, amount: str) -> None:
    """DATA-12, DATA-14: above the document's own maximum there is no `amount_out_of_range`."""
    answer = ask(generous, amount)
    assert (answer.code, answer.pointers) == ("invalid_request", {"/amount"})


def test_an_embedded_session_may_leave_the_amount_to_the_payer(server: Server) -> None:
    """SESS-04: it is null until the payer gives it."""
    assert create(server, EMBEDDED, valid(EMBEDDED)).document["amount"] is None
