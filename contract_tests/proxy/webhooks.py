"""Judges deliveries: the implementation that sends them, and the receiver that answers."""

import base64
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from ..json_text import JsonFault, strict_json
from ..receivers.delivery import SIGNATURE, TIMESTAMP
from ..webhooks import STAMPED_APART_SECONDS
from ..wire import Request
from .conversation import Observed
from .document import Document
from .record import Fault, Record, Side

WINDOW_SECONDS: Final = 300
REMEMBERED: Final = 10_000
TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class _Attempt:
    """One that went by; it `began` by ``time.monotonic()``."""

    body: bytes
    timestamp: str
    began: float


class WebhookJudge:
    """Remembers the last attempt of each event, so that a retry can be compared with the attempt before."""

    def __init__(self, *, document: Document, record: Record, key: rsa.RSAPublicKey | None) -> None:
        """`key` is the implementation's; without one, signatures are not verified."""
        self._document = document
        self._record = record
        self._key = key
        self._events: OrderedDict[str, _Attempt] = OrderedDict()

    def judge(self, observed: Observed, tell: Callable[[Fault], None]) -> None:
        """Judge one delivery, and its answer."""
        exchange = observed.exchange
        if not observed.whole:
            self._record.unjudged += 1
            return
        implementation = self._record.observer(Side.IMPLEMENTATION, exchange, tell)
        receiver = self._record.observer(Side.RECEIVER, exchange, tell)
        faults = self._faults(exchange.request, observed.began)
        for requirement, text in faults.items():
            implementation.broken(requirement, text)
        for requirement in {"HOOK-01", "HOOK-02", "HOOK-04"} - set(faults):
            implementation.check(requirement, True, None, "")
        if self._key is not None and "HOOK-03" not in faults:
            implementation.check("HOOK-03", True, None, "")
        acknowledged = exchange.answer is not None and 200 <= exchange.answer.status < 300
        if "HOOK-03" in faults:
            receiver.check("RECV-02", not acknowledged, None, "a refusal of a signature that is wrong")
        elif "HOOK-04" in faults:
            receiver.check("RECV-03", not acknowledged, None, "a refusal of a time stamp that is wrong")
        elif acknowledged and not faults:
            # A refusal of what is genuine shows nothing: the session may not be the receiver's.
            receiver.check("RECV-01", True, None, "")

    def _faults(self, request: Request, began: float) -> dict[str, str]:
        faults: dict[str, str] = {}
        body = request.body or b""
        if request.method != "POST" or request.media_type != "application/json":
            faults["HOOK-01"] = "no POST of application/json"
        event = _parse(body)
        if event is None:
            faults["HOOK-01"] = "a body that is no JSON object in UTF-8"
        else:
            data = event.get("data")
            kind = data.get("eventType") if isinstance(data, dict) else None
            faults |= self._document.delivery_faults(request, str(kind))
            attempt = _Attempt(body=body, timestamp=request.header(TIMESTAMP) or "", began=began)
            faults |= self._repeat_faults(str(event.get("eventId")), attempt)
        faults |= self._signature_faults(request, body)
        return faults

    def _repeat_faults(self, event_id: str, attempt: _Attempt) -> dict[str, str]:
        before = self._events.get(event_id)
        self._events[event_id] = attempt
        if len(self._events) > REMEMBERED:
            self._events.popitem(last=False)
        if before is None:
            return {}
        faults = {}
        if before.body != attempt.body:
            faults["HOOK-19"] = "another body than the attempt before"
        if (
            before.timestamp == attempt.timestamp
            and abs(attempt.began - before.began) >= STAMPED_APART_SECONDS
        ):
            faults["HOOK-18"] = "the StableMint-Timestamp of the attempt before"
        return faults

    def _signature_faults(self, request: Request, body: bytes) -> dict[str, str]:
        timestamp, signature = request.header(TIMESTAMP) or "", request.header(SIGNATURE) or ""
        faults = {}
        age = _age(timestamp)
        if age is None:
            faults["HOOK-04"] = "a StableMint-Timestamp that is not written YYYY-MM-DDThh:mm:ss.sssZ"
        elif abs(age) > WINDOW_SECONDS:
            faults["HOOK-04"] = f"a StableMint-Timestamp {age:.0f} s from now"
        if not signature:
            faults["HOOK-03"] = "no StableMint-Signature"
        elif self._key is not None and not _verifies(self._key, f"{timestamp},".encode() + body, signature):
            faults["HOOK-03"] = "a StableMint-Signature that does not verify over time stamp and body"
        return faults


def _parse(body: bytes) -> dict[str, Any] | None:
    try:
        value = strict_json(body)
    except JsonFault:
        return None
    return value if isinstance(value, dict) else None


def _age(timestamp: str) -> float | None:
    """Seconds since `timestamp`; None where it is none."""
    if TIME.fullmatch(timestamp) is None:
        return None
    try:
        return (datetime.now(UTC) - datetime.fromisoformat(timestamp)).total_seconds()
    except ValueError:
        return None


def _verifies(key: rsa.RSAPublicKey, message: bytes, signature: str) -> bool:
    try:
        key.verify(base64.b64decode(signature, validate=True), message, padding.PKCS1v15(), SHA256())
    except (ValueError, InvalidSignature):
        return False
    return True
