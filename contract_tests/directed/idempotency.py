"""IDEM: one key, one session, whatever happens to the connection in between."""

import unicodedata
from typing import Any

from ..operations import ANOTHER_AMOUNT, URLS, Creation
from ..target import HIGHEST_AMOUNT
from ..trial import JSON, Obstacle, Trial, describe, encode, judges, with_amount
from ..wire import Exchange, Request


def replayed(exchange: Exchange) -> bool:
    """Whether the answer says that it repeats an earlier one."""
    return exchange.answer is not None and exchange.answer.header("Idempotency-Replayed") == "true"


def session_id(exchange: Exchange) -> str | None:
    """The identifier of the session that a 201 brought; None otherwise."""
    document = exchange.answer.json() if exchange.answer and exchange.answer.status == 201 else None
    found = document.get("sessionId") if isinstance(document, dict) else None
    return found if isinstance(found, str) else None


def with_key(trial: Trial, **members: Any) -> tuple[dict[str, Any], str, Exchange]:
    """The members of a first request with a fresh key, the session that it made, and its exchange."""
    key = members.pop("idempotencyKey", None) or trial.fresh()
    asked = {"idempotencyKey": key, **members}
    session, exchange = trial.create(asked)
    return asked, session["sessionId"], exchange


def is_repeat(trial: Trial, requirement: str, exchange: Exchange, first: str, case: str) -> None:
    """Record whether the answer is that of the session `first`."""
    trial.check(requirement, session_id(exchange) == first, exchange, f"the first session again for {case}")


@judges("IDEM-01", "IDEM-02", "IDEM-03", "IDEM-04")
def a_repeat_gets_the_first_answer(trial: Trial) -> None:
    """Status, body, type and place are those of the first answer; what identifies the exchange is not."""
    for creation in trial.creations():
        members = {"idempotencyKey": trial.fresh(), "websiteReference": "order 1"}
        _, first = trial.create(members, creation=creation)
        trial.create({"idempotencyKey": trial.fresh()}, creation=creation)
        again = trial.post(members, creation=creation)
        one, two = first.answer, again.answer
        if one is None or two is None:
            trial.check("IDEM-01", False, again, "an answer to a repeat")
            continue
        trial.check(
            "IDEM-01", two.status == 201 and two.json() == one.json(), again, "201 with an equal body"
        )
        for name in ("Content-Type", "Location"):
            same = two.header(name) == one.header(name)
            trial.check("IDEM-01", same, again, f"{name}: {one.header(name)}, as in the first answer")
        trial.check("IDEM-02", two.body == one.body, again, "the same bytes as in the first answer")
        trial.check("IDEM-03", replayed(again), again, "Idempotency-Replayed: true in a repeated answer")
        fresh = one.header("Idempotency-Replayed") is None
        trial.check("IDEM-03", fresh, first, "no Idempotency-Replayed in a first answer")
        own = two.header("Request-Id") not in (None, one.header("Request-Id"))
        trial.check("IDEM-04", own, again, "a Request-Id of its own, other than that of the first answer")


