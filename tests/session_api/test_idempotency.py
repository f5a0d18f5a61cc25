"""Idempotency keys: the first answer again, one session under a key, and what counts as the same request."""

from __future__ import annotations

import json
import socket
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from reference_impl.credentials import PartnerCredentials
from reference_impl.domain.idempotency import FirstAnswer, KeyScope
from reference_impl.storage.memory import MemoryStorage
from tests.serving import APPLICATIONS, Server, make_environment, serve
from tests.session_api.calls import (
    CREATIONS,
    EMBEDDED,
    HOSTED,
    HOSTED_PARTNER_MANAGED,
    JSON_TYPE,
    create,
    encode,
    new_session,
    read,
    signed,
    valid,
)
from tests.session_api.exchange import TIMEOUT, Answer, check_common, compose, exchange, read_answer
from tests.timed import TimedServer

_numbers = count()


@pytest.fixture
def key() -> str:
    """A key that no other test uses."""
    return f"key-{next(_numbers)}"


def is_repeat(answer: Answer, first: Answer) -> bool:
    """Whether ``answer`` is ``first`` given again (IDEM-01 to IDEM-03)."""
    kept = ("content-type", "location", "content-length", "cache-control")
    return (
        (answer.status, answer.body) == (first.status, first.body)
        and all(answer.fields[name] == first.fields[name] for name in kept)
        and answer.fields.get("idempotency-replayed") == "true"
        and "idempotency-replayed" not in first.fields
    )


@pytest.mark.parametrize("path", CREATIONS)
def test_a_repeat_gets_the_first_answer_again(server: Server, path: str, key: str) -> None:
    """IDEM-01 to IDEM-04: the same bytes, with a fresh signature each time, and no further session."""
    body = encode(valid(path, idempotencyKey=key, websiteReference="Straße 🛒"))
    first = signed(server, "POST", path, body)
    before = server.environment.storage.count_sessions()
    now = int(server.environment.real_time())
    for offset in (0, -100, 100):
        assert is_repeat(signed(server, "POST", path, body, timestamp=now + offset), first)
    assert server.environment.storage.count_sessions() == before


@pytest.mark.parametrize("path", CREATIONS)
def test_a_repeat_is_the_first_answer_though_the_session_moved_on(
    timed: TimedServer, path: str, key: str
) -> None:
    """IDEM-05, IDEM-15: open in the answer given again, expired in the one read; a day later as well."""
    document = valid(path, idempotencyKey=key)
    first = create(timed.server, path, document)
    for later in (timedelta(minutes=30), timedelta(hours=24)):
        timed.clocks.session += later
        assert read(timed.server, first.document["sessionId"]).document["status"] == "expired"
        again = create(timed.server, path, document)
        assert is_repeat(again, first)
        assert again.document["status"] == "open"


@pytest.mark.parametrize("path", CREATIONS)
def test_another_request_under_a_used_key_is_refused(server: Server, path: str, key: str) -> None:
    """IDEM-08: and the first stays what it was."""
    document = valid(path, idempotencyKey=key, amount=9.99)
    first = create(server, path, document)
    differences: list[dict[str, Any]] = [
        {"amount": 9.98},
        {"currency": "USD"},
        {"userCountryCode": "FR"},
        {"websiteReference": "order-1"},
        {"customFields": {}},
        {"blockchainDestinationType": "Partner", "blockchainDestinationAddress": "0x" + "0" * 40},
    ]
    for changes in differences:
        assert create(server, path, {**document, **changes}).code == "idempotency_key_reused"
    assert is_repeat(create(server, path, document), first)


EQUAL_AMOUNTS = [
    (b"5", b"5.0"),
    (b"5", b"5.00"),
    (b"5.0", b"50e-1"),
    (b"5", b"0.5E+1"),
    (b"9.99", b"9.990"),
    (b"9.99", b"999e-2"),
    (b"0.1", b"0.1000000000000000055511151231257827"),
]


