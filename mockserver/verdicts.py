"""What every check made of a request, read from the answer: the first that fails decides it (HTTP-18)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_REACHED = "not_reached"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A check and its verdict."""

    check: str
    verdict: Verdict


_BEFORE = ("path", "method", "size")
_SIGNED = ("credentials", "api_key", "timestamp_form", "timestamp_window", "signature", "rate")
_BODY = ("content_type", "json", "schema", "amount")

CREATION = (*_BEFORE, *_SIGNED, "flow", "accept", *_BODY, "idempotency_key")
LOOK_UP = (*_BEFORE, *_SIGNED, "accept", "session")
PAYER_LOOK_UP = (*_BEFORE, "session", "rate", "accept")
PAYER_STEP = (*PAYER_LOOK_UP, *_BODY, "step")
UNROUTED = ("path", "method")

CHECK_OF: Mapping[str, str] = {
    "not_found": "path",
    "method_not_allowed": "method",
    "body_too_large": "size",
    "missing_credentials": "credentials",
    "unknown_api_key": "api_key",
    "malformed_timestamp": "timestamp_form",
    "timestamp_out_of_window": "timestamp_window",
    "invalid_signature": "signature",
    "rate_limited": "rate",
    "flow_not_enabled": "flow",
    "not_acceptable": "accept",
    "unsupported_media_type": "content_type",
    "malformed_json": "json",
    "invalid_request": "schema",
    "amount_out_of_range": "amount",
    "idempotency_key_reused": "idempotency_key",
    "idempotency_in_progress": "idempotency_key",
    "session_not_found": "session",
    "step_not_possible": "step",
}
"""The check that answers with a problem's code; 500 and 503 are no check's."""


def judge(checks: Sequence[str], *, status: int, code: str | None) -> list[Judgement]:
    """The verdict of each of ``checks``, in order; none where the answer is no check's doing."""
    if code is None and status < 400:
        return [Judgement(check, Verdict.PASSED) for check in checks]
    failed = CHECK_OF.get(code or "")
    if failed is None or failed not in checks:
        return []
    position = checks.index(failed)
    return [
        *(Judgement(check, Verdict.PASSED) for check in checks[:position]),
        Judgement(failed, Verdict.FAILED),
        *(Judgement(check, Verdict.NOT_REACHED) for check in checks[position + 1 :]),
    ]
