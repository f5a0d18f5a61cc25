"""JSON as the contract narrows it (DATA-01 to DATA-05, DATA-29)."""

from __future__ import annotations

import json
import math
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_impl.domain.problems import Problem
from reference_impl.http.json_text import (
    escape,
    may_hold_unsafe_values,
    printable,
    read_json,
    unsafe_values,
    without_unsafe_values,
)

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


def refusal(body: bytes) -> str:
    """Why a body is no JSON."""
    with pytest.raises(Problem) as raised:
        read_json(body)
    assert raised.value.code == "malformed_json"
    assert raised.value.faults == ()
    return raised.value.detail


@settings(derandomize=True, max_examples=100)
@given(JSON_VALUES, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_what_json_writes_is_read(value: Any, indent: int | str | None, ensure_ascii: bool) -> None:
    text = f"\r\n\t {json.dumps(value, indent=indent, ensure_ascii=ensure_ascii)} \n"
    try:
        body = text.encode()
    except UnicodeEncodeError:  # an unpaired surrogate can be written as an escape alone
        body = json.dumps(value).encode()
    assert read_json(body) == value


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"5e0", 5.0),
        (b"50e-1", 5.0),
        (b"0.10", 0.1),
        (b"-0", 0),
        (b"1e-400", 0.0),
        (b'"\\u0000\\/\\ud83d\\ude42"', "\0/🙂"),
        (b'"\\ud800"', "\ud800"),
        ('"\u2028\u2029\ufeff\x7f"'.encode(), "\u2028\u2029\ufeff\x7f"),
        (b'{"__proto__": {}, "": []}', {"__proto__": {}, "": []}),
        (b'{"a": {"b": 1}, "b": {"a": 1}}', {"a": {"b": 1}, "b": {"a": 1}}),
    ],
)
def test_values_are_read_as_rfc_8259_says(body: bytes, value: object) -> None:
    assert read_json(body) == value


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"\r\n",
        b"\0",
        b"{",
        b'{"a": 1',
        b'{"a": 1,}',
        b"[1,]",
        b"{'a': 1}",
        b"{a: 1}",
        b'{"a" 1}',
        b'{"a": 1} x',
        b"{}{}",
        b"{} // comment",
        b"/* comment */ {}",
        b"NaN",
        b'{"a": NaN}',
        b"[Infinity]",
        b"[-Infinity]",
        b"nan",
        b"True",
        b"None",
        b"undefined",
        b"01",
        b"-",
        b"+1",
        b".5",
        b"5.",
        b"1e",
        b"0x10",
        b"1_000",
        "١".encode(),
        "１".encode(),
        b'"a\nb"',
        b'"a\tb"',
        b'"\\x41"',
        b'"\\u12"',
        b'"\\ud8"',
        b'"a',
        b'"\x00"',
        b"\xa0{}",
        "\u2003{}".encode(),
        b"\x0c{}",
        b"\xef\xbb\xbf{}",
        b"\xff\xfe{\x00}\x00",
        b'"\xff"',
        b'"\xc3"',
        b'"\xc0\x80"',
        b'"\xed\xa0\x80"',
        b'"\xf4\x90\x80\x80"',
        '{"a": 1}'.encode("utf-16"),
        '{"é": 1}'.encode("latin-1"),
        b"\x1f\x8b\x08\x00",
    ],
)
def test_what_is_no_json_is_refused(body: bytes) -> None:
    """DATA-01."""
    refusal(body)


def test_a_refusal_says_what_is_wrong_and_where() -> None:
    assert "it is empty" in refusal(b"")
    assert "line 2, column 3" in refusal(b"{\n  a")
    assert "byte 1 is not UTF-8" in refusal(b'"\xff"')
    assert "byte order mark" in refusal(b"\xef\xbb\xbf{}")
    assert "NaN and Infinity" in refusal(b"NaN")


