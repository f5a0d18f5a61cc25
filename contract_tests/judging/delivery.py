"""What holds for every delivery, whatever it tells: its form, its signature, its time, and whom it names."""

import datetime
import re
from collections.abc import Sequence
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa

from ..receiver import Arrival
from ..signing import signs_webhook
from ..webhooks import STAMPED_APART_SECONDS, event_faults
from . import Check

TIMESTAMP: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
_WORD: Final = r"[!#$%&'*+.^_`|~0-9a-z-]+"
_PARAMETER: Final = rf'(?:charset=(?:utf-8|"utf-8")|(?!charset=){_WORD}=(?:{_WORD}|"(?:[^"\\]|\\.)*"))'
MEDIA_TYPE: Final = re.compile(rf"application/json(?:[ \t]*;[ \t]*{_PARAMETER}?)*", re.IGNORECASE)
"""JSON in UTF-8, whatever parameters it has besides (RFC 9110 section 5.6.6)."""
APART_SECONDS: Final = 10.0
"""By which clocks may differ, that of the machine that sends included, and which a busy one may take."""


def judge_delivery(
    arrival: Arrival, *, key: rsa.RSAPublicKey | None, since: float, skew: float, partner: str, check: Check
) -> None:
    """Judge a delivery to an endpoint of `partner` by itself; no attempt was made before `since`.

    `since` is real time in seconds since 1970; `skew` is in seconds, positive where the target's clock is
    ahead. Without a `key`, nothing is said of the signature.
    """
    request, exchange = arrival.request, arrival.exchange
    body = request.body or b""
    check("HOOK-01", request.method == "POST", exchange, "a delivery by POST")
    media_type = request.header("Content-Type") or ""
    check("HOOK-01", MEDIA_TYPE.fullmatch(media_type) is not None, exchange, "Content-Type: application/json")
    check("HOOK-01", _is_utf8(body), exchange, "a body in UTF-8 without a byte order mark")
    faults = event_faults(arrival.event_type, body)
    check("HOOK-02", not faults, exchange, f"a valid event, without: {'; '.join(faults[:5])}")
    timestamp = request.header("StableMint-Timestamp") or ""
    if key is not None:
        signature = request.header("StableMint-Signature") or ""
        truth = signs_webhook(key, timestamp=timestamp, signature=signature, body=body)
        check("HOOK-03", truth, exchange, "a StableMint-Signature over time stamp, comma and these bytes")
    truth = _lies_between(timestamp, since + skew, arrival.at + skew)
    check("HOOK-04", truth, exchange, "a StableMint-Timestamp that is the real time of the attempt")
    _judge_names(arrival, partner, check)


def judge_attempts(attempts: Sequence[Arrival], check: Check) -> None:
    """HOOK-18, HOOK-19: the same event in the same bytes, signed at the time of each attempt.

    At least one of the `attempts` at one event must have been made.
    """
    first = attempts[0]
    for again in attempts[1:]:
        same = again.request.body == first.request.body
        expected = f"the bytes of the first attempt, event {first.event_id}, in each attempt"
        check("HOOK-19", same, again.exchange, expected)
        if again.at - first.at < STAMPED_APART_SECONDS:
            continue
        afresh = all(
            again.request.header(name) != first.request.header(name)
            for name in ("StableMint-Timestamp", "StableMint-Signature")
        )
        check("HOOK-18", afresh, again.exchange, "a time stamp and a signature of its own")


def _judge_names(arrival: Arrival, partner: str, check: Check) -> None:
    data = arrival.data
    named = data.get("partnerName") == partner and isinstance(data.get("sessionId"), str)
    check("HOOK-13", named, arrival.exchange, f"a sessionId and the partnerName {partner}")
    if "status" in data or "previousStatus" in data:
        before, after = data.get("previousStatus"), data.get("status")
        expected = f"the statuses before and after a transition, not {before} and {after};"
        check("HOOK-13", before != after, arrival.exchange, expected)


def _is_utf8(body: bytes) -> bool:
    try:
        return not body.decode("utf-8").startswith("\ufeff")
    except UnicodeDecodeError:
        return False


def _lies_between(timestamp: str, earliest: float, latest: float) -> bool:
    if TIMESTAMP.fullmatch(timestamp) is None:
        return False
    try:
        stamped = datetime.datetime.fromisoformat(timestamp).timestamp()
    except ValueError:
        return False
    return earliest - APART_SECONDS <= stamped <= latest + APART_SECONDS
