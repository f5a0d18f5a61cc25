"""What the files of a built site have a browser load by itself, and what of it lies on another machine.

Pages, drawings and style sheets are read, links that a reader follows left out. What scripts ask for shows in
a browser alone, where a test watches a page of every kind (``tests/browser/test_documentation.py``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

_LOADED: Final = frozenset(
    {"src", "poster", "background", "data", "ping", "formaction", "action", "manifest"}
)
_SETS: Final = frozenset({"srcset", "imagesrcset"})
_HREFS: Final = frozenset({"href", "xlink:href"})
_FOLLOWED: Final = frozenset({"a", "area"})
"""Whose `href` is loaded when a reader says so; of every other element it is at once."""

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_NAMED = re.compile(
    r"""url\(\s*(?P<bare>[^\s"')][^)]*)\)|(?P<quote>["'])(?P<quoted>(?:\\.|(?!(?P=quote)).)*)(?P=quote)""",
    re.IGNORECASE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)
_REFRESH = re.compile(r"\burl\s*=\s*[\"']?([^\"']+)", re.IGNORECASE)


def find_foreign(folder: Path) -> list[str]:
    """Every address that a browser would ask another machine for by itself, as ``file: address``."""
    found = []
    for file in sorted(folder.rglob("*")):
        if file.suffix in (".html", ".svg"):
            page = _Page()
            page.feed(file.read_text(encoding="utf-8"))
            page.close()
            named = page.loaded
        elif file.suffix == ".css":
            named = list(in_style(file.read_text(encoding="utf-8")))
        else:
            continue
        name = file.relative_to(folder).as_posix()
        found += [f"{name}: {address}" for address in dict.fromkeys(named) if _is_foreign(address)]
    return found


def in_style(text: str) -> Iterator[str]:
    """What a style sheet names: in `url()`, and in every string, as `@import` and `image-set` have it."""
    for found in _NAMED.finditer(_COMMENT.sub(" ", text)):
        yield _ESCAPE.sub(_unescape, found["bare"] or found["quoted"] or "").strip()


class _Page(HTMLParser):
    """What an HTML page or a drawing has loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_style = tag == "style"
        for name, value in attrs:
            if not value:
                continue
            if name in _LOADED or (name in _HREFS and tag not in _FOLLOWED):
                self.loaded.append(value)
            elif name in _SETS:
                self.loaded += re.findall(r"[^\s,]\S*", value)
            elif name == "style":
                self.loaded += in_style(value)
            elif tag == "meta" and name == "content":
                self.loaded += _REFRESH.findall(value)

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.loaded += in_style(data)

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False


def _unescape(found: re.Match[str]) -> str:
    return chr(min(int(found[1], 16), 0x10FFFF)) if found[1] else found[2]


def _is_foreign(address: str) -> bool:
    """As a browser reads it: without line breaks and tabs, and a backslash is a slash."""
    plain = re.sub(r"[\t\r\n]", "", address).strip().replace("\\", "/")
    try:
        parts = urlsplit(plain)
    except ValueError:
        return True
    return plain.startswith("//") or parts.scheme in ("http", "https", "ws", "wss", "ftp")
