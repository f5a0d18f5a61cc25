"""HTTP-18 and HTTP-19: which of several faults decides the answer."""

from ..operations import session_path
from ..trial import JSON, Trial, encode, judges
from ..wire import Answer, Exchange, Headers, Request
from .authentication import UNKNOWN_SESSION, with_header
from .protocol import BODY_LIMIT, padded


@judges("HTTP-18")
def which_fault_of_a_creation_decides(trial: Trial) -> None:
    """Of each pair of faults the earlier in the contract's order decides."""
    creation = trial.creation
    good, large = encode(creation.members()), padded(b"{", BODY_LIMIT + 1)
    faulty = encode(creation.members(currency="EURO"))
    key = trial.fresh()
    trial.create({"idempotencyKey": key})
    text: Headers = (("Content-Type", "text/plain"),)
    refusing: Headers = (*JSON, ("Accept", "*/*;q=0"))
    text_refusing: Headers = (*text, ("Accept", "*/*;q=0"))

    def creating(
        body: bytes, headers: Headers = JSON, path: str = creation.path, *, signed: bool = True
    ) -> Exchange:
        request = Request(method="POST", path=path, headers=headers, body=body)
        ready = (
            trial.sign(request) if signed else trial.sign(Request(method="POST", path=path, headers=headers))
        )
        exchange = trial.send(Request(method="POST", path=path, headers=ready.headers, body=body))
        if len(body) > BODY_LIMIT:
            trial.client.close()
        return exchange

    cases: list[tuple[str, int, str, Exchange]] = [
        ("404 before 413", 404, "not_found", creating(large, path="/nowhere")),
        ("404 before 401", 404, "not_found", creating(good, path="/nowhere", signed=False)),
        ("404 before 415", 404, "not_found", creating(good, text, path="/nowhere")),
        (
            "405 before 401",
            405,
            "method_not_allowed",
            trial.send(Request(method="PUT", path=creation.path, body=good)),
        ),
        (
            "405 before 413",
            405,
            "method_not_allowed",
            trial.send(Request(method="PUT", path=creation.path, body=large)),
        ),
        ("413 before 401", 413, "body_too_large", creating(large, signed=False)),
        ("413 before 415", 413, "body_too_large", creating(large, text)),
        ("413 before 406", 413, "body_too_large", creating(large, refusing)),
        ("413 before 400", 413, "body_too_large", creating(large)),
        ("401 before 406", 401, "invalid_signature", creating(good, refusing, signed=False)),
        ("401 before 415", 401, "invalid_signature", creating(good, text, signed=False)),
        ("401 before 400 malformed_json", 401, "invalid_signature", creating(b"{", signed=False)),
        ("401 before 400", 401, "invalid_signature", creating(faulty, signed=False)),
        ("415 before 400 malformed_json", 415, "unsupported_media_type", creating(b"{", text)),
        ("415 before 400", 415, "unsupported_media_type", creating(faulty, text)),
        ("400 malformed_json before 400", 400, "malformed_json", creating(faulty[:-1])),
        (
            "400 before 422",
            400,
            "invalid_request",
            trial.post({"idempotencyKey": key, "currency": "EURO"}),
        ),
    ]
    for case, status, code, exchange in cases:
        trial.expect("HTTP-18", exchange, status, code, case)
    for case, exchange in (
        ("406 before 415", creating(good, text_refusing)),
        ("406 before 400", creating(faulty, refusing)),
    ):
        # 406 itself is a SHOULD (HTTP-12): an implementation without it goes on to the next fault.
        if _offers_406(trial):
            trial.expect("HTTP-18", exchange, 406, "not_acceptable", case)


def _offers_406(trial: Trial) -> bool:
    answer: Answer | None = trial.post(headers=(*JSON, ("Accept", "*/*;q=0"))).answer
    return answer is not None and answer.status == 406


@judges("HTTP-19")
def which_fault_of_a_look_up_decides(trial: Trial) -> None:
    """The order holds for look-ups: an unknown session is found out last."""
    unknown = session_path(UNKNOWN_SESSION)
    unsigned = Request(method="GET", path=unknown)
    refused = with_header(trial.sign(unsigned), "Signature", "AAAA")
    for case, status, code, exchange in (
        (
            "404 not_found before 401",
            404,
            "not_found",
            trial.send(Request(method="GET", path=unknown + "/x")),
        ),
        ("405 before 401", 405, "method_not_allowed", trial.send(Request(method="DELETE", path=unknown))),
        ("401 before 404 session_not_found", 401, "missing_credentials", trial.send(unsigned)),
        ("401 before 404 session_not_found", 401, "invalid_signature", trial.send(refused)),
    ):
        trial.expect("HTTP-19", exchange, status, code, case)
    if _offers_406(trial):
        exchange = trial.get(unknown, headers=(("Accept", "*/*;q=0"),))
        trial.expect("HTTP-19", exchange, 406, "not_acceptable", "406 before 404 session_not_found")
