"""What the API answers when it refuses: a code of the document's catalogue, and the faults it found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Fault:
    """One faulty location of a request (ERR-06).

    ``pointer`` is an RFC 6901 JSON pointer into the body, ``code`` one of the document's fault codes;
    ``detail`` never repeats a submitted value (ERR-07).
    """

    pointer: str
    code: str
    detail: str


@dataclass(slots=True, eq=False)  # by identity, like every exception: equality would make it unhashable
class Problem(Exception):
    """A refusal, to be rendered as RFC 9457 problem details.

    ``code`` is a key of some document's ``openapi.problems()``, which gives status and title. ``faults`` is
    None where the problem has no ``errors`` member. ``members`` are its further members, ``headers`` the
    header fields that its status needs beyond those of every answer.
    """

    code: str
    detail: str
    faults: Sequence[Fault] | None = None
    members: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def unauthenticated(code: str, detail: str) -> Problem:
    """A 401, with the challenge that RFC 9110 §11.6.1 asks for (AUTH-01)."""
    return Problem(code, detail, headers={"www-authenticate": 'StableMint realm="api"'})


def unavailable(detail: str) -> Problem:
    """A 503 for what passes by itself, with `Retry-After` (ERR-09)."""
    return Problem("service_unavailable", detail, headers={"retry-after": "1"})


def invalid_request(faults: Sequence[Fault]) -> Problem:
    """A 400 that lists every fault found (ERR-05)."""
    count = len(faults)
    where = "one place" if count == 1 else f"{count} places"
    return Problem(
        "invalid_request", f"The request is faulty in {where}; `errors` lists each one.", faults=faults
    )


def malformed_json(reason: str) -> Problem:
    """A 400 for a body that is not one JSON text (RFC 8259) as the contract narrows it (ERR-08)."""
    return Problem("malformed_json", f"The body is not valid JSON: {reason}.", faults=())
