"""Our own rules for the document, those that no general linter knows."""

import re
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.openapi.reading import (
    DOCUMENTS,
    Node,
    every_document,
    list_operations,
    look_up,
    resolve,
    walk,
)

EVENTS = {
    "partner.customer.deposit.created",
    "partner.customer.deposit.initiated",
    "partner.customer.deposit.submitted",
    "partner.customer.deposit.accepted",
    "partner.customer.deposit.failed",
    "partner.customer.deposit.completed",
    "transaction.status.changed",
}
CREATION_STATUSES = {
    "201", "400", "401", "403", "405", "406", "409", "413", "415", "422", "429", "500", "503",
}  # fmt: skip
CREATIONS = {
    "/session/hosted",
    "/session/hosted/partner-managed-customer",
    "/session/embedded/partner-managed-customer",
}
LOOK_UP_STATUSES = {"200", "401", "404", "405", "406", "413", "429", "500", "503"}
# What may follow a backslash or "(" in every one of ECMA-262 with u, Python, Rust, RE2 and PCRE.
PORTABLE = re.compile(r"(?:\\(?:[.*+?^$|(){}\[\]/\\n]|x[0-9A-F]{2})|\(\?:|\((?!\?)|[^\\(])*", re.DOTALL)
# A quantifier without an upper limit, unless its sign is an escaped character or one in a class.
UNBOUNDED = re.compile(r"(?<!\\)[*+](?![^\[]*\])|\{[0-9]+,\}")


def list_requests(document: Node) -> list[Node]:
    """The schemas of the bodies that operations take."""
    bodies = [
        o.content["requestBody"] for o in list_operations(document, "paths") if "requestBody" in o.content
    ]
    assert bodies
    return [body["content"]["application/json"]["schema"] for body in bodies]


def list_patterns(document: Node) -> list[tuple[str, Node]]:
    return [
        ("/".join(where), node)
        for where, node in walk(document["components"])
        if isinstance(node, dict) and isinstance(node.get("pattern"), str) and where[-1] != "not"
    ]


@every_document
def test_the_document_is_valid_openapi(document: Node) -> None:
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


@every_document
def test_the_dialect_is_the_default_one(document: Node) -> None:
    assert document["openapi"].startswith("3.1.")
    assert "jsonSchemaDialect" not in document


@every_document
def test_every_reference_leads_somewhere(document: Node) -> None:
    references = [node["$ref"] for _, node in walk(document) if isinstance(node, dict) and "$ref" in node]
    mapped = [
        target
        for _, node in walk(document)
        if isinstance(node, dict) and "propertyName" in node
        for target in node.get("mapping", {}).values()
    ]
    assert len(references) > 100
    assert mapped
    for reference in references + mapped:
        assert look_up(document, reference.removeprefix("#")) is not None


def test_the_operations_are_those_of_the_contract(document: Node) -> None:
    assert {(o.method, o.path, o.content["operationId"]) for o in list_operations(document, "paths")} == {
        ("post", "/session/hosted", "createHostedSession"),
        (
            "post",
            "/session/hosted/partner-managed-customer",
            "createHostedSessionForPartnerManagedCustomer",
        ),
        (
            "post",
            "/session/embedded/partner-managed-customer",
            "createEmbeddedSessionForPartnerManagedCustomer",
        ),
        ("get", "/session/{sessionId}", "getSession"),
    }
    assert set(document["webhooks"]) == EVENTS


@every_document
def test_operation_ids_are_unique(document: Node) -> None:
    identifiers = [operation.content["operationId"] for operation in list_operations(document)]
    assert len(set(identifiers)) == len(identifiers)
    assert len(identifiers) > 5


def test_operation_ids_are_unique_over_all_documents() -> None:
    """An application that serves several binds its functions by them."""
    identifiers = [
        operation.content["operationId"]
        for document in DOCUMENTS.values()
        for operation in list_operations(document, "paths")
    ]
    assert len(set(identifiers)) == len(identifiers)


@every_document
def test_every_operation_is_described(document: Node) -> None:
    tags = {tag["name"] for tag in document["tags"]}
    for operation in list_operations(document):
        content = operation.content
        assert not content["summary"].endswith("."), operation.path
        assert content["summary"][0].isupper(), operation.path
        assert len(content["description"]) > 25, operation.path
        assert set(content["tags"]) <= tags, operation.path
        assert content["tags"], operation.path
        assert content["x-provenance"] in {"documented", "contract"}, operation.path


