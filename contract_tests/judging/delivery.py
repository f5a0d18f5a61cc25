"""What holds for every delivery, whatever it tells: how it is sent, what it is, who signed it, and when."""

import datetime
import re
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa

from ..receiver import Arrival
from ..signing import signs_webhook
from ..webhooks import event_faults
from . import Check

JUDGED: Final = ("HOOK-01", "HOOK-02", "HOOK-03", "HOOK-04")
TIMESTAMP: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
MEDIA_TYPE: Final = re.compile(r"application/json(\s*;\s*charset=\"?utf-8\"?)?", re.IGNORECASE)
LATE_SECONDS: Final = 30.0
"""Between the time stamp and the arrival: a network, a busy machine, and clocks that differ a little."""


def judge_delivery(arrival: Arrival, *, key: rsa.RSAPublicKey, skew: float, check: Check) -> None:
    """Judge a delivery by itself. `skew` is in seconds, positive where the target's clock is ahead."""
    request, exchange = arrival.request, arrival.exchange
    body = request.body or b""
    check("HOOK-01", request.method == "POST", exchange, "a delivery by POST")
    media_type = request.header("Content-Type") or ""
    check("HOOK-01", MEDIA_TYPE.fullmatch(media_type) is not None, exchange, "Content-Type: application/json")
    check("HOOK-01", _is_utf8(body), exchange, "a body in UTF-8 without a byte order mark")
    faults = event_faults(arrival.event_type, body)
    check("HOOK-02", not faults, exchange, f"a valid event, without: {'; '.join(faults[:5])}")
    timestamp = request.header("StableMint-Timestamp") or ""
    signature = request.header("StableMint-Signature") or ""
    truth = signs_webhook(key, timestamp=timestamp, signature=signature, body=body)
    check("HOOK-03", truth, exchange, "a StableMint-Signature over time stamp, comma and these bytes")
    expected = "a StableMint-Timestamp that is the real time of the attempt"
    check("HOOK-04", _is_near(timestamp, arrival.at + skew), exchange, expected)


def _is_utf8(body: bytes) -> bool:
    try:
        return not body.decode("utf-8").startswith("\ufeff")
    except UnicodeDecodeError:
        return False


def _is_near(timestamp: str, now: float) -> bool:
    if TIMESTAMP.fullmatch(timestamp) is None:
        return False
    try:
        stamped = datetime.datetime.fromisoformat(timestamp).timestamp()
    except ValueError:
        return False
    return abs(stamped - now) <= LATE_SECONDS
