"""What a built site has a browser load by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs import loading

ELSEWHERE = [
    '<script src="https://cdn.example/x.js"></script>',
    "<script async src=//cdn.example/x.js></script>",
    '<img src="a.png" srcset="a.png 1x, https://cdn.example/b.png 2x">',
    '<source srcset="//cdn.example/b.avif">',
    '<link rel="stylesheet" href="HTTPS://cdn.example/x.css">',
    '<link rel="preconnect" href="https://cdn.example">',
    '<base href="https://cdn.example/">',
    '<meta http-equiv="refresh" content="0; url=https://cdn.example/">',
    '<p style="background: url(https://cdn.example/x.png)">x</p>',
    "<style>@import '//cdn.example/x.css';</style>",
    '<svg><use xlink:href="https://cdn.example/x.svg#a"></use></svg>',
    '<object data="https://cdn.example/x.pdf"></object>',
    '<video poster="https://cdn.example/x.png"></video>',
    '<form action="https://cdn.example/"></form>',
    '<img src="/\\cdn.example/x.png">',
]
STYLES = [
    "p { background: url( https://cdn.example/x.png ) }",
    'p { background: URL("//cdn.example/x.png") }',
    '@import "https://cdn.example/x.css" screen;',
    "@font-face { src: local(x), url('https://cdn.example/x.woff2') format('woff2') }",
    'p { background: image-set("https://cdn.example/x.png" 2x) }',
    "p { background: url(\\68ttps://cdn.example/x.png) }",
]


@pytest.mark.parametrize("piece", ELSEWHERE)
@pytest.mark.parametrize("name", ["page.html", "drawing.svg"])
def test_what_a_page_or_drawing_loads_from_elsewhere_is_named(tmp_path: Path, name: str, piece: str) -> None:
    (tmp_path / name).write_text(f"<div>{piece}</div>")
    (found,) = loading.find_foreign(tmp_path)
    assert found.startswith(f"{name}: ")
    assert "cdn.example" in found


@pytest.mark.parametrize("style", STYLES)
def test_what_a_style_sheet_loads_from_elsewhere_is_named(tmp_path: Path, style: str) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "x.css").write_text(style)
    (found,) = loading.find_foreign(tmp_path)
    assert found.startswith("below/x.css: ")


def test_what_a_reader_follows_and_what_lies_beside_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(
        '<a href="https://example.com/">x</a> <img src="x.png" srcset="x.png, y.png 2x"> '
        '<svg xmlns="http://www.w3.org/2000/svg"></svg> <meta name="description" content="see https://x.example/">'
        "<code>https://example.com</code> <script>const a = 1;</script>"
    )
    (tmp_path / "x.css").write_text(
        "/* https://example.com/ */"
        "p { background: url('data:image/svg+xml,<svg xmlns=\"http://www.w3.org/\">') }"
    )
    assert loading.find_foreign(tmp_path) == []