@pytest.mark.parametrize(("one", "other"), EQUAL_AMOUNTS)
def test_amounts_that_are_equal_make_the_same_request(
    server: Server, key: str, one: bytes, other: bytes
) -> None:
    """IDEM-09, DATA-12: by value, however spelled."""
    body = encode(valid(HOSTED, idempotencyKey=key, amount="AMOUNT"))
    first = signed(server, "POST", HOSTED, body.replace(b'"AMOUNT"', one))
    assert is_repeat(signed(server, "POST", HOSTED, body.replace(b'"AMOUNT"', other)), first)


def test_spelling_and_order_do_not_make_another_request(server: Server, key: str) -> None:
    """IDEM-09: order of members at any depth, white space, escapes; with a length or in chunks."""
    document = valid(
        HOSTED_PARTNER_MANAGED,
        idempotencyKey=key,
        websiteReference="Straße/🛒",
        customFields={"a": "1", "b": "2"},
        userKyc={"fullName": "Erika", "gender": "f"},
    )

    def backwards(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: backwards(value[name]) for name in reversed(value)}
        return value

    first = create(server, HOSTED_PARTNER_MANAGED, document)
    spellings = [
        json.dumps(backwards(document)).encode(),
        json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode(),
        json.dumps(document, indent="\t").encode(),
        encode(document).replace(b"/", rb"\/").replace(b"EUR", rb"\u0045\u0055R"),
        encode(document).replace(b'"userId"', rb'"\u0075ser\u0049d"'),
        b"\n" + encode(document) + b"  ",
    ]
    assert len(set(spellings)) == len(spellings)
    for body in spellings:
        for chunks in (None, 11):
            assert is_repeat(signed(server, "POST", HOSTED_PARTNER_MANAGED, body, chunks=chunks), first)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"customFields": {}}),
        ({"customFields": {}}, {"customFields": {"a": ""}}),
        ({"customFields": {"a": "1"}}, {"customFields": {"A": "1"}}),
        ({"customFields": {"a": "5"}}, {"customFields": {"a": "5.0"}}),
        ({"customFields": {"a": "b"}}, {"customFields": {"b": "a"}}),
        ({}, {"userKyc": {}}),
        ({"userKyc": {}}, {"userKyc": {"fullName": "Erika"}}),
        ({"userKyc": {"fullName": "Erika"}}, {"userKyc": {"placeOfBirth": "Erika"}}),
        ({"websiteReference": "é"}, {"websiteReference": "e\u0301"}),
        ({"websiteReference": "a"}, {"websiteReference": "a "}),
        ({"websiteReference": "a"}, {"websiteReference": "A"}),
        ({"successUrl": "https://a/"}, {"successUrl": "https://a"}),
        ({"successUrl": "https://a/%7e"}, {"successUrl": "https://a/%7E"}),
        ({"userEmail": "a@b.co"}, {"userEmail": "a@B.co"}),
    ],
)
def test_what_is_told_apart_by_code_point_makes_another_request(
    server: Server, key: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    """IDEM-09: absent is not empty, and text is compared as it was sent."""
    path = HOSTED_PARTNER_MANAGED
    for used, earlier, later in ((f"{key}-a", one, other), (f"{key}-b", other, one)):
        first = create(server, path, valid(path, **earlier, idempotencyKey=used))
        assert first.status == 201
        assert (
            create(server, path, valid(path, **later, idempotencyKey=used)).code == "idempotency_key_reused"
        )
        assert is_repeat(create(server, path, valid(path, **earlier, idempotencyKey=used)), first)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"currency": "eur"}, "invalid_request"),
        ({"unknown": 1}, "invalid_request"),
        ({"websiteReference": None}, "invalid_request"),
        ({"amount": 0.105}, "invalid_request"),
        ({"amount": 10.01}, "amount_out_of_range"),
    ],
)
def test_only_a_201_consumes_a_key(server: Server, key: str, change: dict[str, Any], code: str) -> None:
    """IDEM-06, IDEM-07: a refused request neither takes a fresh key nor is measured against a used one."""
    document = valid(HOSTED, idempotencyKey=key)
    faulty = {**document, **change}
    assert create(server, HOSTED, faulty).code == code
    first = create(server, HOSTED, document)
    assert (first.status, first.fields.get("idempotency-replayed")) == (201, None)
    assert create(server, HOSTED, faulty).code == code
    assert is_repeat(create(server, HOSTED, document), first)


