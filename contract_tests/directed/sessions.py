"""SESS: what a created session is, and who may read it."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from ..credentials import Partner
from ..judging.creation import judge_creation, judge_representation
from ..operations import CREATIONS, Creation, session_path
from ..trial import JSON, Obstacle, Trial, describe, encode, judges, problem_details
from ..unrouted import is_unrouted
from ..wire import Exchange
from .authentication import UNKNOWN_SESSION, with_header
from .fields import ADDRESS

KYC = {
    "fullName": "Quirin Vexelbach-Ostrowski",
    "citizenshipCountryCode": "IS",
    "residenceAddress": "Wolkengasse 77, 99099 Nirgendwo",
    "dateOfBirth": "1971-03-17",
    "placeOfBirth": "Hinterpfuiteufel",
    "gender": "gender-canary-5513",
    "mobilePhone": "+4915199887766",
    "personalIdentificationNumber": "PIN-CANARY-004711",
}
INSIDE: Final = {"userKyc", *KYC, "blockchainDestinationType", "blockchainDestinationAddress"}
"""The names of what comes back in no session."""
DEFINED: Final = frozenset({"type", "title", "status", "detail", "instance", "code", "errors"})
"""What the contract knows of a problem without limits."""


@judges("SESS-01", "SESS-02", "SESS-04", "SESS-05", "SESS-07", "SESS-08", "SESS-09", "SESS-14", "DATA-13")
def creations_say_what_was_asked(trial: Trial) -> None:
    """Each creation answers with the session that was asked for, with the optional members and without."""
    optional: list[dict[str, Any]] = [
        {},
        {"amount": 0.29, "currency": "PLN", "userCountryCode": "PL"},
        {"websiteReference": " order\u00a07 🌍"},
        {"customFields": {}},
        {"customFields": {"a": "", "ü": " x "}, "websiteReference": "r", "idempotencyKey": trial.fresh()},
    ]
    for creation in trial.creations():
        more: list[dict[str, Any]] = [{"amount": None}] if creation.type == "embedded" else []
        more += [{"userId": " Müller\u20287 "}] if creation.management == "partner" else []
        for members in (*optional, *more):
            exchange = trial.post(members, creation=creation)
            judge_creation(
                exchange, creation=creation, members=creation.members(**members), check=trial.check
            )
    sessions = [trial.create()[0] for _ in range(5)]
    made = [session["sessionId"] for session in sessions]
    trial.check("SESS-02", len(set(made)) == len(made), None, f"five different sessionIds, not {made}")
    urls = [str(session["sessionUrl"]) for session in sessions if "sessionUrl" in session]
    expected = f"a sessionUrl of its own for each session, not {urls}"
    trial.check("SESS-08", not urls or len(set(urls)) >= len(set(made)), None, expected)


@judges("SESS-06", "ERR-07", "ERR-10")
def what_is_known_of_a_payer_stays_inside(trial: Trial) -> None:
    """KYC data and the blockchain destination come back nowhere, least of all in an error about them."""
    creation = trial.pick(lambda each: each.management == "partner", "a session for an identified payer")
    destination = {"blockchainDestinationType": "Customer", "blockchainDestinationAddress": ADDRESS}
    members: dict[str, Any] = {"userKyc": KYC, "idempotencyKey": trial.fresh(), **destination}
    session, made = trial.create(members, creation=creation)
    partner = trial.partner(creation)
    canaries = [value for name, value in KYC.items() if name != "citizenshipCountryCode"]
    canaries += [ADDRESS]
    answers = [
        made,
        trial.post(members, creation=creation),
        trial.get(trial.path_of(session), partner=partner),
        trial.post({**members, "websiteReference": "another request"}, creation=creation),
    ]
    for exchange in answers:
        _leaks_nothing(trial, "SESS-06", exchange, canaries)
    faulty: dict[str, Any] = {
        "dateOfBirth": "canary-date-1971",
        "mobilePhone": "canary-phone-0815",
        "citizenshipCountryCode": "canary-country",
        "gender": "canary-gender" * 9,
        "fullName": ["canary-name"],
    }
    for name, value in faulty.items():
        exchange = trial.post({"userKyc": {**KYC, name: value}}, creation=creation)
        words = ["canary-" + str(value).split("canary-")[1][:6]]
        words += [KYC[other] for other in ("fullName", "placeOfBirth")]
        _leaks_nothing(trial, "ERR-10", exchange, words)
        _repeats_nothing(trial, exchange, words)
    wrong: dict[str, Any] = {
        "currency": "canary-currency",
        "websiteReference": "canary-reference" * 40,
        "unknown": "canary-unknown",
        "customFields": {"a": ["canary-field"]},
    }
    for name, value in wrong.items():
        exchange = trial.post({name: value}, creation=creation)
        _repeats_nothing(trial, exchange, ["canary-"])
    for amount in (7.654321, 765432.1):
        exchange = trial.post({"amount": amount}, creation=creation)
        if exchange.answer is None or exchange.answer.status != 201:  # an environment may have no such limit
            _repeats_nothing(trial, exchange, ["7.654321", "765432"])
    spoilt = encode(creation.members(userKyc=KYC))[:-1]
    for body in (spoilt + b",}", spoilt, spoilt + b"} x"):
        _leaks_nothing(trial, "ERR-10", trial.post(body=body, creation=creation), canaries)


def _leaks_nothing(trial: Trial, requirement: str, exchange: Exchange, words: list[str]) -> None:
    """Record whether none of the words is in an answer."""
    answer = exchange.answer
    text = (answer.body.decode("utf-8", "replace") + repr(answer.headers)) if answer else ""
    found = [word for word in words if word.lower() in text.lower()]
    if requirement == "SESS-06":  # a word that is too common to look for has its name beside it
        found += [name for name in _names(answer.json() if answer else None) if name in INSIDE]
    trial.check(
        requirement,
        answer is not None and not found,
        exchange,
        f"an answer without {', '.join(found) or 'it'}",
    )


def _names(value: Any) -> Iterator[str]:
    """The names of all members, at any depth."""
    if isinstance(value, dict):
        yield from value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _names(inner)


def _repeats_nothing(trial: Trial, exchange: Exchange, words: list[str]) -> None:
    """ERR-07: none of the words is in the detail of an entry."""
    answer = exchange.answer
    if answer is not None and answer.status != 400:
        raise Obstacle(f"a faulty request was answered {describe(exchange)}")
    details = problem_details(answer)
    found = [word for word in words if any(word.lower() in detail.lower() for detail in details)]
    expected = f"no detail of an entry with {', '.join(found) or 'a value'} in it"
    trial.check("ERR-07", answer is not None and not found, exchange, expected)


@judges("SESS-10", "SESS-15")
def look_ups_give_what_was_created(trial: Trial) -> None:
    """A GET right after the 201 finds the same session, and again the same later on."""
    for creation in trial.creations():
        partner = trial.partner(creation)
        members = {"websiteReference": "r", "customFields": {"__proto__": "x"}, "amount": 0.57}
        session, _ = trial.create(members, creation=creation)
        times = {name: session.get(name) for name in ("createdAt", "expiresAt")}
        for _ in range(2):
            exchange = trial.get(trial.path_of(session), partner=partner)
            found = exchange.answer.json() if exchange.answer and exchange.answer.status == 200 else None
            judge_representation(exchange, session, trial.check)
            kept = {name: found.get(name) for name in times} if isinstance(found, dict) else None
            trial.check("SESS-15", kept == times, exchange, "createdAt and expiresAt as in the 201")
        created, expires = str(times["createdAt"]), str(times["expiresAt"])
        trial.check(
            "SESS-15", created < expires, None, f"expiresAt later than createdAt, not {expires} and {created}"
        )


BEHIND = ("x", ".json", ";v=1", "%20", "%0A", "%00", "+")
"""What a framework may drop behind a segment of a path, where it is another segment."""


@judges("SESS-12")
def sessions_of_others_do_not_exist(trial: Trial) -> None:
    """What is not this partner's session is not there: one answer for all of it."""
    strangers = ["x", "null", "a" * 300, "%C3%9C", "%20", "a%0Ab", "~", "a:b@c", "0"]
    strangers += ["%FF"]  # a segment of RFC 3986 that is no text in UTF-8
    unknown = trial.get(session_path(UNKNOWN_SESSION))
    answers = [unknown, *(trial.get(session_path(segment)) for segment in strangers)]
    creation, mine, theirs = trial.two_partners()
    session, _ = trial.create(creation=creation, partner=theirs)
    path = trial.path_of(session)
    answers.append(trial.get(path, partner=mine))
    trial.expect("SESS-12", trial.get(path, partner=theirs), 200, case="its own partner")
    answers.append(trial.get(path, partner=mine))  # now that its own partner has been shown it
    own = str(session["sessionId"])
    near = [own.swapcase(), own[:-1], *(own + more for more in BEHIND)]
    near += ["%25", "_" * len(own)]  # what stands for any text in SQL
    for segment in near:
        if segment == own:
            continue
        answers.append(trial.get(session_path(segment), partner=theirs))
    head, of_unknown = (trial.get(each, partner=mine, method="HEAD") for each in (path, unknown.request.path))
    same = None not in (head.answer, of_unknown.answer) and _status(head) == _status(of_unknown)
    trial.check("SESS-12", same, head, f"to HEAD {_status(of_unknown)}, as for an unknown session")
    told = what_is_told([_problem(exchange) for exchange in answers[: len(strangers) + 1]])
    for exchange in answers:
        if is_unrouted(exchange, trial.client):
            continue
        trial.expect("SESS-12", exchange, 404, "session_not_found", exchange.request.path[:60])
        same = told(_problem(exchange)) == told(_problem(unknown))
        trial.check("SESS-12", same, exchange, "the very problem that any unknown identifier gets")


