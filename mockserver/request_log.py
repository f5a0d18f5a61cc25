"""The log of requests: the last of a namespace, shown without secrets and without who the payer is."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mockserver.verdicts import Judgement, judge
from reference_impl.domain.events import as_rfc3339
from reference_impl.domain.privacy import MASK, Privacy, mask_whole

LENGTH = 500
"""Requests that are kept."""

LONGEST_BODY = 16_384
"""Bytes of a body that are kept; a longer one is not shown, as a part of it could not be masked."""

_SECRET_HEADERS = frozenset(
    {"apikey", "signature", "authorization", "cookie", "set-cookie", "proxy-authorization"}
)


_SIGNATURE = re.compile(r"[A-Za-z0-9+/_%-]{340,}=*")
"""What may be a signature of 2,048 bits or more, in whatever field a client has put it."""


@dataclass(slots=True, kw_only=True)  # not frozen: made for every request, that costs a third less
class LoggedRequest:
    """A request and its answer. ``at`` is real time; ``duration`` in seconds of it; ``body`` of None is one
    that was too long. ``status`` is None where the connection was broken off.
    """

    request_id: str
    at: datetime
    method: str
    target: str
    partner: str | None
    operation_id: str | None
    fields: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)
    body_size: int
    status: int | None
    code: str | None
    fault_id: str | None
    duration: float
    answer_fields: Mapping[str, str] = field(repr=False)
    answer_body: bytes | None = field(repr=False)
    checks: tuple[str, ...]
    diagnosis: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def verdicts(self) -> list[Judgement]:
        """What each check decided; judged only when somebody looks."""
        return [] if self.status is None else judge(self.checks, status=self.status, code=self.code)


class RequestLog:
    """The last ``LENGTH`` requests."""

    def __init__(self) -> None:
        self._requests: deque[LoggedRequest] = deque(maxlen=LENGTH)

    def __iter__(self) -> Iterator[LoggedRequest]:
        """The latest first."""
        return reversed(self._requests)

    def add(self, request: LoggedRequest) -> None:
        """Log a request; the oldest goes where the log is full."""
        self._requests.append(request)

    def get(self, request_id: str) -> LoggedRequest | None:
        """The request of that `Request-Id`."""
        return next((request for request in self._requests if request.request_id == request_id), None)

    def clear(self) -> None:
        """Forget all."""
        self._requests.clear()


def show_request(request: LoggedRequest, secrets: Iterable[str] = ()) -> dict[str, Any]:
    """A request in a list, without ``secrets``, wherever it has them."""
    return _line(request, _privacy(request, secrets))


def _line(request: LoggedRequest, privacy: Privacy) -> dict[str, Any]:
    return {
        "requestId": request.request_id,
        "at": as_rfc3339(request.at),
        "method": request.method,
        "path": privacy.mask_target(request.target),
        "partner": request.partner,
        "operationId": request.operation_id,
        "status": request.status,
        "code": request.code,
        "faultId": request.fault_id,
        "durationSeconds": request.duration,
    }


def show_exchange(request: LoggedRequest, secrets: Iterable[str] = ()) -> dict[str, Any]:
    """A request with its answer and verdicts.

    What the body says of the payer is shown nowhere in it, nor are ``secrets`` and signatures, whatever field
    a client has put them into.
    """
    privacy = _privacy(request, secrets)
    return _line(request, privacy) | {
        "headers": _shown_fields(request.fields, privacy),
        "body": _shown(request.body, privacy),
        "bodySize": request.body_size,
        "answerHeaders": _shown_fields(request.answer_fields, privacy),
        "answerBody": _shown_answer(request, privacy),
        "diagnosis": _shown_diagnosis(request, request.diagnosis, privacy),
        "verdicts": [
            {"check": judgement.check, "verdict": judgement.verdict} for judgement in request.verdicts
        ],
    }


def problem_code(fields: Mapping[str, str], body: bytes | None) -> str | None:
    """The code of an answer that is a problem; None where none can be read, as in an answer to HEAD."""
    if body is None or not fields.get("content-type", "").startswith("application/problem+json"):
        return None
    try:
        problem = json.loads(body)
    except (ValueError, RecursionError):
        return None
    code = problem.get("code") if isinstance(problem, dict) else None
    return code if isinstance(code, str) else None


def _privacy(request: LoggedRequest, secrets: Iterable[str]) -> Privacy:
    body = request.body or b""
    texts = (request.target, *request.fields.values(), body.decode("latin-1"))
    signatures = [found for text in texts for found in _SIGNATURE.findall(text)]
    return Privacy(*([body] if body else []), secrets=(*secrets, *signatures))


def _shown_fields(fields: Mapping[str, str], privacy: Privacy) -> dict[str, str]:
    return {
        name: MASK if name in _SECRET_HEADERS else privacy.mask_text(value) for name, value in fields.items()
    }


def _shown_answer(request: LoggedRequest, privacy: Privacy) -> Any:
    shown = _shown(request.answer_body, privacy)
    if isinstance(shown, dict) and "diagnosis" in shown:
        shown |= {name: _shown_diagnosis(request, shown[name], privacy) for name in ("detail", "diagnosis")}
    return shown


def _shown_diagnosis(request: LoggedRequest, diagnosis: Any, privacy: Privacy) -> Any:
    """A diagnosis, which may quote what was sent: of what could not be read, too."""
    if request.body is None or not privacy.is_known:
        return mask_whole(diagnosis)
    return privacy.mask(diagnosis)


def _shown(body: bytes | None, privacy: Privacy) -> Any:
    return None if body is None else privacy.mask_json(body)
