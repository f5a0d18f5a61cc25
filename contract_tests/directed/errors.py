"""ERR: one shape for every error, at every place where one can come from."""

from typing import Any

from ..judging.standing import judge_problem
from ..operations import Creation, session_path
from ..trial import JSON, Trial, encode, judges
from ..wire import Exchange, Headers, Request
from .authentication import UNKNOWN_SESSION, with_header
from .protocol import BODY_LIMIT, forbidden, padded

ODD_BYTES = (
    b"\xff",
    b"\xfe\xff",
    b'{"currency": "\xff"}',
    b'{"\xff": 1}',
    b"\x00",
    b"\xed\xa0\x80",
    b'"\xc3',
)


def errors_of_every_kind(trial: Trial, headers: Headers = ()) -> list[Exchange]:
    """One answer of each error that a request can bring about by itself."""
    signed = trial.sign(trial.creating(headers=(*JSON, *headers)))
    key = trial.fresh()
    trial.create({"idempotencyKey": key})
    exchanges = [
        trial.send(Request(method="GET", path="/nowhere", headers=headers)),
        trial.send(Request(method="DELETE", path="/session/hosted", headers=headers)),
        trial.send(with_header(signed, "Signature", None)),
        trial.send(with_header(signed, "ApiKey", "nobody-has-this-key")),
        trial.send(with_header(signed, "Timestamp", "1")),
        trial.send(with_header(signed, "Timestamp", "1000000000")),
        trial.send(with_header(signed, "Signature", "AAAA")),
        trial.get(session_path(UNKNOWN_SESSION), headers=headers),
        trial.post(headers=(("Content-Type", "text/plain"), *headers)),
        trial.post(body=b"{", headers=(*JSON, *headers)),
        trial.post(body=b"[]", headers=(*JSON, *headers)),
        trial.post({"currency": "EURO", "amount": 0}, headers=(*JSON, *headers)),
        trial.post({"amount": 1_000_000}, headers=(*JSON, *headers)),
        trial.post({"~/": 1, "customFields": {"~/": 1}}, headers=(*JSON, *headers)),
        trial.post({"idempotencyKey": key, "currency": "GBP"}, headers=(*JSON, *headers)),
        trial.post(body=padded(b"{}", BODY_LIMIT + 1), headers=(*JSON, *headers)),
        *forbidden(trial, headers),
    ]
    if not headers:
        exchanges.append(trial.post(headers=(*JSON, ("Accept", "*/*;q=0"))))  # 406, where that is offered
    trial.client.close()
    return exchanges


@judges("ERR-01", "ERR-02", "ERR-03", "ERR-04", "ERR-06", "ERR-08", "ERR-10", occasional=("ERR-09",))
def every_error_is_a_problem(trial: Trial) -> None:
    """RFC 9457 for every status, whatever the client says it accepts."""
    for accept in ((), (("Accept", "text/html"),), (("Accept", "application/xml, */*;q=0.1"),)):
        for exchange in errors_of_every_kind(trial, accept):
            judge_problem(exchange, check=trial.check)


@judges("ERR-05")
def every_fault_is_reported_at_once(trial: Trial) -> None:
    """All faults of a request are in one answer, each at its place, and nothing else is."""
    for creation in trial.creations():
        exchange = trial.post(
            {
                "currency": "EURO",
                "userCountryCode": 7,
                "amount": "5",
                "unknown": 1,
                "websiteReference": "",
                "idempotencyKey": "a b",
                "blockchainDestinationType": "Partner",
                "customFields": {"a": 1, "b": "v" * 501, "~/": None},
            },
            creation=creation,
        )
        expected = {
            "/currency",
            "/userCountryCode",
            "/amount",
            "/unknown",
            "/websiteReference",
            "/idempotencyKey",
            "/blockchainDestinationAddress",
            "/customFields/a",
            "/customFields/b",
            "/customFields/~0~1",
        }
        trial.expect_pointers("ERR-05", exchange, expected, "a request with ten faults")
        required = [name for name in creation.members() if name not in ("amount", "currency")]
        without = dict.fromkeys(required)
        exchange = trial.post({**without, "x": 1}, creation=creation)
        expected = {f"/{name}" for name in required} | {"/x"}
        trial.expect_pointers("ERR-05", exchange, expected, "absent members and an unknown one")
        _judge_late_faults(trial, creation)


def _judge_late_faults(trial: Trial, creation: Creation) -> None:
    """ERR-05: what no schema says, or an object inside does, stands beside the other faults."""
    late: dict[str, Any] = {"amount": 0.105, "currency": "EURO", "blockchainDestinationType": "Other"}
    expected = {"/amount", "/currency", "/blockchainDestinationType", "/blockchainDestinationAddress"}
    if creation.type == "hosted":
        late["exitUrl"] = "https://shop.example:0/"
        expected.add("/exitUrl")
    if creation.management == "partner":
        late["userKyc"] = {"dateOfBirth": "2001-02-29", "gender": "", "age": 7}
        expected |= {"/userKyc/dateOfBirth", "/userKyc/gender", "/userKyc/age"}
    exchange = trial.post(late, creation=creation)
    trial.expect_pointers("ERR-05", exchange, expected, "decimals, a day and a pair beside other faults")


@judges("ERR-11")
def nothing_makes_the_server_fail(trial: Trial) -> None:
    """Whatever the bytes, the answer is one of the contract's and not 500."""
    good = encode(trial.creation.members())[:-1]
    bodies = [*ODD_BYTES]
    bodies += [
        good + b',"customFields":' + value + b"}"
        for value in (b"[[]]", b'{"":{}}', b'{"a":1e999}', b"1e-999")
    ]
    bodies += [
        good + b',"websiteReference":"' + text + b'"}'
        for text in (b"\\ud800", b"\\u0000", b"\xff", b"%s%n", b"\\")
    ]
    bodies += [
        encode(trial.creation.members(**{name: value}))
        for name in ("userCountryCode", "currency", "amount", "idempotencyKey", "customFields")
        for value in ("", "5", 5, True, [], [5], {}, {"a": [None]})
    ]
    bodies += [b"[" * 60_000, b'{"a":' * 5_000, b"9" * 5_000, b"-", b'"' * 999, bytes(range(256))]
    bodies += [
        bytes(trial.random.randrange(256) for _ in range(trial.random.randrange(1, 200))) for _ in range(20)
    ]
    for body in bodies:
        exchange = trial.post(body=body)
        status = exchange.answer.status if exchange.answer else 0
        trial.check("ERR-11", 200 <= status < 500, exchange, "an answer, and none of 500 and above")
    latin: Headers = (
        ("X-Odd", "\xff\xfe"),
        ("Accept", "\xe9;q=x,,"),
        ("Content-Type", "application/json; =;;charset"),
    )
    for name, value in latin:
        for exchange in (
            trial.post(headers=(*(JSON if name != "Content-Type" else ()), (name, value))),
            trial.get(session_path(UNKNOWN_SESSION), headers=((name, value),)),
        ):
            status = exchange.answer.status if exchange.answer else 0
            trial.check("ERR-11", 200 <= status < 500, exchange, "an answer, and none of 500 and above")