def test_no_other_refusal_consumes_a_key(server: Server, key: str) -> None:
    """IDEM-06, IDEM-07: 401, 403, 406, 413, 415, and malformed JSON, before the first answer and after it."""
    body = encode(valid(HOSTED, idempotencyKey=key))

    def refused() -> Counter[int]:
        answers = [
            signed(server, "POST", HOSTED, body, timestamp=1_000_000_000),
            exchange(server.port, "POST", HOSTED, fields=[JSON_TYPE], body=body),
            signed(server, "POST", HOSTED, body, partner="partner-only"),
            signed(server, "POST", HOSTED, body, fields=[("Accept", "text/html")]),
            signed(server, "POST", HOSTED, body, content_type="text/plain"),
            signed(server, "POST", HOSTED, body.ljust(262_145)),
            signed(server, "POST", HOSTED, body + b"x"),
        ]
        return Counter(answer.status for answer in answers)

    every = Counter({401: 2, 403: 1, 406: 1, 415: 1, 413: 1, 400: 1})
    assert refused() == every
    first = signed(server, "POST", HOSTED, body)
    assert first.status == 201
    assert refused() == every
    assert is_repeat(signed(server, "POST", HOSTED, body), first)


def test_a_key_belongs_to_its_partner_and_its_operation(server: Server, key: str) -> None:
    """IDEM-11: six scopes, six sessions, each repeated on its own; none sees another's."""
    scopes = [(partner, path) for partner in ("demo", "other") for path in CREATIONS]
    firsts = {
        (partner, path): create(server, path, valid(path, idempotencyKey=key), partner=partner)
        for partner, path in scopes
    }
    assert len({answer.document["sessionId"] for answer in firsts.values()}) == len(scopes)
    for (partner, path), first in firsts.items():
        again = create(server, path, valid(path, idempotencyKey=key), partner=partner)
        assert is_repeat(again, first)


def test_keys_are_told_apart_by_case_and_whole(server: Server, key: str) -> None:
    """IDEM-12."""
    keys = [key, key.upper(), key + "-", key[:-1] + "_", "k" * 255, "k" * 254]
    sessions = {new_session(server, idempotencyKey=used)["sessionId"] for used in keys}
    assert len(sessions) == len(keys)


def test_header_fields_and_query_do_not_count(server: Server, key: str) -> None:
    """IDEM-10: an `Idempotency-Key` header neither gives a key nor replaces one."""
    body = encode(valid(HOSTED, idempotencyKey=key))
    first = signed(server, "POST", HOSTED, body)
    for fields in (
        [("Idempotency-Key", f"{key}-another")],
        [("Accept", "*/*"), ("User-Agent", "shop/2")],
        [("Request-Id", first.fields["request-id"])],
    ):
        assert is_repeat(signed(server, "POST", f"{HOSTED}?try=2", body, fields=fields), first)
    keyless, header = encode(valid(HOSTED)), [("Idempotency-Key", key)]
    made = {signed(server, "POST", HOSTED, keyless, fields=header).document["sessionId"] for _ in range(3)}
    assert len(made) == 3
    assert first.document["sessionId"] not in made


def send_at_once(server: Server, path: str, bodies: list[bytes]) -> list[Answer]:
    """Send all requests at once, each over its own connection: all but the last byte, then that."""
    with ExitStack() as stack:
        connections = []
        for body in bodies:
            fields = [*server.sign(body).items(), JSON_TYPE]
            connection = stack.enter_context(
                socket.create_connection(("127.0.0.1", server.port), timeout=TIMEOUT)
            )
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(compose("POST", path, fields=fields, body=body)[:-1])
            connections.append(connection)
        for connection, body in zip(connections, bodies, strict=True):
            connection.sendall(body[-1:])
        answers = [read_answer(connection) for connection in connections]
    for answer in answers:
        check_common(answer)
    return answers


