"""What a handler is given and what it gives back, whatever framework carries it."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any

from reference_impl.environment import Environment

JSON = "application/json"
PROBLEM_JSON = "application/problem+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request that has passed every check before its handler.

    ``environment`` is what it concerns, ``caller`` who was authenticated (a ``Partner`` on the session API),
    ``document`` the parsed and valid body, None where the operation takes none; ``query`` the declared query
    parameters that were sent, typed.
    """

    operation_id: str
    request_id: str
    environment: Environment
    caller: Any
    path_parameters: Mapping[str, str]
    query: Mapping[str, Any]
    document: Any = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A response: exact body bytes, header names in lower case."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON


@dataclass(frozen=True, slots=True)
class StreamedAnswer(Answer):
    """A response whose content comes bit by bit, until ``chunks`` ends or the client goes away."""

    chunks: AsyncGenerator[bytes, None] = field(kw_only=True)


def answer_json(document: object, *, status: int = 200, location: str | None = None) -> Answer:
    """An answer of JSON, as UTF-8; ``location`` says where what was made is found."""
    headers = {} if location is None else {"location": location}
    return Answer(status, json.dumps(document, ensure_ascii=False).encode(), headers)