@every_document
def test_every_body_has_named_examples_with_a_summary(document: Node) -> None:
    bodies = [
        (where, node)
        for where, node in walk(document)
        if isinstance(node, dict) and where[-2:-1] == ("content",) and "schema" in node
    ]
    assert len(bodies) > 15
    for where, body in bodies:
        assert body["examples"], where
        for example in body["examples"].values():
            assert resolve(document, example)["summary"], where


def test_statuses_are_those_that_apply(document: Node) -> None:
    for operation in list_operations(document, "paths"):
        expected = LOOK_UP_STATUSES if operation.method == "get" else CREATION_STATUSES
        assert set(operation.content["responses"]) == expected, operation.path


@every_document
def test_errors_are_problem_json_and_successes_json(document: Node) -> None:
    for operation in list_operations(document, "paths"):
        for status, response in operation.content["responses"].items():
            media = "application/json" if status < "300" else "application/problem+json"
            declared = list(resolve(document, response)["content"])
            assert declared == [media] or (status, declared) == ("200", ["text/event-stream"]), operation.path


@every_document
def test_every_answer_declares_its_headers(document: Node) -> None:
    extra = {
        "201": {"Location"},
        "401": {"WWW-Authenticate"},
        "405": {"Allow"},
        "429": {"Retry-After"},
        "503": {"Retry-After"},
    }
    of_code = {"idempotency_in_progress": {"Retry-After"}}
    common = {"Request-Id", "Cache-Control"}
    if all(path.startswith("/payer/") for path in document["paths"]):
        common |= {"Access-Control-Allow-Origin", "Access-Control-Expose-Headers"}
    for operation in list_operations(document, "paths"):
        for status, response in operation.content["responses"].items():
            answer = resolve(document, response)
            expected = common | extra.get(status, set())
            for example in next(iter(answer["content"].values())).get("examples", ()):
                expected = expected | of_code.get(example, set())
            if operation.path in CREATIONS and status == "201":
                expected = expected | {"Idempotency-Replayed"}
            assert set(answer["headers"]) == expected, (operation.path, status)
            for name, header in answer["headers"].items():
                required = resolve(document, header)["required"]
                assert required is (name != "Idempotency-Replayed"), (operation.path, status, name)


def test_every_creation_links_to_the_look_up(document: Node) -> None:
    for operation in list_operations(document, "paths"):
        if operation.method == "post":
            created = resolve(document, operation.content["responses"]["201"])
            link = resolve(document, created["links"]["GetSession"])
            assert link["operationId"] == "getSession"
            assert link["parameters"] == {"sessionId": "$response.body#/sessionId"}


def test_all_three_credentials_are_required_on_every_operation(document: Node) -> None:
    assert document["security"] == [{"ApiKey": [], "Timestamp": [], "Signature": []}]
    for name, scheme in document["components"]["securitySchemes"].items():
        assert (scheme["type"], scheme["in"], scheme["name"]) == ("apiKey", "header", name)
    for operation in list_operations(document):
        expected: list[Any] | None = [] if operation.section == "webhooks" else None
        assert operation.content.get("security") == expected, operation.path


def test_every_webhook_requires_its_signature_and_tells_what_acknowledges(document: Node) -> None:
    for operation in list_operations(document, "webhooks"):
        parameters = [resolve(document, parameter) for parameter in operation.content["parameters"]]
        assert [(p["name"], p["in"], p["required"]) for p in parameters] == [
            ("StableMint-Timestamp", "header", True),
            ("StableMint-Signature", "header", True),
        ]
        assert set(operation.content["responses"]) == {"2XX", "default"}


@every_document
def test_the_path_parameter_is_any_text(document: Node) -> None:
    """A pattern would promise a 400 that the look-up never gives (SESS-12)."""
    assert document["components"]["parameters"]["SessionId"]["schema"] == {"type": "string"}


@every_document
def test_nothing_in_the_document_uses_multiple_of(document: Node) -> None:
    """Common validators compute it in floating point and refuse valid amounts (DATA-12)."""
    assert not [where for where, node in walk(document) if isinstance(node, dict) and "multipleOf" in node]
    assert document["components"]["schemas"]["Amount"]["x-max-decimals"] == 2