@pytest.mark.parametrize("path", [HOSTED, EMBEDDED])
def test_two_hundred_simultaneous_requests_with_one_key_make_one_session(
    server: Server, path: str, key: str
) -> None:
    """IDEM-13: every answer is that session's, or a 409 that says when to try again (ERR-09)."""
    before = server.environment.storage.count_sessions()
    answers = send_at_once(server, path, [encode(valid(path, idempotencyKey=key))] * 200)
    assert server.environment.storage.count_sessions() == before + 1
    made = [answer for answer in answers if answer.status == 201]
    (first,) = [answer for answer in made if "idempotency-replayed" not in answer.fields]
    assert all(is_repeat(answer, first) for answer in made if answer is not first)
    for answer in answers:
        if answer.status != 201:
            assert answer.code == "idempotency_in_progress"
            assert answer.fields["retry-after"].isdecimal()
    assert is_repeat(create(server, path, valid(path, idempotencyKey=key)), first)


class HesitantStorage(MemoryStorage):
    """A store that takes its time between finding a key unused and letting it be used."""

    def first_answer(self, scope: KeyScope) -> FirstAnswer | None:
        found = super().first_answer(scope)
        time.sleep(0.02)
        return found


@pytest.mark.parametrize("application", sorted(APPLICATIONS))
def test_no_request_slips_in_between_looking_a_key_up_and_using_it(
    application: str, partners: Mapping[str, PartnerCredentials], key: str
) -> None:
    """IDEM-13: transactions on one key take turns, though there is time for ten threads between the two."""
    environment = make_environment(partners, storage=HesitantStorage())
    with serve(APPLICATIONS[application](environment), environment=environment, partners=partners) as server:
        answers = send_at_once(server, HOSTED, [encode(valid(HOSTED, idempotencyKey=key))] * 20)
    assert environment.storage.count_sessions() == 1
    assert len({answer.document["sessionId"] for answer in answers if answer.status == 201}) == 1


def test_simultaneous_requests_that_differ_share_no_session(server: Server, key: str) -> None:
    """IDEM-08, IDEM-13: one of two requests wins the key, and every request of the other kind is refused."""
    before = server.environment.storage.count_sessions()
    kinds = [encode(valid(HOSTED, idempotencyKey=key, websiteReference=kind)) for kind in ("one", "other")]
    answers = send_at_once(server, HOSTED, kinds * 25)
    assert server.environment.storage.count_sessions() == before + 1
    statuses = Counter(answer.status for answer in answers)
    assert statuses[201] >= 1
    assert set(statuses) <= {201, 409, 422}
    sessions = {answer.document["sessionId"] for answer in answers if answer.status == 201}
    references = {answer.document["websiteReference"] for answer in answers if answer.status == 201}
    assert (len(sessions), len(references)) == (1, 1)


def test_simultaneous_requests_with_keys_of_their_own_make_a_session_each(server: Server, key: str) -> None:
    """IDEM-12, IDEM-14: nobody waits for nobody's key, and nobody gets another's session."""
    bodies = [
        encode(valid(HOSTED, idempotencyKey=f"{key}-{number}", websiteReference=f"order {number}"))
        for number in range(100)
    ]
    answers = send_at_once(server, HOSTED, bodies)
    assert [answer.document["websiteReference"] for answer in answers] == [f"order {n}" for n in range(100)]
    assert len({answer.document["sessionId"] for answer in answers}) == 100


def test_readers_see_a_session_from_its_answer_on(server: Server, key: str) -> None:
    """SESS-10: creators and readers in eight threads, each reading at once what it has just made."""

    def make_and_read(number: int) -> bool:
        made = new_session(server, idempotencyKey=f"{key}-{number}")
        return read(server, made["sessionId"]).document == made

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(make_and_read, range(80)))
