"""What holds for every answer, whatever was asked: headers, no failure, one shape for errors."""

import re
from collections.abc import Mapping
from typing import Any, Final

import openapi

from ..wire import Answer, Exchange
from . import Check

STANDING: Final = (
    "HTTP-07",
    "HTTP-16",
    "HTTP-17",
    "ERR-01",
    "ERR-02",
    "ERR-03",
    "ERR-04",
    "ERR-06",
    "ERR-08",
    "ERR-11",
)
REQUEST_ID: Final = re.compile(r"[!-~]{1,64}")
MEMBERS: Final = ("type", "title", "detail", "instance", "code")
FIELD_CODES: Final = frozenset(
    {
        "required",
        "unknown_field",
        "wrong_type",
        "not_in_list",
        "out_of_range",
        "too_short",
        "too_long",
        "too_many",
        "bad_format",
    }
)
TRACES: Final = (
    "Traceback (most recent call last)",
    'File "',
    "\tat ",
    "    at ",
    "stack trace",
    "Exception:",
)
WAITING: Final = frozenset({"idempotency_in_progress", "rate_limited", "service_unavailable"})


def judge_answer(exchange: Exchange, *, seen: set[str], check: Check) -> None:
    """Judge what every answer has in common; `seen` collects the Request-Ids of the run."""
    answer = exchange.answer
    truth = answer is not None and answer.status < 500
    if not check("ERR-11", truth, exchange, "an answer, and none of 500 and above") or answer is None:
        return
    value = answer.header("Request-Id") or ""
    check(
        "HTTP-16",
        REQUEST_ID.fullmatch(value) is not None,
        exchange,
        "a Request-Id of 1 to 64 visible ASCII characters",
    )
    check(
        "HTTP-16",
        value not in seen,
        exchange,
        f"a Request-Id that no answer had before, not {value[:64]} again;",
    )
    seen.add(value)
    check("HTTP-17", answer.header("Cache-Control") == "no-store", exchange, "Cache-Control: no-store")
    cross = [name for name, _ in answer.headers if name.lower().startswith("access-control-")]
    check("HTTP-07", not cross, exchange, "no Access-Control-* header")
    if answer.status >= 400 and exchange.request.method != "HEAD":
        judge_problem(exchange, check=check)


def judge_problem(exchange: Exchange, *, check: Check) -> None:
    """Judge an error as a problem of the catalogue (RFC 9457).

    Answers below 400 are not this function's business.
    """
    answer = exchange.answer
    if answer is not None and answer.status < 400:
        return
    problem = answer.json() if answer is not None else None
    whole = (
        answer is not None
        and answer.media_type == "application/problem+json"
        and isinstance(problem, dict)
        and all(isinstance(problem.get(name), str) and problem[name] for name in MEMBERS)
        and _is_integer(problem.get("status"))
    )
    expected = "application/problem+json with type, title, status, detail, instance and code"
    if not check("ERR-01", whole, exchange, expected) or answer is None or not isinstance(problem, dict):
        return
    known = openapi.problems().get(problem["code"])
    truth = known is not None and problem["status"] == answer.status == known.status
    check("ERR-02", truth, exchange, "a code of the catalogue, and its status as HTTP status and as status")
    instance = f"urn:stablemint:request:{answer.header('Request-Id')}"
    check("ERR-03", problem["instance"] == instance, exchange, f"the instance {instance}")
    kind = problem["type"]
    truth = re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", kind) is not None and kind.endswith(
        "/docs/problems/" + problem["code"]
    )
    check("ERR-04", truth, exchange, f"an absolute URI that ends with /docs/problems/{problem['code']}")
    _judge_errors(exchange, problem, check)
    _judge_leaks(exchange, answer, check)
    if problem["code"] in WAITING:
        wait = answer.header("Retry-After") or ""
        check("ERR-09", wait.isascii() and wait.isdigit(), exchange, "Retry-After in whole seconds")


def _is_integer(value: Any) -> bool:
    """Whether a number is whole, however it is written: JSON has no other integers, nor has JSON Schema."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1


def _judge_errors(exchange: Exchange, problem: Mapping[str, Any], check: Check) -> None:
    if problem["status"] != 400:
        return
    errors = problem.get("errors")
    if problem["code"] == "malformed_json":
        check("ERR-08", errors == [], exchange, 'a malformed_json with "errors": []')
        return
    truth = (
        isinstance(errors, list)
        and len(errors) > 0
        and all(
            isinstance(entry, dict)
            and isinstance(entry.get("pointer"), str)
            and re.fullmatch(r"(/([^~/]|~[01])*)*", entry["pointer"], re.DOTALL) is not None
            and entry.get("code") in FIELD_CODES
            and isinstance(entry.get("detail"), str)
            and entry["detail"]
            for entry in errors
        )
    )
    check("ERR-06", bool(truth), exchange, "errors, each with a pointer, a listed code and a detail")


def _judge_leaks(exchange: Exchange, answer: Answer, check: Check) -> None:
    text = answer.body.decode("utf-8", "replace") + "\n".join(value for _, value in answer.headers)
    found = [trace for trace in TRACES if trace in text]
    check("ERR-10", not found, exchange, "an error without a stack trace")