def test_a_refusal_repeats_nothing_that_was_sent() -> None:
    """ERR-07, ERR-10."""
    for body in (b'{"secret": "secret', b'{"secret": 1, "secret": 2}', b"secret", b'{"a": "\xffsecret"}'):
        assert "secret" not in refusal(body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1, "a": 1}',
        b'{"a": 1, "b": 2, "\\u0061": 3}',
        b'{"x": [{"y": {"a": 1, "a": 2}}]}',
        b'{"": 1, "": 2}',
        b'{"\\ud83d\\ude42": 1, "\xf0\x9f\x99\x82": 2}',
        b'{"__proto__": 1, "__proto__": 2}',
    ],
)
def test_a_name_that_occurs_twice_is_refused(body: bytes) -> None:
    """DATA-02."""
    assert "two members of one name" in refusal(body)


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}"), (b'[{"a":', b"}]")])
def test_thirty_two_levels_are_read_and_one_more_is_not(opening: bytes, closing: bytes) -> None:
    """DATA-03."""
    levels = opening.count(b"[") + opening.count(b"{")
    innermost = b"1"
    body = opening * (32 // levels) + innermost + closing * (32 // levels)
    assert read_json(body) is not None
    assert "more than 32 levels" in refusal(b"[" + body + b"]")


def test_depth_counts_levels_not_brackets() -> None:
    """DATA-03."""
    assert len(read_json(b"[" + b",".join([b"[[]]"] * 100) + b"]")) == 100
    assert read_json(b'"' + b"[{" * 100 + b'"') == "[{" * 100


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b"[[{" + b'"a":'])
def test_sixty_kilobytes_of_brackets_are_refused(opening: bytes) -> None:
    """DATA-03, ERR-11."""
    refusal(opening * (60_000 // len(opening)))


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize(
    "number",
    [
        "1e309",
        "1.8e308",
        "1" + "0" * 309,
        "9" * 400,
        "9" * 5_000,
        "1" * 200_000,
        "1e999999999999",
        f"{'9' * 310}.5",
        f"{'9' * 210}e99",
        f"{'9' * 250}.75E+60",
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_a_number_outside_binary64_is_reported_where_it_is(sign: str, number: str) -> None:
    """DATA-05."""
    body = f'{{"a": [0, {sign}{number}]}}'.encode()
    value = read_json(body)
    assert may_hold_unsafe_values(body)
    (fault,) = unsafe_values(value)
    assert (fault.pointer, fault.code) == ("/a/1", "out_of_range")
    assert math.isfinite(without_unsafe_values(value)["a"][1])


@pytest.mark.parametrize(
    "number",
    [str(int(sys.float_info.max)), "-" + str(int(sys.float_info.max)), "1.7e308"],
    ids=lambda value: ascii(value)[:40],
)
def test_a_number_at_the_end_of_binary64_is_none_of_that(number: str) -> None:
    value = read_json(number.encode())
    assert unsafe_values(value) == []
    assert float(value) == float(number)


@pytest.mark.parametrize(
    ("text", "pointers"),
    [
        ('{"a": "x\\u0000y"}', ["/a"]),
        ('{"a": "\\ud800"}', ["/a"]),
        ('{"a": "\\udc00\\ud800"}', ["/a"]),
        ('{"a": ["ok", {"b/c~d": "\\udfff"}]}', ["/a/1/b~1c~0d"]),
        ('{"x\\u0000": 1}', ["/x\0"]),
        ('{"x\\ud800": 1}', ["/x\ufffd"]),
        ('{"x\\u0000": "\\u0000"}', ["/x\0", "/x\0"]),
        ('"\\u0000"', [""]),
        ('{"a": "\\ud83d\\ude42 e\\u0301 \\u202e", "b": 1.5, "c": [null, true, 0]}', []),
    ],
)
def test_unsafe_text_is_reported_where_it_is(text: str, pointers: list[str]) -> None:
    """DATA-05, DATA-29."""
    faults = unsafe_values(read_json(text.encode()))
    assert may_hold_unsafe_values(text.encode()) or not faults
    assert [fault.pointer for fault in faults] == pointers
    assert {fault.code for fault in faults} <= {"bad_format"}


@settings(derandomize=True, max_examples=300)
@given(
    st.integers(1, 400), st.integers(0, 400), st.integers(-400, 400), st.sampled_from(["e", "E", "E+", "e+0"])
)
def test_what_holds_unsafe_numbers_is_known_for_it(
    whole: int, decimals: int, exponent: int, sign: str
) -> None:
    """DATA-05."""
    fraction = f".{'9' * decimals}" if decimals else ""
    body = f"{'9' * whole}{fraction}{sign if exponent > 0 else 'e'}{exponent}".encode()
    assert may_hold_unsafe_values(body) or not unsafe_values(read_json(body))


@pytest.mark.parametrize("text", ["Gr\\u00fc\\u00dfe", "\\u4f60\\u597d", "\\uD7FF\\uE000", "1e99", "9" * 199])
def test_what_is_harmless_is_not_looked_at_twice(text: str) -> None:
    assert not may_hold_unsafe_values(text.encode())


def test_what_is_made_safe_can_be_written_as_utf_8() -> None:
    value = {"a\ud800": ["\udfff", -math.inf, {"b": "🙂\ud83d"}], "c": "\0", "d": 5}
    safe = without_unsafe_values(value)
    assert json.dumps(safe, ensure_ascii=False, allow_nan=False).encode()
    assert safe == {
        "a\ufffd": ["\ufffd", -sys.float_info.max, {"b": "🙂\ufffd"}],
        "c": "\0",
        "d": 5,
    }


@pytest.mark.parametrize(
    ("name", "token"), [("a/b", "a~1b"), ("m~n", "m~0n"), ("~1", "~01"), ("", ""), ("é\ud800", "é\ufffd")]
)
def test_names_are_escaped_as_rfc_6901_says(name: str, token: str) -> None:
    """ERR-06."""
    assert escape(name) == token


@settings(derandomize=True, max_examples=100)
@given(st.text(st.characters(), max_size=20))
def test_what_is_printable_is_utf_8_and_otherwise_unchanged(text: str) -> None:
    shown = printable(text)
    assert shown.encode().decode() == shown
    if not any("\ud800" <= character <= "\udfff" for character in text):
        assert shown == text
