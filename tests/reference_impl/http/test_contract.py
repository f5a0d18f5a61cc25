"""The compiled document: which path a request names, and what it can be called with (HTTP-01 to HTTP-03)."""

from __future__ import annotations

import pytest

from reference_impl.http.contract import Contract

CREATIONS = {
    "/session/hosted": "createHostedSession",
    "/session/hosted/partner-managed-customer": "createHostedSessionForPartnerManagedCustomer",
    "/session/embedded/partner-managed-customer": "createEmbeddedSessionForPartnerManagedCustomer",
}


@pytest.mark.parametrize(("path", "operation_id"), CREATIONS.items())
def test_concrete_paths_name_their_operation(contract: Contract, path: str, operation_id: str) -> None:
    match = contract.match(path)
    assert match is not None
    assert match.path_parameters == {}
    assert {method: operation.operation_id for method, operation in match.operations.items()} == {
        "POST": operation_id
    }
    assert match.allow == "POST"


def test_a_concrete_path_wins_over_the_template(contract: Contract) -> None:
    """HTTP-03."""
    match = contract.match("/session/hosted")
    assert match is not None
    assert "GET" not in match.operations


@pytest.mark.parametrize(
    ("segment", "session_id"),
    [
        ("abc", "abc"),
        ("embedded", "embedded"),
        ("Hosted", "Hosted"),
        ("hosted%2F", "hosted/"),
        ("a%2Fb", "a/b"),
        ("%00", "\0"),
        ("%F0%9F%99%82", "🙂"),
        ("%FF", "\ufffd"),
        ("%", "%"),
        ("a%zz", "a%zz"),
        ("a%0Ab", "a\nb"),
        ("..", ".."),
        ("{sessionId}", "{sessionId}"),
        ("a" * 10_000, "a" * 10_000),
        ("a;b=c", "a;b=c"),
        ("a+b", "a+b"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_any_other_single_segment_is_a_session_identifier(
    contract: Contract, segment: str, session_id: str
) -> None:
    """SESS-12."""
    match = contract.match(f"/session/{segment}")
    assert match is not None
    assert match.path_parameters == {"sessionId": session_id}
    assert match.operations["GET"].operation_id == "getSession"
    assert match.allow == "GET, HEAD"


@pytest.mark.parametrize("path", ["/session/%68osted", "/%73ession/hosted", "/session/hoste%64"])
def test_an_encoded_letter_is_that_letter(contract: Contract, path: str) -> None:
    """RFC 3986 §6.2.2.2."""
    match = contract.match(path)
    assert match is not None
    assert list(match.operations) == ["POST"]


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "*",
        "/session",
        "/session/",
        "/Session/hosted",
        "/session/abc/",
        "/session/hosted/",
        "//session/hosted",
        "/session//hosted",
        "/session/hosted//partner-managed-customer",
        "/session/hosted/partner-managed-customer/",
        "/session/hosted/Partner-Managed-Customer",
        "/session/abc/def",
        "/session/hosted%2Fpartner-managed-customer/",
        "/v1/session/hosted",
        "session/hosted",
        "/session/hosted/partner-managed-customer/x",
    ],
)
def test_no_other_path_is_there(contract: Contract, path: str) -> None:
    """HTTP-01."""
    assert contract.match(path) is None


def test_an_encoded_slash_parts_no_segments(contract: Contract) -> None:
    """RFC 3986 §2.2."""
    match = contract.match("/session/hosted%2Fpartner-managed-customer")
    assert match is not None
    assert match.path_parameters == {"sessionId": "hosted/partner-managed-customer"}


def test_every_operation_is_there_with_what_validates_it(contract: Contract) -> None:
    assert set(contract.operations) == {*CREATIONS.values(), "getSession"}
    for operation_id, operation in contract.operations.items():
        assert operation.operation_id == operation_id
        assert (operation.body is None) is (operation_id == "getSession")
        assert set(operation.responses) >= {"401", "500", "503"}


def test_references_are_followed_with_their_escapes() -> None:
    """RFC 6901 §4."""
    contract = Contract({"paths": {}, "a": {"b/c~d": {"$ref": "#/e"}}, "e": {"found": True}})
    assert contract.resolve({"$ref": "#/a/b~1c~0d"}) == {"found": True}


def test_parameters_are_validated_by_place() -> None:
    document = {
        "paths": {
            "/things/{id}": {
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"maxLength": 2}}],
                "get": {
                    "operationId": "getThing",
                    "parameters": [
                        {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 5}},
                        {"name": "Token", "in": "header", "required": True, "schema": {"type": "string"}},
                    ],
                    "responses": {},
                },
            }
        }
    }
    parameters = Contract(document).operations["getThing"].parameters
    assert parameters is not None
    found = parameters.schema_faults({"path": {"id": "abc"}, "query": {"limit": 6}, "header": {}})
    assert {(fault.pointer, fault.code) for fault in found} == {
        ("/path/id", "too_long"),
        ("/query/limit", "out_of_range"),
        ("/header/Token", "required"),
    }
    assert parameters.schema_faults({"path": {"id": "ab"}, "header": {"Token": ""}, "query": {}}) == []
