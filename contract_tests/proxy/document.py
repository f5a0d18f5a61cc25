"""What openapi-core finds wrong by the document, and which requirement says so."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final

from openapi_core import OpenAPI, V31RequestValidator, V31ResponseValidator, V31WebhookRequestValidator
from openapi_core.templating.media_types.exceptions import MediaTypeNotFound
from openapi_core.templating.paths.exceptions import OperationNotFound, PathNotFound, ServerNotFound
from openapi_core.templating.responses.exceptions import ResponseNotFound
from openapi_core.testing import MockRequest, MockResponse
from openapi_core.validation.request.exceptions import ParameterValidationError, SecurityValidationError
from openapi_core.validation.schemas.exceptions import InvalidSchemaValue

import openapi

from ..json_text import JsonFault, NameTwice, TooDeep, strict_json
from ..judging.oracle import FIELDS
from ..webhooks import GIVING_UP, UNLIKE_THE_DOCUMENT
from ..wire import Answer, Exchange, Headers, Request

JSON_TYPES: Final = ("application/json", "application/problem+json")
SERVER: Final = "http://localhost:8080"
HEADERS: Final[Mapping[str, str]] = {
    "request-id": "HTTP-16",
    "cache-control": "HTTP-17",
    "location": "SESS-01",
    "allow": "HTTP-02",
    "retry-after": "ERR-09",
    "www-authenticate": "AUTH-01",
    "idempotency-replayed": "IDEM-03",
}
"""Which requirement has an answer carry a header field."""

Faults = dict[str, str]
"""What is wrong, in words without any value that was sent, by the requirement that it breaks."""


class Document:
    """The validators, compiled once. For use by one thread."""

    def __init__(self) -> None:
        spec, self._events = _compile()
        # Of its own accord it reads more than JSON, and of the types that end in +json but one.
        reading: dict[str, Callable[[bytes], Any]] = dict.fromkeys(JSON_TYPES, strict_json)
        self._requests = V31RequestValidator(spec, extra_media_type_deserializers=reading)
        self._answers = V31ResponseValidator(spec, extra_media_type_deserializers=reading)
        self._webhooks = V31WebhookRequestValidator(spec, extra_media_type_deserializers=reading)

    def request_faults(self, request: Request) -> Faults:
        """What is wrong with a partner's request."""
        return _collect(_of_request(error) for error in _found(self._requests.iter_errors(_Sent(request))))

    def answer_faults(self, exchange: Exchange, answer: Answer) -> Faults:
        """What is wrong with an implementation's answer to a request that the document knows."""
        sent, received = _Sent(exchange.request), _Received(answer)
        return _collect(
            _of_answer(error, answer) for error in _found(self._answers.iter_errors(sent, received))
        )

    def delivery_faults(self, request: Request, event_type: str) -> Faults:
        """What is wrong with a webhook delivery of this type."""
        if event_type not in self._events:
            return {"HOOK-02": "an eventType that the document does not have"}
        sent = _Sent(request, name=event_type)
        return _collect(("HOOK-02", _describe(error)) for error in _found(self._webhooks.iter_errors(sent)))


@cache
def _compile() -> tuple[Any, frozenset[str]]:
    """The document as openapi-core reads it, which takes a while, and its types of events."""
    described: Any = {**openapi.load(), "servers": [{"url": SERVER}]}
    return OpenAPI.from_dict(described).spec, frozenset(described["webhooks"])


class _Sent(MockRequest):
    """A request as openapi-core takes it; `name` is an event's type."""

    def __init__(self, request: Request, *, name: str = "") -> None:
        super().__init__(
            SERVER,
            "GET" if request.method == "HEAD" else request.method,  # RFC 9110 section 9.3.2
            request.path.partition("?")[0],
            headers=_joined(request.headers),
            data=request.body,
            content_type=request.media_type,  # whose parameters it does not take as they may come
        )
        self.name = name


