"""Bodies before their fields are looked at: size, framing, media types, JSON."""

from __future__ import annotations

import json
import socket
from contextlib import closing

import pytest

from tests.serving import Server
from tests.session_api.calls import (
    CREATIONS,
    EMBEDDED,
    HOSTED,
    create,
    encode,
    new_session,
    signed,
    valid,
)
from tests.session_api.exchange import TIMEOUT, Answer, check_common, compose, exchange, read_answer

LIMIT = 262_144
BODY = encode(valid(HOSTED))


def post(server: Server, body: bytes, **options: object) -> Answer:
    return signed(server, "POST", HOSTED, body, **options)  # type: ignore[arg-type]  # signed's own options


@pytest.mark.parametrize("chunks", [None, 4096, LIMIT])
def test_the_limit_is_met_at_the_byte(server: Server, chunks: int | None) -> None:
    """HTTP-13, HTTP-14: white space fills the body up; one byte more is too much, signed or not."""
    full = BODY.ljust(LIMIT)
    assert post(server, full, chunks=chunks).status == 201
    assert post(server, full[:-1] + b"x", chunks=chunks).code == "malformed_json"
    assert post(server, full + b" ", chunks=chunks).code == "body_too_large"
    assert exchange(server.port, "POST", HOSTED, body=full + b" ", chunks=chunks).code == "body_too_large"


def test_a_look_up_reads_no_more_than_a_creation(server: Server) -> None:
    """HTTP-08, HTTP-13: what it ignores it reads up to the limit, for the signature covers it."""
    path = f"/session/{new_session(server)['sessionId']}"
    assert signed(server, "GET", path, b"x" * LIMIT).status == 200
    assert signed(server, "GET", path, b"x" * (LIMIT + 1)).code == "body_too_large"


@pytest.mark.parametrize("length", [LIMIT + 1, 10**9, 10**18])
def test_a_declared_length_above_the_limit_is_refused_before_the_body_comes(
    server: Server, length: int
) -> None:
    """HTTP-13: nobody uploads a gigabyte to learn that."""
    head = f"POST {HOSTED} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode()
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=TIMEOUT)) as connection:
        connection.sendall(head)
        answer = read_answer(connection)
    check_common(answer)
    assert answer.code == "body_too_large"


def test_chunks_without_end_are_refused_at_the_limit(server: Server) -> None:
    """HTTP-13: the answer comes although the last chunk never does."""
    head = f"POST {HOSTED} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=TIMEOUT)) as connection:
        connection.sendall(head + b"10000\r\n" + b" " * 0x10000 + b"\r\n" * 1)
        for _ in range(4):
            connection.sendall(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
        answer = read_answer(connection)
    check_common(answer)
    assert answer.code == "body_too_large"


@pytest.mark.parametrize("chunks", [1, 7, 10_000])
def test_chunks_make_the_same_body(server: Server, chunks: int) -> None:
    """HTTP-15: whatever their size, even in the middle of a character."""
    sent = valid(HOSTED, websiteReference="Straße 🛒 في")
    answer = post(server, encode(sent), chunks=chunks)
    assert answer.status == 201
    assert answer.document["websiteReference"] == sent["websiteReference"]
    assert post(server, encode({**sent, "amount": "5"}), chunks=chunks).pointers == {"/amount"}


def test_several_requests_share_a_connection(server: Server) -> None:
    """RFC 9112 section 9.3: sent one behind the other before any answer is read, refused ones among them."""
    credentials = [*server.sign(BODY).items(), ("Content-Type", "application/json")]
    good = compose("POST", HOSTED, fields=credentials, body=BODY)
    refused = compose("POST", HOSTED, fields=credentials, body=BODY[:-1] + b" ")
    lost = compose("POST", "/nowhere", body=BODY, chunks=9)
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=TIMEOUT)) as connection:
        connection.sendall(good + refused + lost + good)
        reader = connection.makefile("rb")
        met = []
        for _ in range(4):
            met.append(int(reader.readline().split()[1]))
            length = 0
            while (line := reader.readline()) != b"\r\n":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            reader.read(length)
    assert met == [201, 401, 404, 201]


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON",
        "application/json;charset=utf-8",
        "application/json; charset=UTF-8",
        "application/json ; charset=utf-8",
        'application/json; charset="utf-8"',
        "application/json; CHARSET=Utf-8",
        "application/json; profile=x",
        'application/json; profile="a;b, charset=latin-1"',
        "application/json; version=2; charset=utf-8",
        "application/json;",
    ],
)
def test_json_in_utf_8_is_taken_with_any_parameter(server: Server, content_type: str) -> None:
    """HTTP-09."""
    assert post(server, BODY, content_type=content_type).status == 201


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/octet-stream",
        "application/problem+json",
        "application/vnd.api+json",
        "application/merge-patch+json",
        "application/json-seq",
        "application/jsonp",
        "application/*",
        "*/*",
        "json",
        "application/json, application/json",
        "application/json charset=utf-8",
        "application/json; charset=latin-1",
        "application/json; charset=iso-8859-1",
        "application/json; charset=utf-16",
        "application/json; charset=us-ascii",
        "application/json; charset=utf8",
        "application/json; profile=x; charset=utf-16",
        "application/ json",
    ],
)
@pytest.mark.parametrize("path", CREATIONS)
def test_anything_else_is_unsupported(server: Server, path: str, content_type: str | None) -> None:
    """HTTP-10."""
    answer = signed(server, "POST", path, encode(valid(path)), content_type=content_type)
    assert answer.code == "unsupported_media_type"