@judges("IDEM-06")
def refusals_consume_no_key(trial: Trial) -> None:
    """After a refusal of any kind the key still makes a session, with whatever request."""
    partner, creation = trial.partner(), trial.creation
    key = trial.fresh()
    good = encode(creation.members(idempotencyKey=key, websiteReference="refused"))
    wrong_signature = Request(method="POST", path=creation.path, headers=JSON, body=good)
    headers = (*partner.headers(good + b" ", timestamp=str(trial.known.now())), *JSON)
    refusals = {
        "401": trial.send(
            Request(method="POST", path=creation.path, headers=headers, body=wrong_signature.body)
        ),
        "415": trial.post(body=good, headers=(("Content-Type", "text/plain"),)),
        "400": trial.post({"idempotencyKey": key, "currency": "EURO"}),
        "400 malformed_json": trial.post(body=good[:-1]),
    }
    if trial.known.target.has_limit:
        beyond = {"idempotencyKey": key, "amount": HIGHEST_AMOUNT}
        refusals["400 amount_out_of_range"] = trial.post(beyond)
    for case, refusal in refusals.items():
        if refusal.answer is None or not case.startswith(str(refusal.answer.status)):
            raise Obstacle(f"a request that deserves {case} was answered {describe(refusal)}")
    exchange = trial.post({"idempotencyKey": key})
    trial.expect("IDEM-06", exchange, 201, case="a key that only refused requests had used")
    trial.check("IDEM-06", not replayed(exchange), exchange, "a first answer, not a repeated one")
    members = {"idempotencyKey": trial.fresh()}
    refusal = trial.post(members, headers=(*JSON, ("Accept", "*/*;q=0")))
    if refusal.answer is not None and refusal.answer.status == 406:
        exchange = trial.post(members)
        unused = session_id(exchange) is not None and not replayed(exchange)
        trial.check("IDEM-06", unused, exchange, "a first answer for a key that was answered 406")


@judges("IDEM-07")
def repeats_are_validated_first(trial: Trial) -> None:
    """An invalid repeat fails as any invalid request does, and the key still stands for its first answer."""
    asked, first, _ = with_key(trial)
    exchange = trial.post({**asked, "currency": "EURO"})
    trial.expect_pointers("IDEM-07", exchange, {"/currency"}, "an invalid repeat")
    exchange = trial.post({**asked, "unknown": 1})
    trial.expect_pointers("IDEM-07", exchange, {"/unknown"}, "a repeat with an unknown member")
    if trial.known.target.has_limit:
        exchange = trial.post({**asked, "amount": HIGHEST_AMOUNT})
        trial.expect("IDEM-07", exchange, 400, "amount_out_of_range", "a repeat above the limit")
    body = encode(trial.creation.members(**asked))
    headers = (*trial.partner().headers(body + b" ", timestamp=str(trial.known.now())), *JSON)
    exchange = trial.send(Request(method="POST", path=trial.creation.path, headers=headers, body=body))
    trial.expect("IDEM-07", exchange, 401, "invalid_signature", "a repeat with a wrong signature")
    exchange = trial.post(asked, headers=(("Content-Type", "text/plain"),))
    trial.expect("IDEM-07", exchange, 415, "unsupported_media_type", "a repeat as text")
    is_repeat(trial, "IDEM-07", trial.post(asked), first, "a valid repeat after invalid ones")


@judges("IDEM-08")
def another_request_may_not_reuse_a_key(trial: Trial) -> None:
    """A key stands for one request; the first answer stays available after a misuse."""
    asked, first, _ = with_key(trial, websiteReference="order 1", customFields={"a": "1"})
    changes: dict[str, dict[str, Any]] = {
        "another amount": {"amount": ANOTHER_AMOUNT},
        "another currency": {"currency": "GBP"},
        "another country": {"userCountryCode": "FR"},
        "another websiteReference": {"websiteReference": "order 2"},
        "a member less": {"websiteReference": None},
        "another value in customFields": {"customFields": {"a": "2"}},
        "a field more in customFields": {"customFields": {"a": "1", "b": "2"}},
    }
    for case, change in changes.items():
        exchange = trial.post({**asked, **change})
        trial.expect("IDEM-08", exchange, 422, "idempotency_key_reused", f"the key with {case}")
    is_repeat(trial, "IDEM-08", trial.post(asked), first, "the first request after misuses of its key")
    for creation in trial.creations():
        _judge_members(trial, creation)
    long = trial.fresh().ljust(254, "k")
    made = set()
    for key in (long + "1", long + "2"):
        exchange = trial.post({"idempotencyKey": key})
        trial.expect("IDEM-08", exchange, 201, case="a key of 255 characters that was never used")
        made.add(session_id(exchange))
    expected = "two sessions for two keys that differ in their 255th character"
    trial.check("IDEM-08", len(made) == 2 and None not in made, exchange, expected)