@every_document
def test_requests_are_flat_and_closed(document: Node) -> None:
    for root in list_requests(document):
        request = resolve(document, root)
        assert not {"allOf", "oneOf", "unevaluatedProperties"} & set(request)
        assert all(set(branch) == {"required"} for branch in request.get("anyOf", []))
        for _, node in walk(expand(document, request)):
            if isinstance(node, dict) and node.get("type") == "object":
                closed = node.get("additionalProperties") is False
                assert closed or ("propertyNames" in node and "maxProperties" in node)


@every_document
def test_answers_and_events_are_open(document: Node) -> None:
    bodies = [
        body["schema"]
        for operation in list_operations(document)
        for response in operation.content["responses"].values()
        for body in resolve(document, response).get("content", {}).values()
    ] + [
        operation.content["requestBody"]["content"]["application/json"]["schema"]
        for operation in list_operations(document, "webhooks")
    ]
    assert len(bodies) > 50
    for body in bodies:
        for where, node in walk(expand(document, body)):
            if isinstance(node, dict):
                assert node.get("additionalProperties") is not False, where
                assert "unevaluatedProperties" not in node, where


@every_document
def test_text_in_requests_refuses_nul(document: Node) -> None:
    """DATA-29: every text of a request has a list, or a pattern that U+0000 does not fit."""
    texts = 0
    for root in list_requests(document):
        for where, node in walk(expand(document, root)):
            if isinstance(node, dict) and (node.get("type") == "string" or where[-1:] == ("propertyNames",)):
                texts += 1
                assert "enum" in node or not re.search(node["pattern"], "a\0b"), where
    assert texts > 5


@every_document
def test_text_in_requests_is_bounded(document: Node) -> None:
    for root in list_requests(document):
        for where, node in walk(expand(document, root)):
            if isinstance(node, dict) and node.get("type") == "string":
                fixed = "pattern" in node and not UNBOUNDED.search(node["pattern"])
                assert fixed or "enum" in node or "maxLength" in node, where


@every_document
def test_patterns_keep_to_what_all_dialects_read_alike(document: Node) -> None:
    patterns = list_patterns(document)
    assert len(patterns) > 10
    for where, node in patterns:
        pattern = node["pattern"]
        assert pattern.startswith("^"), where
        assert pattern.endswith("$"), where
        assert PORTABLE.fullmatch(pattern), where


@every_document
def test_no_pattern_lets_a_final_line_break_through(document: Node) -> None:
    """`$` matches before it in Python, PCRE, Java and .NET: `not` says what `$` cannot."""
    for where, node in list_patterns(document):
        assert node.get("not") == {"pattern": "\\n"} or node["pattern"] == r"^[^\x00]*$", where


@every_document
def test_provenance_is_marked_where_readers_look_for_it(document: Node) -> None:
    marks = {"documented", "contract"}
    for kind in ("schemas", "responses", "parameters", "headers", "securitySchemes", "links"):
        for name, component in document["components"].get(kind, {}).items():
            assert component.get("x-provenance") in marks, f"{kind}/{name}"
    fields = 0
    for where, node in walk(document["components"]["schemas"]):
        if where[-2:-1] != ("properties",) or {"if", "then", "else"} & set(where):
            continue
        if isinstance(node, dict) and not set(node) <= {"const", "enum"}:
            fields += 1
            assert node.get("x-provenance") in marks, where
            assert "$ref" in node or node.get("description"), where
    assert fields > 50


@every_document
@pytest.mark.parametrize("section", ["info", "tags", "components", "paths", "webhooks"])
def test_prose_is_clean_markdown(document: Node, section: str) -> None:
    for where, node in walk(document.get(section, {})):
        if where[-1:] == ("description",) and isinstance(node, str):
            assert node.count("```") % 2 == 0, where
            assert re.sub(r"```.*?```", "", node, flags=re.DOTALL).count("`") % 2 == 0, where
            assert not re.search(r"[ \t]+$", node, flags=re.MULTILINE), where
            assert "TODO" not in node, where


def expand(document: Node, node: Any, above: tuple[str, ...] = ()) -> Any:
    """The node with its references replaced by what they name, a reference back to itself excepted."""
    if isinstance(node, list):
        return [expand(document, member, above) for member in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref")
    if isinstance(reference, str) and reference not in above:
        named = expand(document, resolve(document, node), (*above, reference))
        return {**named, **{key: value for key, value in node.items() if key != "$ref"}}
    return {key: expand(document, member, above) for key, member in node.items()}
