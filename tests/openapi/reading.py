"""Walking the bundled document, and compiling the schemas in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jsonschema_rs
import pytest

from openapi import bundle, load

Node = dict[str, Any]
DOCUMENTS: dict[str, Node] = {name: load(name) for name in bundle.find_names()}
every_document = pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS.keys())
"""For tests that hold for each document, the payment-session API's and all others."""

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation under ``paths`` or ``webhooks``, and where it is."""

    section: str
    path: str
    method: str
    content: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A named example, the schema that it must fit, and where it stands."""

    where: str
    schema: Node
    value: Any


def walk(node: Any, where: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value in ``node``, itself first, with the keys that lead to it."""
    yield where, node
    members: Iterator[tuple[Any, Any]] = iter(())
    if isinstance(node, dict):
        members = iter(node.items())
    elif isinstance(node, list):
        members = iter(enumerate(node))
    for key, member in members:
        yield from walk(member, (*where, str(key)))


def look_up(document: Node, pointer: str) -> Any:
    """What the JSON pointer names (RFC 6901)."""
    value: Any = document
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        value = value[int(key)] if isinstance(value, list) else value[key]
    return value


def resolve(document: Node, node: Node) -> Node:
    """The node itself, or what its ``$ref`` names."""
    while "$ref" in node:
        node = look_up(document, node["$ref"].removeprefix("#"))
    return node


def list_operations(document: Node, *sections: str) -> list[Operation]:
    return [
        Operation(section=section, path=path, method=method, content=content)
        for section in sections or ("paths", "webhooks")
        for path, item in document.get(section, {}).items()
        for method, content in item.items()
        if method in METHODS
    ]


def list_examples(document: Node) -> list[Example]:
    """Every named example of a request, a response, a webhook, a parameter or a header."""
    found = []
    for where, node in walk(document):
        if not isinstance(node, dict) or "schema" not in node:
            continue
        name = "/".join(where)
        for key, example in node.get("examples", {}).items():
            value = resolve(document, example)["value"]
            found.append(Example(where=f"{name}: {key}", schema=node["schema"], value=value))
        if "example" in node:
            found.append(Example(where=name, schema=node["schema"], value=node["example"]))
    return found


def compile_schema(document: Node, schema: Node) -> jsonschema_rs.Draft202012Validator:
    """A validator of one schema of the document, formats included."""
    return jsonschema_rs.Draft202012Validator(
        {"components": document["components"], **schema}, validate_formats=True
    )


def compile_component(document: Node, name: str) -> jsonschema_rs.Draft202012Validator:
    return compile_schema(document, {"$ref": f"#/components/schemas/{name}"})