def _judge_members(trial: Trial, creation: Creation) -> None:
    """IDEM-08: every member of an operation's request makes it another, also those that come back nowhere."""
    members = {"idempotencyKey": trial.fresh(), "blockchainDestinationType": "Partner"}
    asked: dict[str, Any] = {**members, "blockchainDestinationAddress": "0x" + "a" * 40}
    changes: dict[str, Any] = {
        "blockchainDestinationType": "Customer",
        "blockchainDestinationAddress": "0x" + "b" * 40,
    }
    if creation.type == "hosted":
        changes |= dict.fromkeys(URLS, "https://shop.example/elsewhere")
    if creation.management == "partner":
        asked["userKyc"] = {"fullName": "A", "dateOfBirth": "1980-02-29"}
        other = {"userId": "customer-2", "userEmail": "other@shop.example"}
        changes |= {**other, "userKyc": {"fullName": "A", "dateOfBirth": "1980-02-28"}}
    first, _ = trial.create(asked, creation=creation)
    for name, value in changes.items():
        exchange = trial.post({**asked, name: value}, creation=creation)
        trial.expect("IDEM-08", exchange, 422, "idempotency_key_reused", f"the key with another {name}")
    is_repeat(trial, "IDEM-08", trial.post(asked, creation=creation), first["sessionId"], "the first request")


@judges("IDEM-09")
def what_makes_requests_the_same(trial: Trial) -> None:
    """Order, white space, escapes and the writing of numbers have no weight."""
    creation = trial.creation
    fields = {"a": "é/🌍", "b": "2"}
    asked, first, _ = with_key(trial, amount=1, customFields=fields, websiteReference="Grüße")
    members = creation.members(**asked)
    plain = encode(members)
    turned = {**members, "customFields": dict(reversed(fields.items()))}
    forms = {
        "reversed members": encode(dict(reversed(turned.items()))),
        "compact JSON": plain.replace(b" ,  ", b",").replace(b":\t", b":"),
        "escapes": plain.replace("Grüße".encode(), b"Gr\\u00fc\\u00DFe").replace(b"/", b"\\/"),
        "an escaped surrogate pair": plain.replace("🌍".encode(), b"\\ud83c\\udf0d"),
        "an escaped name": plain.replace(b'"currency"', b'"\\u0063urrency"'),
        **{f"{number} for 1": with_amount(members, number) for number in ("1.00", "10e-1", "1E0")},
    }
    for case, body in forms.items():
        is_repeat(trial, "IDEM-09", trial.post(body=body), first, case)
    asked, first, _ = with_key(trial, amount=0.29)
    for number in ("29e-2", "0.2900000000000000000001"):
        exchange = trial.post(body=with_amount(creation.members(**asked), number))
        is_repeat(trial, "IDEM-09", exchange, first, f"{number} for 0.29")


@judges("IDEM-09")
def what_makes_requests_different(trial: Trial) -> None:
    """Absent is not empty, and equal-looking text of other code points is other text."""
    asked, _, _ = with_key(trial, websiteReference=unicodedata.normalize("NFC", "café"))
    changes: dict[str, dict[str, Any]] = {
        "empty customFields for none": {"customFields": {}},
        "another normalisation": {"websiteReference": unicodedata.normalize("NFD", "café")},
        "a space more": {"websiteReference": "café "},
        "another case": {"websiteReference": "Café"},
    }
    for case, change in changes.items():
        exchange = trial.post({**asked, **change})
        trial.expect("IDEM-09", exchange, 422, "idempotency_key_reused", f"the key with {case}")
    asked, _, _ = with_key(trial, customFields={"a": "1", "b": "2"})
    for value in ("1&b=2", "1,b=2", "1b2", '1","b":"2'):
        exchange = trial.post({**asked, "customFields": {"a": value}})
        case = f"one field {value} for two"
        trial.expect("IDEM-09", exchange, 422, "idempotency_key_reused", f"the key with {case}")
    managed = next((each for each in trial.creations() if each.management == "partner"), None)
    if managed is not None:
        members = {"idempotencyKey": trial.fresh()}
        trial.create(members, creation=managed)
        exchange = trial.post({**members, "userKyc": {}}, creation=managed)
        trial.expect(
            "IDEM-09", exchange, 422, "idempotency_key_reused", "the key with an empty userKyc for none"
        )


