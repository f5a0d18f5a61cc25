"""One page for every webhook event: when it comes, what it carries, and an example."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import openapi
from docs.generated.markdown import json_block, table, toctree

_INDEX = """\
# Webhook events

Each is a signed POST to the URL that the partner configured for its type.
[Receiving webhooks](../guides/webhooks.md) says how to verify one, and what to do with it.

"""


def pages() -> Mapping[str, str]:
    """The index, and a page for every entry of ``webhooks``."""
    document = openapi.load()
    webhooks = document["webhooks"]
    rows = [(f"[`{name}`]({name}.md)", item["post"]["summary"]) for name, item in webhooks.items()]
    return {
        "events/index.md": _INDEX
        + table(("event type", "what happened"), rows)
        + "\n"
        + toctree(webhooks, hidden=True),
        **{f"events/{name}.md": _page(document, name, item["post"]) for name, item in webhooks.items()},
    }


def _page(document: Mapping[str, Any], name: str, operation: Mapping[str, Any]) -> str:
    media = operation["requestBody"]["content"]["application/json"]
    schema = _resolve(document, media["schema"])
    members = _members(document, _resolve(document, schema["properties"]["data"]))
    examples = {key: _resolve(document, example) for key, example in media["examples"].items()}
    shown = "\n".join(
        f"### {example.get('summary', key)}\n\n{json_block(example['value'])}"
        for key, example in examples.items()
    )
    return f"""\
# {operation["summary"]}

`{name}`

{operation["description"]}

## Members of `data`

{table(("member", "meaning"), members)}
## Examples

{shown}
[All events](index.md) · [Receiving webhooks](../guides/webhooks.md)
"""


def _members(document: Mapping[str, Any], schema: Mapping[str, Any]) -> list[tuple[str, str]]:
    required = set(_gather(document, schema, "required"))
    properties = dict(_gather(document, schema, "properties"))
    return [
        (f"`{name}`", _said_of(document, member, always=name in required))
        for name, member in properties.items()
    ]


def _said_of(document: Mapping[str, Any], member: Mapping[str, Any], *, always: bool) -> str:
    """Whether it is always there, of which type, and what it means."""
    kind = _type(document, _resolve(document, member))
    return f"{'always' if always else 'sometimes'} · {kind}<br>{_description(document, member)}"


def _gather(document: Mapping[str, Any], schema: Mapping[str, Any], keyword: str) -> list[Any]:
    """What a schema and those that it is composed of say under a keyword."""
    found: list[Any] = []
    for part in schema.get("allOf", ()):
        found += _gather(document, _resolve(document, part), keyword)
    own = schema.get(keyword, ())
    return found + (list(own.items()) if isinstance(own, Mapping) else list(own))


_MANY: Final = 20
"""Countries are more, and their codes, in the API reference, are known."""


def _type(document: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        values = ["`null`" if value is None else f"`{value}`" for value in schema["enum"]]
        if len(values) > _MANY:
            return f"one of {len(values)}, {values[0]} to {values[-1]},"
        return f"one of {', '.join(values)}"
    if "type" in schema:
        kinds = schema["type"]
        return kinds if isinstance(kinds, str) else " or ".join(kinds)
    for keyword in ("anyOf", "oneOf", "allOf"):
        if keyword in schema:
            return " or ".join(_type(document, _resolve(document, part)) for part in schema[keyword])
    return "any"


def _description(document: Mapping[str, Any], member: Mapping[str, Any]) -> str:
    text: str = member.get("description") or _resolve(document, member).get("description", "")
    return text


def _resolve(document: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        node = target
    return node
