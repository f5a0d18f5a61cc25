"""Patterns: each on a table of good and bad text, and with one meaning in Python, Rust and ECMA-262."""

import json
import re
import subprocess
import time
from functools import cache
from typing import Any

import jsonschema_rs
import pytest

from openapi import load
from tests.openapi.reading import DOCUMENTS, Node, compile_component, walk

GOOD: dict[str, list[str]] = {
    "HttpsUrl": [
        "https://shop.example",
        "https://shop.example/",
        "HTTPS://SHOP.EXAMPLE/Path",
        "hTtPs://a",
        "https://shop.example:1",
        "https://shop.example:443/",
        "https://shop.example:65535/a",
        "https://shop.example:00443/",
        "https://shop.example?a=b&c",
        "https://shop.example#part",
        "https://shop.example/a/b;c=1/@me?x=/?:@&y=%20#f?/:@",
        "https://xn--mnchen-3ya.example/caf%C3%A9",
        "https://1.2.3.4/",
        "https://[2001:db8::1]/",
        "https://[::]:8443/",
        "https://[1:2:3:4:5:6:7:8]/",
        "https://[::ffff:192.0.2.1]/",
        "https://[v1.a:b]/",
        "https://localhost/",
        "https://a_b.example/",
        "https://a%41.example/",
        "https://shop.example//double",
        "http://localhost",
        "http://LocalHost:3000/done",
        "HTTP://localhost/",
        "http://127.0.0.1:8000/",
        "http://127.255.255.254/",
        "http://[::1]",
        "http://[::1]:3000/a?b#c",
        "https://shop.example/" + "a" * 2027,
    ],
    "UserEmail": [
        "a@b.c",
        "first.last+tag@mail.example.co.uk",
        "!#$%&'*+/=?^_`{|}~-@a.b",
        ".a..b.@a.b",
        "a@xn--mnchen-3ya.example",
        "a@1.2",
        "a@" + "d" * 63 + ".example",
    ],
    "SessionId": ["Jk3vQ0m8TzS5xWbN2rYc7A", "_" * 22, "-" * 64],
    "Time": ["2026-03-14T09:26:53.120Z", "2024-02-29T23:59:59.999Z"],
    "EventId": ["3f2504e0-4f89-41d3-9a0c-0305e82c3301", "3F2504E0-4F89-41D3-9A0C-0305E82C3301"],
    "MaskedIban": ["DE89**************3000", "NO93*******2947"],
    "PhoneNumber": ["+4915112345678"],
    "UserId": ["customer-1", "\u00a0", "é😀", "x\u2028y"],
    "IdempotencyKey": ["a", "!\"#$%&'()*+,-./~"],
    "WebsiteReference": ["a\n", "\u0001", "\ufeff"],
}
BAD: dict[str, list[str]] = {
    "HttpsUrl": [
        "",
        "https:",
        "https://",
        "https:///path",
        "https://?q",
        "https://#f",
        "https://:443/",
        "https:/shop.example",
        "//shop.example/",
        "/path",
        "shop.example",
        "ftp://shop.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://shop.example/",
        "http://127.0.0.1.shop.example/",
        "http://localhost.shop.example/",
        "http://shop.example#localhost",
        "http://126.0.0.1/",
        "http://127.1/",
        "http://127.0.0.256/",
        "http://127.0.0.01/",
        "http://0.0.0.0/",
        "http://[::2]/",
        "http://[0:0:0:0:0:0:0:1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://2130706433/",
        "http://localhost@shop.example/",
        "https://user@shop.example/",
        "https://user:word@shop.example/",
        "https://@shop.example/",
        "https://shop.example@/",
        "https://shop.example:/",
        "https://shop.example:0/",
        "https://shop.example:00/",
        "https://shop.example:65536/",
        "https://shop.example:99999/",
        "https://shop.example:100000/",
        "https://shop.example:-1/",
        "https://shop.example:8o/",
        "https://shop.example:80:80/",
        "https://shop example/",
        "https://shop.example/a b",
        " https://shop.example/",
        "https://shop.example/ ",
        "https://shop.example/\n",
        "\nhttps://shop.example/",
        "https://shop.example/a\tb",
        "https://shop.example/a\x00",
        "https://shop.example/a\x7f",
        "https://shop.example\\path",
        "https://shop.example/\\path",
        "https:\\\\shop.example/",
        "https://shop.example/%",
        "https://shop.example/%2",
        "https://shop.example/%zz",
        "https://shop.example/?%g1",
        "https://shop.example/#%1",
        "https://%/",
        "https://münchen.example/",
        "https://shop.example/é",
        "https://shop.example/\u2028",
        "https://ｓhop.example/",
        'https://shop.example/"',
        "https://shop.example/<a>",
        "https://shop.example/{a}",
        "https://shop.example/a|b",
        "https://shop.example/^",
        "https://shop.example/`",
        "https://shop.example/[",
        "https://shop.example/?a[]=1",
        "https://shop.example/#a#b",
        "https://[::1",
        "https://::1/",
        "https://[]/",
        "https://[1:2:3:4:5:6:7]/",
        "https://[1:2:3:4:5:6:7:8:9]/",
        "https://[1::2::3]/",
        "https://[::12345]/",
        "https://[::g]/",
        "https://[fe80::1%25eth0]/",
        "https://[::256.0.0.1]/",
        "https://[2001:db8::1]x/",
        "https://shop.example/" + "a" * 2028,
    ],
    "UserEmail": [
        "",
        "a",
        "a@b",
        "@b.c",
        "a@",
        "a@.c",
        "a@b.",
        "a@b..c",
        "a@-b.c",
        "a@b-.c",
        "a@b.c-",
        "a b@c.d",
        "a@b@c.d",
        '"a"@b.c',
        "a@[127.0.0.1]",
        "a@b.c\n",
        "\na@b.c",
        "ä@b.c",
        "a@münchen.example",
        "a@b_c.d",
        "a(c)@b.d",
        "a@" + "d" * 64 + ".example",
        "a" * 249 + "@bc.de",
    ],
    "SessionId": ["", "a" * 21, "a" * 65, "a" * 21 + "=", "a" * 22 + "\n", "a" * 21 + "é"],
    "Time": [
        "2026-03-14T09:26:53Z",
        "2026-03-14T09:26:53.1200Z",
        "2026-03-14T09:26:53.120+00:00",
        "2026-03-14 09:26:53.120Z",
        "2026-03-14T09:26:53.120z",
        "2026-02-30T09:26:53.120Z",
        "2026-03-14T24:00:00.000Z",
        "2026-03-14T09:26:53.120Z\n",
    ],
    "EventId": [
        "{3f2504e0-4f89-41d3-9a0c-0305e82c3301}",
        "3f2504e04f8941d39a0c0305e82c3301",
        "3f2504e0-4f89-41d3-9a0c-0305e82c3301\n",
    ],
    "MaskedIban": ["DE89370400440532013000", "DE89**************3000\n", "de89**************3000"],
    "PhoneNumber": ["+4915112345678\n", "004915112345678", "+49 151"],
    "UserId": ["a\n", "\x9f", "\x00", ""],
    "IdempotencyKey": ["a\n", " a", "\x7f", ""],
    "WebsiteReference": ["\x00", "a\x00b", ""],
}
# Reads [[pattern, text], ...] and answers whether each text matches, as JSON Schema would ask ECMA-262.
ECMA = """
const pairs = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(pairs.map(([pattern, text]) => new RegExp(pattern, "u").test(text))));
"""