class _Received(MockResponse):
    """An answer as openapi-core takes it."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.body, answer.status, _joined(answer.headers), answer.media_type)


class _GivenUp(Exception):
    """A validator could not go on: what it met is nothing that the document describes."""


def _found(errors: Iterator[Exception]) -> Iterator[Exception]:
    """The errors; one more where a validator gives up."""
    try:
        yield from errors
    except GIVING_UP:
        yield _GivenUp()


def _joined(headers: Headers) -> dict[str, Any]:
    """Repeated fields as one (RFC 9110 section 5.3)."""
    fields: dict[str, Any] = {}
    for name, value in headers:
        key = name.lower()
        fields[key] = f"{fields[key]}, {value}" if key in fields else value
    return fields


def _collect(found: Iterable[tuple[str, str] | list[tuple[str, str]]]) -> Faults:
    faults: Faults = {}
    for entry in found:
        for requirement, text in entry if isinstance(entry, list) else [entry]:
            faults.setdefault(requirement, text)
    return faults


def _of_request(error: Exception) -> list[tuple[str, str]]:
    causes = list(_causes(error))
    for kind, requirement in (
        (PathNotFound, "HTTP-01"),
        (ServerNotFound, "HTTP-01"),  # the end of the path is one of the document, with more before it
        (OperationNotFound, "HTTP-02"),
        (SecurityValidationError, "AUTH-06"),
        (ParameterValidationError, "HTTP-01"),
        (MediaTypeNotFound, "HTTP-10"),
    ):
        if any(isinstance(cause, kind) for cause in causes):
            return [(requirement, _describe(error))]
    for cause in causes:
        if isinstance(cause, InvalidSchemaValue):
            return [_of_schema(inner) for inner in cause.schema_errors]
    for cause in causes:
        if isinstance(cause, JsonFault):
            requirement = {NameTwice: "DATA-02", TooDeep: "DATA-03"}.get(type(cause), "DATA-01")
            return [(requirement, str(cause))]
    return [("DATA-01", _describe(error))]


def _of_schema(error: Any) -> tuple[str, str]:
    place = [*error.absolute_path]
    pointer = "".join(f"/{token}" for token in place)
    requirement = FIELDS.get(str(place[0]), "DATA-04") if place else "DATA-04"
    if error.validator == "required":
        requirement = "DATA-08"
    elif error.validator in ("additionalProperties", "unevaluatedProperties"):
        requirement = "DATA-06"
    elif error.validator == "dependentRequired":
        requirement = "DATA-26"
    elif error.instance is None:
        requirement = "DATA-07"
    elif error.validator == "type":
        requirement = "DATA-09" if place else "DATA-04"
    return requirement, f"{pointer or 'the body'} breaks `{error.validator}` of its schema"


def _of_answer(error: Exception, answer: Answer) -> tuple[str, str]:
    causes = list(_causes(error))
    text = _describe(error)
    if any(isinstance(cause, (PathNotFound, ServerNotFound, OperationNotFound)) for cause in causes):
        return "", text
    if any(isinstance(cause, ResponseNotFound) for cause in causes):
        return "ERR-02", f"{answer.status} is no status of this operation"
    name = next((str(cause.name).lower() for cause in causes if hasattr(cause, "name")), "")
    if name in HEADERS:
        return HEADERS[name], text
    return {201: "SESS-01", 200: "SESS-10"}.get(answer.status, "ERR-01"), text


def _causes(error: BaseException) -> Iterator[BaseException]:
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__


def _describe(error: Exception) -> str:
    """The error in words, without the values that it is about."""
    for cause in _causes(error):
        if isinstance(cause, InvalidSchemaValue):
            return "; ".join(sorted({_of_schema(inner)[1] for inner in cause.schema_errors}))
        if isinstance(cause, JsonFault):
            return str(cause)
    if isinstance(error, _GivenUp):
        return UNLIKE_THE_DOCUMENT
    name = getattr(error, "name", None)
    return f"{type(error).__name__}{f': {name}' if isinstance(name, str) else ''}"
