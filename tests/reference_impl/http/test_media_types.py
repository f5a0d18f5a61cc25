"""Content types and what a client accepts (HTTP-09 to HTTP-12)."""

from __future__ import annotations

import pytest

from reference_impl.domain.problems import Problem
from reference_impl.http.media_types import require_json, require_json_acceptable


def is_json(content_type: str | None, content_encoding: str | None = None) -> bool:
    try:
        require_json(content_type, content_encoding)
    except Problem as problem:
        if problem.code != "unsupported_media_type":
            raise
        return False
    return True


def is_acceptable(accept: str | None) -> bool:
    try:
        require_json_acceptable(accept)
    except Problem as problem:
        if problem.code != "not_acceptable":
            raise
        return False
    return True


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON",
        " application/json ",
        "application/json;charset=utf-8",
        "application/json; charset=UTF-8",
        'application/json; charset="utf-8"',
        "application/json;CHARSET=Utf-8",
        "application/json; profile=x",
        "application/json; charset=utf-8; profile=x; version=1",
        "application/json ; a=b",
        "application/json;",
        "application/json; ;charset=utf-8",
        'application/json; a="x; charset=latin-1"',
        'application/json; a="\\"; charset=latin-1"',
    ],
)
def test_json_with_utf_8_or_no_charset_is_taken(content_type: str) -> None:
    """HTTP-09."""
    assert is_json(content_type)


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        " ",
        "json",
        "text/json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/vnd.api+json",
        "application/problem+json",
        "application/json5",
        "application/jso",
        "application/*",
        "*/*",
        "application/json, application/json",
        "application/json application/json",
        "application/json; charset=utf-16",
        "application/json; charset=latin-1",
        "application/json; charset=utf8",
        "application/json; charset=utf-8; charset=latin-1",
        "application/json; charset=latin-1; charset=utf-8",
        'application/json; charset=""',
        "application/json; charset",
        "application/json; charset=",
        "application/json; charset = utf-8",
        'application/json; a="b',
        "application / json",
        "application/json\xa0",
        "application/json\x85",
        ";charset=utf-8",
    ],
)
def test_anything_else_is_unsupported(content_type: str | None) -> None:
    """HTTP-10."""
    assert not is_json(content_type)


@pytest.mark.parametrize("coding", [None, "identity", "Identity", " identity ", "", "identity, identity"])
def test_identity_is_no_coding(coding: str | None) -> None:
    """HTTP-11."""
    assert is_json("application/json", coding)


@pytest.mark.parametrize(
    "coding", ["gzip", "br", "deflate", "identity, gzip", "gzip, identity", "x", "aws-chunked"]
)
def test_any_coding_is_unsupported(coding: str) -> None:
    """HTTP-11."""
    assert not is_json("application/json", coding)


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "",
        "*/*",
        "application/json",
        "APPLICATION/JSON",
        "application/*",
        "application/json;q=0.001",
        "application/json; q=0.5, */*;q=0",
        "text/html, application/xhtml+xml, */*;q=0.8",
        "application/json, */*;q=0",
        "application/json;charset=utf-8",
        "application/json;q=1.000",
        "text/html,, application/json",
        "application/json;version=1;q=0, application/json",
        'text/plain;a=",application/json;q=0,", */*',
    ],
)
def test_json_is_acceptable(accept: str | None) -> None:
    """HTTP-12."""
    assert is_acceptable(accept)


@pytest.mark.parametrize(
    "accept",
    [
        "application/json;q=0",
        "application/json; q=0.000",
        "Application/Json;Q=0",
        "application/json;q=0, */*",
        "*/*, application/json;q=0",
        "*/*;q=0",
        "application/*;q=0, */*",
        "text/html",
        "text/html, application/xml;q=0.9",
        "application/problem+json",
        "application/json;q=0, text/html;q=1",
    ],
)
def test_json_is_ruled_out(accept: str) -> None:
    """HTTP-12."""
    assert not is_acceptable(accept)


@pytest.mark.parametrize(
    "accept",
    [
        "application/json;q=0;=",
        "application/json;q=-1",
        "application/json;q=0.0000",
        "application/json;q=2",
        "application/json;q=",
        "application/json;q=zero",
        "json;q=0",
        "text/html application/json;q=0",
        "text/html, application/json;q=0, /",
        '"application/json;q=0',
        'text/plain;a="b, application/json;q=0',
        "\xe9/json;q=0",
        "text/html;q=0.5, @",
    ],
)
def test_a_malformed_accept_is_ignored(accept: str) -> None:
    """HTTP-12: only a well-formed field rules anything out."""
    assert is_acceptable(accept)


@pytest.mark.parametrize("filling", [";   ", '"', '\\"', ' ;a="', ";a=b ", ",", " ", "\t;", "a/b;", 'a="\\'])
def test_long_fields_are_judged_in_linear_time(filling: str) -> None:
    """ERR-11: where a pattern backtracks, 60 KB of these take minutes."""
    filled = filling * (60_000 // len(filling))
    assert not is_json(f"application/json{filled}@")
    assert not is_json(f"{filled}application/json@")
    assert is_acceptable(f"application/json;q=0{filled}@")
    assert is_acceptable(f"{filled}@, application/json;q=0")
