"""The formats that the document names."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from reference_impl.http.formats import FORMATS, is_date, is_date_time, is_email, is_uri, is_uuid

GOOD: dict[str, list[str]] = {
    "uri": [
        "https://shop.example",
        "HTTPS://Shop.Example:443/a/b;c?d=e&f#g",
        "http://localhost:8080",
        "http://[::1]:1/",
        "https://[2001:db8::192.0.2.1]",
        "https://[v1.a:b]/",
        "https://user:pass@host/",
        "https://a:0443/",
        "https://a:65535",
        "https://a:",
        "https://a/%7Euser/%20",
        "https://a?q?",
        "https://xn--bcher-kva.example/",
        "urn:stablemint:request:abc",
        "mailto:a@b.example",
        "a:",
    ],
    "date": ["1900-01-01", "2000-02-29", "2024-12-31", "0001-01-01"],
    "date-time": [
        "2030-01-02T03:04:05Z",
        "2030-01-02T03:04:05.678Z",
        "2030-01-02t03:04:05.123456789z",
        "2030-01-02T03:04:05+14:00",
        "2030-01-02T03:04:05-23:59",
        "2016-12-31T23:59:60Z",
    ],
    "email": [
        "a@b.c",
        "first.last+tag@shop.example",
        ".a..b.@b.c",
        "!#$%&'*+/=?^_`{|}~-@b.c",
        "a@xn--bcher-kva.example",
        "a@1.2",
        f"a@{'b' * 63}.c",
        f"{'a' * 250}@b.c",
    ],
    "uuid": [
        "7a0cb5d2-52c4-5e6c-9a55-3a1c3d4fb1f0",
        "7A0CB5D2-52C4-5E6C-9A55-3A1C3D4FB1F0",
        str(uuid.UUID(int=0)),
    ],
}
BAD: dict[str, list[str]] = {
    "uri": [
        "",
        "shop.example",
        "/path",
        "//host/path",
        "1a:b",
        "https://a b/",
        " https://a",
        "https://a ",
        "https://a\n",
        "https://a\\b",
        "https://a/\\",
        "https://bücher.example",
        "https://a/é",
        "https://a/%",
        "https://a/%4",
        "https://a/%zz",
        "https://%4g/",
        "https://a/#b#c",
        "https://a:0",
        "https://a:65536",
        "https://a:99999999999999999999",
        f"https://a:{'1' * 5000}",
        "https://a:x",
        "https://a:b:80/",
        "https://a@b@c/",
        "https://[::1",
        "https://[::1]x",
        "https://[::g]",
        "https://[1::2::3]",
        "https://[fe80::1%25eth0]",
        "https://[fe80::1%eth0]",
        "https://[]",
        "https://[v.a]",
        "https://a/<b>",
        'https://a/"',
        "https://a/{b}",
        "https://a/[b]",
        "https://a/|^`",
        "https://a/\0",
    ],
    "date": [
        "",
        "2023-02-29",
        "1900-02-29",
        "2024-13-01",
        "2024-00-01",
        "2024-01-00",
        "2024-04-31",
        "24-01-01",
        "20240101",
        "2024-1-1",
        "2024-W01-1",
        "2024-001",
        "2024-01-01 ",
        "2024-01-01\n",
        "2024-01-01T00:00:00Z",
        "2024/01/01",
        "٢٠٢٤-٠١-٠١",
        "+2024-01-01",
    ],
    "date-time": [
        "",
        "2030-01-02",
        "2030-01-02T03:04:05",
        "2030-01-02 03:04:05Z",
        "2030-01-02T03:04Z",
        "2030-01-02T03:04:05.Z",
        "2030-01-02T03:04:05,5Z",
        "2030-01-02T24:00:01Z",
        "2030-01-02T03:60:05Z",
        "2030-01-02T03:60:60Z",
        "2030-01-02T03:04:61Z",
        "2030-02-30T03:04:05Z",
        "2030-01-02T03:04:05+24:00",
        "2030-01-02T03:04:05+00:60",
        "2030-01-02T03:04:05+0000",
        "2030-01-02T03:04:05Z\n",
        "２030-01-02T03:04:05Z",
    ],
    "email": [
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
        "a@b_c.d",
        f"a@{'b' * 64}.c",
        f"{'a' * 251}@b.c",
        '"a b"@c.d',
        "a@[127.0.0.1]",
        "a b@c.d",
        "a@b.c ",
        "a@b.c\n",
        "é@b.c",
        "a@bücher.example",
        "a@b@c.d",
        "a,b@c.d",
    ],
    "uuid": [
        "",
        "7a0cb5d252c45e6c9a553a1c3d4fb1f0",
        "{7a0cb5d2-52c4-5e6c-9a55-3a1c3d4fb1f0}",
        "urn:uuid:7a0cb5d2-52c4-5e6c-9a55-3a1c3d4fb1f0",
        "7a0cb5d2-52c4-5e6c-9a55-3a1c3d4fb1f",
        "7a0cb5d2-52c4-5e6c-9a55-3a1c3d4fb1fg",
        "7a0cb5d-252c4-5e6c-9a55-3a1c3d4fb1f0",
        "7a0cb5d2-52c4-5e6c-9a55-3a1c3d4fb1f0\n",
    ],
}


def cases(texts_by_format: dict[str, list[str]]) -> list[Any]:
    return [
        pytest.param(name, text, id=f"{name}: {text[:40]!a}")
        for name, texts in texts_by_format.items()
        for text in texts
    ]


@pytest.mark.parametrize(("name", "text"), cases(GOOD))
def test_what_has_the_format_is_accepted(name: str, text: str) -> None:
    assert FORMATS[name](text)


@pytest.mark.parametrize(("name", "text"), cases(BAD))
def test_what_has_it_not_is_refused(name: str, text: str) -> None:
    assert not FORMATS[name](text)


def test_every_format_is_tried_here() -> None:
    assert set(GOOD) == set(BAD) == set(FORMATS)
    assert set(FORMATS.values()) == {is_uri, is_date, is_date_time, is_email, is_uuid}


@pytest.mark.parametrize("filling", ["a", "%41", "a:", "a.", ":", "[", "/", "a-", "0", "?", ".-"])
@pytest.mark.parametrize("name", sorted(FORMATS))
def test_long_texts_are_judged_in_linear_time(name: str, filling: str) -> None:
    """ERR-11: where a pattern backtracks, a body full of these takes minutes."""
    filled = filling * (200_000 // len(filling))
    for text in (
        f"https://{filled}\\",
        f"a@{filled}!",
        f"https://a/{filled}\\",
        f"https://a:{filled}x",
        filled,
    ):
        assert not FORMATS[name](text + "\n")
