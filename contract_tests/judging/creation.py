"""What a 201 must be, given what was asked for."""

import re
from collections.abc import Mapping
from typing import Any, Final

from .. import document
from ..operations import Creation
from ..wire import Answer, Exchange
from . import Check

CREATED: Final = (
    "SESS-01",
    "SESS-02",
    "SESS-04",
    "SESS-05",
    "SESS-07",
    "SESS-08",
    "SESS-09",
    "SESS-04",
    "SESS-14",
    "DATA-13",
)
JSON: Final = "application/json"
SESSION_ID: Final = re.compile(r"[A-Za-z0-9_-]{22,64}")
TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
ECHOED: Final = ("userId", "websiteReference", "customFields")


def judge_creation(
    exchange: Exchange, *, creation: Creation, members: Mapping[str, Any], check: Check
) -> None:
    """Judge the answer to a valid creation that asked for `members`, as parsed from its body."""
    answer = exchange.answer
    session = answer.json() if answer is not None and answer.status == 201 else None
    check("SESS-01", isinstance(session, dict), exchange, "201 with a session")
    if answer is None or not isinstance(session, dict):
        return
    faults = document.response_faults(creation.path, session)
    check("SESS-01", not faults, exchange, f"a session valid against its schema, but {'; '.join(faults)}")
    check("SESS-01", answer.media_type == JSON, exchange, f"Content-Type: {JSON}")
    identifier = str(session.get("sessionId"))
    place = f"/session/{identifier}"
    check("SESS-01", answer.header("Location") == place, exchange, f"Location: {place}")
    check(
        "SESS-02",
        SESSION_ID.fullmatch(identifier) is not None,
        exchange,
        "a sessionId of 22 to 64 of A-Za-z0-9_-",
    )
    _judge_echo(exchange, session, creation, members, check)
    fresh = session.get("status") == "open" and session.get("deposit", 0) is None
    check("SESS-07", fresh, exchange, "an open session without a deposit")
    times = [session.get(name) for name in ("createdAt", "expiresAt")]
    truth = all(isinstance(time, str) and TIME.fullmatch(time) for time in times)
    check("SESS-14", truth, exchange, "times like 2030-01-31T12:00:00.000Z")
    if creation.type == "hosted":
        url = session.get("sessionUrl")
        truth = isinstance(url, str) and re.match(r"https?://[^/]", url) is not None
        check("SESS-08", truth, exchange, "an absolute sessionUrl")
    else:
        methods, banks = session.get("allowedPaymentMethods"), session.get("savedBanks")
        truth = isinstance(methods, list) and len(methods) > 0 and isinstance(banks, list)
        truth = truth and session.get("paymentMethod", 0) is None
        check("SESS-09", truth, exchange, "allowedPaymentMethods, savedBanks and a paymentMethod of null")


def _judge_echo(
    exchange: Exchange,
    session: Mapping[str, Any],
    creation: Creation,
    members: Mapping[str, Any],
    check: Check,
) -> None:
    expected = {
        "type": creation.type,
        "customerManagement": creation.management,
        "currency": members.get("currency"),
        "country": members.get("userCountryCode"),
    }
    wrong = [name for name, value in expected.items() if session.get(name) != value]
    check("SESS-04", not wrong, exchange, f"{', '.join(wrong) or 'everything'} as asked")
    amount = session.get("amount", 0)
    if "amount" in members:
        same = (
            isinstance(amount, int | float)
            and not isinstance(amount, bool)
            and amount == float(members["amount"])
        )
        said = f"the amount {members['amount']}, not {number_or_not(amount)};"
        check("SESS-04", same, exchange, said)
        check("DATA-13", same, exchange, said)
    else:
        check("SESS-04", amount is None, exchange, "an amount of null as long as there is none")
    changed = [
        name
        for name in ECHOED
        if session.get(name) != members.get(name) or (name in session) != (name in members)
    ]
    check("SESS-05", not changed, exchange, f"{', '.join(changed) or 'the rest'} as sent, or absent as sent")


def judge_representation(exchange: Exchange, session: Any, check: Check) -> None:
    """SESS-10: a look-up is answered 200 with this very session."""
    found = exchange.answer.json() if exchange.answer is not None else None
    expected = "200 with the representation of the 201"
    if isinstance(found, dict) and isinstance(session, dict) and (names := differing(found, session)):
        expected += f", where {', '.join(names)} {'is' if len(names) == 1 else 'are'} another;"
    check("SESS-10", is_representation(exchange.answer, session), exchange, expected)


def is_representation(answer: Answer | None, session: Any) -> bool:
    """Whether an answer is a 200 with this very session (SESS-10)."""
    if answer is None or answer.status != 200 or answer.media_type != JSON:
        return False
    return is_same_session(answer.json(), session)


def is_same_session(found: Any, session: Any) -> bool:
    """Whether two are one session in all that the document names of it."""
    if isinstance(found, dict) and isinstance(session, dict):
        return not differing(found, session)
    return bool(found == session)


def differing(found: dict[str, Any], session: dict[str, Any]) -> list[str]:
    """The members that the document names, and that one representation has otherwise or not at all."""
    one, other = document.named_members(found), document.named_members(session)
    return sorted(name for name in one.keys() | other.keys() if one.get(name, ...) != other.get(name, ...))


def number_or_not(value: Any) -> str:
    """A number for a message; what is none is not repeated there."""
    return (
        str(value) if isinstance(value, int | float) and not isinstance(value, bool) else "what is no number"
    )