def _status(exchange: Exchange) -> int | None:
    return exchange.answer.status if exchange.answer else None


def _problem(exchange: Exchange) -> dict[str, Any] | None:
    problem = exchange.answer.json() if exchange.answer else None
    return problem if isinstance(problem, dict) else None


def what_is_told(
    unknown: list[dict[str, Any] | None],
) -> Callable[[dict[str, Any] | None], dict[str, Any] | None]:
    """A function to what a problem tells of a session, given those of several that there are not.

    What tells one request from another, as `instance` does, tells nothing of sessions: such are the members
    beyond the contract that differ among these problems. That they are there, all have in common.
    """
    problems = [problem for problem in unknown if problem is not None]
    names = {name for problem in problems for name in problem} - DEFINED
    own = {
        name
        for name in names
        if any(name in problem and problem[name] != problems[0].get(name) for problem in problems)
    } | {"instance"}

    def tell(problem: dict[str, Any] | None) -> dict[str, Any] | None:
        return problem and {name: None if name in own else value for name, value in problem.items()}

    return tell


def _judge_order(trial: Trial, creation: Creation, partner: Partner) -> None:
    """HTTP-18: 401 comes before 403, and 403 before all that is wrong with the request."""
    request = trial.sign(trial.creating(creation=creation), partner=partner)
    exchange = trial.send(with_header(request, "Signature", "AAAA"))
    trial.expect("HTTP-18", exchange, 401, "invalid_signature", "401 before 403")
    for case, body, headers in (
        ("403 before 415", None, (("Content-Type", "text/plain"),)),
        ("403 before 400 malformed_json", b"{", JSON),
        ("403 before 406", None, (*JSON, ("Accept", "*/*;q=0"))),
    ):
        exchange = trial.post(creation=creation, partner=partner, body=body, headers=headers)
        trial.expect("HTTP-18", exchange, 403, "flow_not_enabled", case)


