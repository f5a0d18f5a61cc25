"""How a partner appears to its payers: hostile text is refused where it enters."""

from __future__ import annotations

import pytest

from tests.reference_impl.builders import a_partner

GOOD = [
    ("display_name", "Café & Söhne <b>GmbH</b> 😀"),
    ("display_name", "n" * 200),
    ("colour", "#1a7F5a"),
    ("logo_url", "https://shop.example/logo.svg?v=2"),
    ("logo_url", "https://[2001:db8::1]:8443/a%20b.png"),
    ("logo_url", "http://localhost:3000/logo.png"),
    ("logo_url", "http://127.0.0.1/logo.png"),
    ("logo_url", "http://[::1]:3000/logo.png"),
    ("logo_url", "https://a/" + "a" * 2038),
]
BAD = [
    ("display_name", ""),
    ("display_name", "n" * 201),
    ("display_name", "two\nlines"),
    ("display_name", "a\0b"),
    ("display_name", "a\ud800"),
    ("colour", ""),
    ("colour", "red"),
    ("colour", "#1a7f5"),
    ("colour", "#1a7f5a;"),
    ("colour", "#1a7f5a\n"),
    ("colour", "#１a7f5a"),
    ("colour", "url(https://evil.example)"),
    ("logo_url", ""),
    ("logo_url", "/logo.png"),
    ("logo_url", "//shop.example/logo.png"),
    ("logo_url", "http://shop.example/logo.png"),
    ("logo_url", "http://127.0.0.1.shop.example/logo.png"),
    ("logo_url", "http://localhost.shop.example/logo.png"),
    ("logo_url", "javascript:alert(1)"),
    ("logo_url", "data:image/svg+xml,<svg/>"),
    ("logo_url", "https://"),
    ("logo_url", "https://:443/logo.png"),
    ("logo_url", "https://shop.example:0/logo.png"),
    ("logo_url", "https://shop.example:99999/logo.png"),
    ("logo_url", "https://[::1/logo.png"),
    ("logo_url", "https://user@shop.example/logo.png"),
    ("logo_url", "https://shop.example\\@evil.example/logo.png"),
    ("logo_url", "https://shop.example/lo go.png"),
    ("logo_url", "https://shop.example/logo.png\n"),
    ("logo_url", 'https://shop.example/"onerror="alert(1)'),
    ("logo_url", "https://münchen.example/logo.png"),
    ("logo_url", "https://a/" + "a" * 2039),
]


@pytest.mark.parametrize(("member", "value"), GOOD)
def test_an_honest_face_is_kept_as_it_is(member: str, value: str) -> None:
    assert getattr(a_partner(**{member: value}), member) == value


@pytest.mark.parametrize(("member", "value"), BAD)
def test_anything_else_is_refused_with_the_rule(member: str, value: str) -> None:
    with pytest.raises(ValueError, match=r"^a (display name|colour|logo) "):
        a_partner(**{member: value})


def test_a_partner_needs_no_face() -> None:
    partner = a_partner()
    assert (partner.display_name, partner.logo_url, partner.colour) == (None, None, None)