@judges("IDEM-10")
def what_surrounds_the_body_has_no_weight(trial: Trial) -> None:
    """Headers and query neither make requests different nor carry a key."""
    asked, first, _ = with_key(trial)
    headers = (
        ("Content-Type", "application/json; charset=utf-8"),
        ("Accept", "*/*"),
        ("User-Agent", "other"),
    )
    is_repeat(trial, "IDEM-10", trial.post(asked, headers=headers), first, "other headers")
    other_key = (*JSON, ("Idempotency-Key", trial.fresh()))
    is_repeat(trial, "IDEM-10", trial.post(asked, headers=other_key), first, "an Idempotency-Key header")
    request = trial.creating(asked)
    queried = Request(method="POST", path=request.path + "?again=1", headers=JSON, body=request.body)
    is_repeat(trial, "IDEM-10", trial.send(trial.sign(queried)), first, "a query string")
    key_header = (*JSON, ("Idempotency-Key", trial.fresh()))
    one, two = trial.post(headers=key_header), trial.post(headers=key_header)
    distinct = session_id(one) is not None and session_id(two) not in (None, session_id(one))
    trial.check("IDEM-10", distinct, two, "two sessions for one Idempotency-Key header and no idempotencyKey")


@judges("IDEM-11")
def keys_belong_to_their_partner(trial: Trial) -> None:
    """Two partners may choose the same key and know nothing of each other."""
    creation, one, two = trial.two_partners()
    members = {"idempotencyKey": trial.fresh()}
    first, _ = trial.create(members, creation=creation, partner=one)
    exchange = trial.post(members, creation=creation, partner=two)
    distinct = session_id(exchange) not in (None, first["sessionId"])
    trial.check("IDEM-11", distinct, exchange, "a session of its own for another partner's equal key")
    trial.check("IDEM-11", not replayed(exchange), exchange, "a first answer for another partner")


@judges("IDEM-11")
def keys_belong_to_their_operation(trial: Trial) -> None:
    """One partner may use a key once in each operation."""
    partner, mine = trial.two_operations()
    key, seen = trial.fresh(), set()
    for creation in mine:
        exchange = trial.post({"idempotencyKey": key}, creation=creation, partner=partner)
        made = session_id(exchange)
        trial.check(
            "IDEM-11", made is not None and made not in seen, exchange, "201 with a session of its own"
        )
        seen.add(made)


@judges("IDEM-12")
def keys_are_case_sensitive(trial: Trial) -> None:
    """Keys are compared character by character."""
    key = trial.fresh("Key")
    asked, first, _ = with_key(trial, idempotencyKey=key)
    for other in (key.lower(), key.upper()):
        exchange = trial.post({**asked, "idempotencyKey": other})
        distinct = session_id(exchange) not in (None, first)
        trial.check("IDEM-12", distinct, exchange, "another session for a key in another case")


@judges("IDEM-14")
def without_a_key_every_request_counts(trial: Trial) -> None:
    """Equal requests without a key make a session each."""
    made = [session_id(trial.post()) for _ in range(3)]
    exchange = trial.post()
    distinct = None not in made and len({*made, session_id(exchange)}) == 4
    trial.check("IDEM-14", distinct, exchange, "a session of its own for every request without a key")