@pytest.mark.parametrize(
    ("codings", "taken"),
    [
        (["identity"], True),
        (["Identity"], True),
        (["gzip"], False),
        (["GZIP"], False),
        (["br"], False),
        (["deflate"], False),
        (["identity, gzip"], False),
        (["identity", "gzip"], False),
        (["utf-8"], False),
        (["aws-chunked"], False),
    ],
)
def test_a_content_coding_is_unsupported(server: Server, codings: list[str], taken: bool) -> None:
    """HTTP-11: even where the content, as here, is plain."""
    answer = post(server, BODY, fields=[("Content-Encoding", coding) for coding in codings])
    assert (answer.status if taken else answer.code) == (201 if taken else "unsupported_media_type")


@pytest.mark.parametrize(
    ("accept", "acceptable"),
    [
        ([], True),
        (["*/*"], True),
        (["application/*"], True),
        (["application/json"], True),
        (["APPLICATION/JSON"], True),
        (["application/json;q=0.001"], True),
        (["text/html, */*;q=0.1"], True),
        (["text/html", "application/json"], True),
        (["application/json;charset=utf-8"], True),
        (["*/*;q=0, application/json"], True),
        (["application/*;q=0, application/json;q=0.5"], True),
        (["text/html;q=1.0,application/xml;q=0.9,*/*;q=0.8"], True),
        (["text/html"], False),
        (["text/*"], False),
        (["application/problem+json"], False),
        (["application/xml, text/html"], False),
        (["application/json;q=0"], False),
        (["application/json;q=0.000"], False),
        (["application/json;Q=0"], False),
        (["*/*;q=0"], False),
        (["application/*;q=0, */*"], False),
        (["application/json;q=0, */*"], False),
        (["application/json ; q=0 , text/html"], False),
        (["text/html", "application/xml"], False),
    ],
)
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_json_is_unacceptable_only_where_accept_rules_it_out(
    server: Server, method: str, accept: list[str], acceptable: bool
) -> None:
    """HTTP-12: by the most specific range, on creations and on the look-up."""
    fields = [("Accept", value) for value in accept]
    if method == "POST":
        answer, success = post(server, BODY, fields=fields), 201
    else:
        target = f"/session/{new_session(server)['sessionId']}"
        answer, success = signed(server, "GET", target, fields=fields), 200
    assert (answer.status if acceptable else answer.code) == (success if acceptable else "not_acceptable")


