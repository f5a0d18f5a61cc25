"""A document's operations, compiled: what the ASGI parts look up for every request."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from reference_impl.http.messages import JSON
from reference_impl.http.validation import Validator

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_TEMPLATED = re.compile(r"\{([^}]+)\}")
_ENCODED_SLASH = re.compile("%2[Ff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation. ``body`` and ``parameters`` validate what is sent; None where it takes none."""

    operation_id: str
    method: str
    path: str
    body: Validator | None
    parameters: Validator | None
    parameter_definitions: Sequence[Mapping[str, Any]]
    responses: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Match:
    """A path of the document that a request names, and the methods it can be called with."""

    operations: Mapping[str, Operation]
    path_parameters: Mapping[str, str]

    @property
    def allow(self) -> str:
        """The value of `Allow`: HEAD wherever GET is."""
        return ", ".join(f"{method}, HEAD" if method == "GET" else method for method in self.operations)


class Contract:
    """The operations of one OpenAPI 3.1 document, by path and by operationId."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.operations: dict[str, Operation] = {}
        self._concrete: dict[str, dict[str, Operation]] = {}
        self._templates: list[tuple[re.Pattern[str], dict[str, Operation]]] = []
        for path, item in document["paths"].items():
            operations = {
                method.upper(): self._compile(path, method, item) for method in METHODS if method in item
            }
            self.operations |= {operation.operation_id: operation for operation in operations.values()}
            if _TEMPLATED.search(path):
                pattern = _TEMPLATED.sub(
                    r"(?P<\1>[^/]+)", re.escape(path).replace(r"\{", "{").replace(r"\}", "}")
                )
                self._templates.append((re.compile(pattern, re.DOTALL), operations))
            else:
                self._concrete[path] = operations
        # The more of a path is concrete, the earlier it is asked (OpenAPI 3.1 §4.8.8.2).
        self._remembered = lru_cache(maxsize=1024)(self._match)  # several parts ask the same of one request
        self._templates.sort(key=lambda template: template[0].groups)

    def match(self, raw_path: str) -> Match | None:
        """The path that ``raw_path`` (as sent, still percent-encoded) names exactly, a concrete one first."""
        return self._remembered(raw_path)

    def _match(self, raw_path: str) -> Match | None:
        operations = self._concrete.get(raw_path) or self._concrete.get(_decode(raw_path))
        if operations:
            return Match(operations, {})
        for pattern, templated in self._templates:
            found = pattern.fullmatch(raw_path)
            if found:
                return Match(templated, {name: unquote(value) for name, value in found.groupdict().items()})
        return None

    def resolve(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """``node``, or what its `$ref` refers to within the document."""
        while "$ref" in node:
            target: Any = self.document
            for token in node["$ref"].removeprefix("#/").split("/"):
                target = target[token.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def _compile(self, path: str, method: str, item: Mapping[str, Any]) -> Operation:
        definition = item[method]
        parameters = [
            self.resolve(parameter)
            for parameter in [*item.get("parameters", ()), *definition.get("parameters", ())]
        ]
        body = self.resolve(definition.get("requestBody", {})).get("content", {}).get(JSON, {}).get("schema")
        return Operation(
            operation_id=definition["operationId"],
            method=method.upper(),
            path=path,
            body=None if body is None else Validator(body, document=self.document),
            parameters=Validator(_parameters_schema(parameters), document=self.document)
            if parameters
            else None,
            parameter_definitions=parameters,
            responses={
                status: self.resolve(response) for status, response in definition["responses"].items()
            },
        )


def _decode(raw_path: str) -> str:
    """The path without percent-encoding, but for slashes that are data, not separators (RFC 3986 §2.2)."""
    return "%2F".join(unquote(part) for part in _ENCODED_SLASH.split(raw_path))


def _parameters_schema(parameters: list[Mapping[str, Any]]) -> dict[str, Any]:
    """One schema over ``{"path": {…}, "query": {…}, "header": {…}}``, so that pointers name the place."""
    places: dict[str, Any] = {}
    for parameter in parameters:
        place = places.setdefault(parameter["in"], {"type": "object", "properties": {}, "required": []})
        place["properties"][parameter["name"]] = parameter["schema"]
        if parameter.get("required"):
            place["required"].append(parameter["name"])
    required = [name for name, place in places.items() if place["required"]]
    return {"type": "object", "properties": places, "required": required}
