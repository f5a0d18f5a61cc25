"""Deliveries against the document's ``webhooks``, by openapi-core: not the validator of any implementation.

openapi-core takes a second to import, and is not always asked for.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import openapi

from .json_text import JsonFault, strict_json

MESSAGE_CHARACTERS: Final = 300
STAMPED_APART_SECONDS: Final = 1.05
"""Attempts that come so far apart have different time stamps (HOOK-18): a clock may count in whole seconds.

Two of one second are right to be alike, signature included: it is a function of what is signed.
"""
GIVING_UP: Final = (TypeError, ValueError, RecursionError)
"""Raised by validators that cannot go on, as on a list in place of a word."""
UNLIKE_THE_DOCUMENT: Final = "what the document describes is something else"


class _Webhook:
    """A delivery as openapi-core wants to see it."""

    method = "post"

    def __init__(self, name: str, body: bytes) -> None:
        from openapi_core.datatypes import RequestParameters

        self.name = name
        self.body = body
        self.content_type = "application/json"  # what it should be; HOOK-01 judges what it is
        self.parameters = RequestParameters()


def event_types() -> tuple[str, ...]:
    """The types of events that the document has."""
    return tuple(openapi.load()["webhooks"])


def event_faults(event_type: str, body: bytes) -> list[str]:
    """What is wrong with the body of a delivery of this type, in words; empty where nothing is."""
    try:
        event = strict_json(body)
    except JsonFault as fault:
        return [str(fault)]
    if not isinstance(event, dict):
        return ["the body is JSON, and not of type 'object'"]
    if event_type not in event_types():
        return ["data.eventType names no event of the document"]
    faults: list[str] = []
    # Its errors cannot always be put into words by themselves, so that ours are made from their causes.
    try:
        json.dumps(event, ensure_ascii=False).encode()
        for error in _body_validator().iter_errors(_Webhook(event_type, body)):
            faults += _words(error)
    except UnicodeEncodeError:  # no text of Unicode (RFC 8259 section 8.2)
        faults.append("an unpaired surrogate stands in it")
    except GIVING_UP:
        faults.append(UNLIKE_THE_DOCUMENT)
    return faults


@cache
def _body_validator() -> Any:
    from jsonschema_path import SchemaPath
    from openapi_core.validation.request.validators import V31WebhookRequestBodyValidator

    return V31WebhookRequestBodyValidator(
        SchemaPath.from_dict(openapi.load()),
        extra_media_type_deserializers={"application/json": strict_json},
    )


def _words(error: BaseException) -> Iterator[str]:
    cause = error.__cause__
    while cause is not None and not getattr(cause, "schema_errors", None):
        cause = cause.__cause__
    if cause is None:
        yield re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).lower()
        return
    for found in cause.schema_errors:  # type: ignore[attr-defined]  # looked for above
        pointer = "".join(f"/{step}" for step in found.absolute_path)
        yield f"{pointer or '/'}: {found.message[:MESSAGE_CHARACTERS]}"
