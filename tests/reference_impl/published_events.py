"""What the document's `webhooks` say of an event: its schema, and the members that it names."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

import openapi
from reference_impl.domain.events import EventType

OPTIONAL = "debtorAccount"
"""The one member that an event has or has not."""


def require_valid(body: bytes) -> dict[str, Any]:
    """The parsed event, valid against the schema of its type. Raises ValidationError."""
    event: dict[str, Any] = json.loads(body)
    _validator(event["data"]["eventType"]).validate(event)
    return event


@functools.cache
def documented_members(event_type: EventType) -> frozenset[str]:
    """Every member that the document names for `data` of an event of this type."""
    event = _resolve(_schema(event_type))
    return frozenset(_members(event["properties"]["data"]))


@functools.cache
def _validator(event_type: str) -> jsonschema_rs.Draft202012Validator:
    document = openapi.load()
    schema = {**_schema(event_type), "components": document["components"]}
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


def _schema(event_type: str) -> dict[str, Any]:
    body = openapi.load()["webhooks"][event_type]["post"]["requestBody"]
    schema: dict[str, Any] = body["content"]["application/json"]["schema"]
    return schema


def _members(schema: Mapping[str, Any]) -> Iterator[str]:
    schema = _resolve(schema)
    yield from schema.get("properties", ())
    for part in schema.get("allOf", ()):
        yield from _members(part)


def _resolve(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    found: Mapping[str, Any] = openapi.load()
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return found