@pytest.mark.parametrize(
    "accept",
    [
        "json",
        "text",
        "text/html;q=2",
        "text/html;q=x",
        "*",
        "application/json;q=0;;;=",
        "/",
        "text/html;q=0.0001",
    ],
)
def test_a_malformed_accept_rules_nothing_out(server: Server, accept: str) -> None:
    """HTTP-12."""
    assert post(server, BODY, fields=[("Accept", accept)]).status == 201


@pytest.mark.parametrize(
    "accept", ["text/html", "application/json", "application/problem+json;q=0", "*/*;q=0"]
)
def test_errors_are_problem_details_whatever_accept_says(server: Server, accept: str) -> None:
    """ERR-01."""
    fields = [("Accept", accept)]
    assert exchange(server.port, "POST", HOSTED, fields=fields, body=BODY).code == "missing_credentials"
    assert exchange(server.port, "GET", "/nowhere", fields=fields).code == "not_found"
    assert post(server, BODY, fields=fields).status in (201, 406)


def with_member(text: bytes) -> bytes:
    """A valid request with the text of one more member."""
    return BODY.rstrip()[:-1] + b", " + text + b"}"


MALFORMED = {
    "empty": b"",
    "white space": b" \r\n\t ",
    "truncated": BODY[:-1],
    "truncated in a string": BODY[: BODY.index(b"shop")],
    "no JSON": b"amount=5",
    "XML": b"<amount>5</amount>",
    "a trailing comma": BODY.rstrip()[:-1] + b",}",
    "a comment": BODY + b"// thanks",
    "single quotes": BODY.replace(b'"', b"'"),
    "bare names": BODY.replace(b'"amount"', b"amount"),
    "trailing content": BODY + b"{}",
    "a trailing brace": BODY + b"}",
    "a trailing NUL": BODY + b"\x00",
    "a leading vertical tab": b"\x0b" + BODY,
    "a no-break space": b"\xc2\xa0" + BODY,
    "a byte order mark": b"\xef\xbb\xbf" + BODY,
    "UTF-16": BODY.decode().encode("utf-16"),
    "UTF-16 without a mark": BODY.decode().encode("utf-16-le"),
    "UTF-32": BODY.decode().encode("utf-32-be"),
    "Latin-1": with_member(b'"websiteReference": "Stra\xdfe"'),
    "an overlong encoding": with_member(b'"websiteReference": "\xc0\xaf"'),
    "an encoded surrogate": with_member(b'"websiteReference": "\xed\xa0\x80"'),
    "beyond Unicode": with_member(b'"websiteReference": "\xf4\x90\x80\x80"'),
    "half a character": with_member(b'"websiteReference": "\xf0\x9f\x9b"'),
    "NaN": BODY.replace(b"9.99", b"NaN"),
    "Infinity": BODY.replace(b"9.99", b"Infinity"),
    "-Infinity": BODY.replace(b"9.99", b"-Infinity"),
    "NaN at depth": with_member(b'"customFields": {"a": [NaN]}'),
    "NaN alone": b"NaN",
    "a plus sign": BODY.replace(b"9.99", b"+9.99"),
    "a leading zero": BODY.replace(b"9.99", b"09.99"),
    "no whole part": BODY.replace(b"9.99", b".99"),
    "no fraction": BODY.replace(b"9.99", b"9."),
    "no exponent": BODY.replace(b"9.99", b"9.99e"),
    "hexadecimal": BODY.replace(b"9.99", b"0x9"),
    "digits of another script": BODY.replace(b"9.99", "٩".encode()),
    "a raw newline in a string": with_member(b'"websiteReference": "a\nb"'),
    "a raw tab in a string": with_member(b'"websiteReference": "a\tb"'),
    "a raw NUL in a string": with_member(b'"websiteReference": "a\x00b"'),
    "an unknown escape": with_member(rb'"websiteReference": "\x41"'),
    "half an escape": with_member(rb'"websiteReference": "\u00"'),
    "a signed escape": with_member(rb'"websiteReference": "\u+041"'),
    "True": with_member(b'"websiteReference": True'),
    "a name twice": with_member(b'"amount": 9.99'),
    "a name twice, once escaped": with_member(rb'"\u0061mount": 5'),
    "an unknown name twice": with_member(b'"unknown": 1, "unknown": 1'),
    "a name twice in a member": with_member(b'"customFields": {"a": "1", "b": "2", "a": "1"}'),
    "a name twice at depth": with_member(b'"unknown": [[{"a": {"b": 1, "b": 2}}]]'),
    "a NUL escape twice": with_member(rb'"customFields": {"\u0000": "", "\u0000": ""}'),
    "a name twice in a list": b'[{"a": 1, "a": 1}]',
    "33 levels": with_member(b'"unknown": ' + b"[" * 32 + b"]" * 32),
    "33 levels of objects": b'{"a":' * 33 + b"1" + b"}" * 33,
    "33 levels of lists": b"[" * 33 + b"]" * 33,
    "60 KB of [": b"[" * 61_440,
    "60 KB of [ and ]": b"[" * 30_720 + b"]" * 30_720,
    "60 KB of objects": b'{"a":' * 12_288,
    "as many [ as fit": b"[" * LIMIT,
    "60 KB of quotes": b'"' * 61_440,
    "60 KB of backslashes": b'"' + b"\\" * 61_439,
    "60 KB of minus signs": b"-" * 61_440,
    "60 KB of commas": b"[" + b"," * 61_439,
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
@pytest.mark.parametrize("path", [HOSTED, EMBEDDED])
def test_what_is_no_json_text_is_malformed(server: Server, path: str, body: bytes) -> None:
    """DATA-01 to DATA-03, ERR-08, ERR-11."""
    answer = signed(server, "POST", path, body)
    assert answer.code == "malformed_json"
    assert answer.document["errors"] == []


@pytest.mark.parametrize("chunks", [None, 5])
def test_no_body_at_all_is_malformed(server: Server, chunks: int | None) -> None:
    """DATA-01: without framing, with a length of 0, with the last chunk alone."""
    fields = [*server.sign(b"").items(), ("Content-Type", "application/json")]
    assert exchange(server.port, "POST", HOSTED, fields=fields).code == "malformed_json"
    assert (
        exchange(server.port, "POST", HOSTED, fields=fields, body=b"", chunks=chunks).code == "malformed_json"
    )


@pytest.mark.parametrize(
    "text",
    [
        b'"unknown": ' + b"[" * 31 + b"]" * 31,
        b'"unknown": ' + b'{"a":' * 31 + b"1" + b"}" * 31,
        b'"unknown": ' + b"[" * 30 + b'{"a": "[[[["}' + b"]" * 30,
        b'"unknown": [' + b"[]," * 20_000 + b"[]]",
    ],
    ids=["lists", "objects", "both", "wide"],
)
def test_thirty_two_levels_are_read(server: Server, text: bytes) -> None:
    """DATA-03: the outermost object counted; how many there are side by side does not matter."""
    answer = post(server, with_member(text))
    assert answer.code == "invalid_request"
    assert answer.pointers == {"/unknown"}


def test_brackets_within_text_are_no_levels(server: Server) -> None:
    """DATA-03."""
    text = "[{" * 120
    assert create(server, HOSTED, valid(HOSTED, websiteReference=text)).document["websiteReference"] == text


@pytest.mark.parametrize("path", CREATIONS)
@pytest.mark.parametrize(
    "root", [b"[]", b"[{}]", b'"text"', b"5", b"-0.0", b"true", b"false", b"null", b'""']
)
def test_a_root_that_is_no_object_is_invalid(server: Server, path: str, root: bytes) -> None:
    """DATA-04: at the pointer of the whole document."""
    answer = signed(server, "POST", path, root)
    assert answer.code == "invalid_request"
    assert answer.pointers == {""}


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        (rb'"websiteReference": "\ud800"', "/websiteReference"),
        (rb'"websiteReference": "\udfff"', "/websiteReference"),
        (rb'"websiteReference": "a\ude00\ud83db"', "/websiteReference"),
        (rb'"websiteReference": "\ud83d\ud83d\ude00"', "/websiteReference"),
        (rb'"websiteReference": "a\u0000b"', "/websiteReference"),
        (rb'"websiteReference": "\u0000"', "/websiteReference"),
        (rb'"idempotencyKey": "\u0000"', "/idempotencyKey"),
        (rb'"idempotencyKey": "k\ud800"', "/idempotencyKey"),
        (rb'"customFields": {"a": "\ud800"}', "/customFields/a"),
        (rb'"customFields": {"a": "\u0000"}', "/customFields/a"),
        (rb'"customFields": {"a\u0000": "b"}', "/customFields/a\0"),
        (rb'"customFields": {"a\ud800": "b"}', "/customFields/a\N{REPLACEMENT CHARACTER}"),
        (
            rb'"blockchainDestinationType": "\ud800", "blockchainDestinationAddress": "0x%s"' % (b"a" * 40),
            "/blockchainDestinationType",
        ),
        (rb'"unknown": "\ud800"', "/unknown"),
        (rb'"unknown\u0000": 1', "/unknown\0"),
        (rb'"unknown\ud800": 1', "/unknown\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_nul_and_unpaired_surrogates_are_invalid_where_they_stand(
    server: Server, text: bytes, pointer: str
) -> None:
    """DATA-05, DATA-29: the JSON is well-formed, the text is none that can be kept."""
    answer = post(server, with_member(text))
    assert answer.code == "invalid_request"
    assert answer.pointers == {pointer}


def test_a_surrogate_pair_is_one_character(server: Server) -> None:
    """DATA-28."""
    answer = post(server, with_member(rb'"websiteReference": "\ud83d\uDED2"'))
    assert answer.document["websiteReference"] == "🛒"


OUTSIDE_BINARY64 = {
    "1e400": b"1e400",
    "250 digits and e60": b"9" * 250 + b"e60",
    "-1E+400": b"-1E+400",
    "an integer of 401 digits": b"1" + b"0" * 400,
    "an integer of 5000 digits": b"9" * 5000,
    "a negative integer of 5000 digits": b"-" + b"9" * 5000,
    "an integer of 200,000 digits": b"9" * 200_000,
    "a fraction of 5000 digits before the point": b"9" * 5000 + b".5",
    "a huge exponent": b"1e" + b"9" * 5000,
    "just too large": b"1.7976931348623159e308",
}


@pytest.mark.parametrize("number", OUTSIDE_BINARY64.values(), ids=OUTSIDE_BINARY64)
def test_a_number_outside_binary64_is_invalid_where_it_stands(server: Server, number: bytes) -> None:
    """DATA-05, ERR-11."""
    answer = post(server, BODY.replace(b"9.99", number))
    assert (answer.code, answer.pointers) == ("invalid_request", {"/amount"})
    answer = post(server, with_member(b'"customFields": {"a": %s}' % number))
    assert (answer.code, answer.pointers) == ("invalid_request", {"/customFields/a"})


def test_pointers_escape_slash_and_tilde(server: Server) -> None:
    """ERR-05, ERR-06: RFC 6901 section 3."""
    answer = create(server, HOSTED, valid(HOSTED, **{"a/b~c": 1, "": 2, "~1": 3, "é 🛒": 4, "/": 5, "0": 6}))
    assert answer.pointers == {"/a~1b~0c", "/", "/~01", "/é 🛒", "/~1", "/0"}


def test_a_body_with_very_many_faults_is_answered(server: Server) -> None:
    """ERR-05, ERR-11: all of them are listed, each once."""
    names = [f"unknown{number}" for number in range(9_000)]
    body = json.dumps({**valid(HOSTED), **dict.fromkeys(names, 0)}).encode()
    assert len(body) < LIMIT
    answer = post(server, body)
    assert answer.pointers == {f"/{name}" for name in names}
    assert len(answer.document["errors"]) == len(names)