@judges("SESS-13", besides=("HTTP-18",))
def partners_use_what_they_were_onboarded_for(trial: Trial) -> None:
    """The other customer management is forbidden, whatever is wrong with the request besides."""
    withheld = trial.withheld()
    for partner, creation in withheld:
        exchange = trial.post(creation=creation, partner=partner)
        trial.expect("SESS-13", exchange, 403, "flow_not_enabled", f"{creation.name} as {partner.name}")
        exchange = trial.post({"currency": "EURO"}, creation=creation, partner=partner)
        trial.expect(
            "SESS-13", exchange, 403, "flow_not_enabled", "an invalid request for a flow not enabled"
        )
        _judge_order(trial, creation, partner)
    for partner in trial.known.target.partners:
        # Both operations for partners' own customers are of one model: onboarded for one is for the other.
        managed = [creation for creation in CREATIONS if creation.management == "partner"]
        usable = [creation for creation in managed if partner in trial.known.partners(creation)]
        for creation in usable if len(usable) < len(managed) else ():
            exchange = trial.post(creation=creation, partner=partner)
            case = f"{creation.name} as {partner.name}, refused for the same model elsewhere"
            trial.expect("SESS-13", exchange, 403, "flow_not_enabled", case)
    if not withheld:
        raise Obstacle(
            "needs credentials of a partner that may not use some operation (repeat --credentials)"
        )