def list_pairs() -> list[tuple[str, str]]:
    """Every pattern of every document with every text of the tables, and with each text and a line break."""
    texts = {text for table in (GOOD, BAD) for listed in table.values() for text in listed if len(text) < 300}
    texts |= {text + "\n" for text in texts} | {text + "\r" for text in texts}
    patterns = {
        node["pattern"]
        for document in DOCUMENTS.values()
        for _, node in walk(document["components"])
        if isinstance(node, dict) and isinstance(node.get("pattern"), str)
    }
    return [(pattern, text) for pattern in sorted(patterns) for text in sorted(texts)]


@cache
def compile_rust(pattern: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({"pattern": pattern})


def judge_alike(pattern: str, text: str, python: bool, other: bool) -> bool:
    """Whether two verdicts agree; Python alone takes `$` before a final line break, which `not` excludes."""
    return python == other or (python and text.endswith("\n") and pattern != r"^[^\x00]*$")


@pytest.mark.parametrize(("name", "text"), [(n, t) for n, texts in GOOD.items() for t in texts])
def test_good_text_is_accepted(document: Node, name: str, text: str) -> None:
    assert compile_component(document, name).is_valid(text)


@pytest.mark.parametrize(("name", "text"), [(n, t) for n, texts in BAD.items() for t in texts])
def test_bad_text_is_refused(document: Node, name: str, text: str) -> None:
    assert not compile_component(document, name).is_valid(text)


@pytest.mark.parametrize("name", ["HttpsUrl", "UserEmail", "UserId", "IdempotencyKey"])
def test_the_pattern_is_the_rule_without_any_format(document: Node, name: str) -> None:
    """Formats are annotations to many validators: nothing of the rule may hang on them."""
    schema: dict[str, Any] = {
        k: v for k, v in document["components"]["schemas"][name].items() if k != "format"
    }
    validator = jsonschema_rs.Draft202012Validator(schema)
    assert all(validator.is_valid(text) for text in GOOD[name])
    assert not any(validator.is_valid(text) for text in BAD[name])


def test_python_and_rust_read_every_pattern_alike() -> None:
    for pattern, text in list_pairs():
        python = re.search(pattern, text) is not None
        assert judge_alike(pattern, text, python, compile_rust(pattern).is_valid(text)), (pattern, text)


def test_python_and_ecma_read_every_pattern_alike(node: str) -> None:
    pairs = list_pairs()
    done = subprocess.run(
        [node, "-e", ECMA], input=json.dumps(pairs), capture_output=True, text=True, check=True
    )
    for (pattern, text), ecma in zip(pairs, json.loads(done.stdout), strict=True):
        python = re.search(pattern, text) is not None
        assert judge_alike(pattern, text, python, ecma), (pattern, text)


def test_the_url_pattern_takes_linear_time() -> None:
    """Patterns judge hostile input: near misses at full length stay cheap in a backtracking engine."""
    pattern = re.compile(load()["components"]["schemas"]["HttpsUrl"]["pattern"])
    for text in (
        "https://" + "a." * 1020 + "\x00",
        "https://[" + ":" * 2030,
        "https://a/" + "%41" * 670 + "%",
    ):
        start = time.perf_counter()
        assert pattern.search(text) is None
        assert time.perf_counter() - start < 1  # a linear search takes a hundredth of this
