"""What Sphinx and Furo leave out of a page that not everybody can do without, put into it after it is built.

A test in a browser holds every kind of page to WCAG 2.2 (``tests/browser/test_documentation.py``). And one
thing is taken out: the versions of the tools. The lock has others for a newer Python, which build the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_CHANGES: Final[Sequence[tuple[str, str]]] = (
    # Two landmarks of one kind need names.
    ('<aside class="sidebar-drawer"', '<aside aria-label="Site" class="sidebar-drawer"'),
    ('<aside class="toc-drawer', '<aside aria-label="Page" class="toc-drawer'),
    # A heading that is no h1 to h6 needs its level.
    ('<p class="caption" role="heading"', '<p class="caption" role="heading" aria-level="2"'),
    # A corner without words heads nothing.
    ('<th class="head"><p></p></th>', '<td class="head"></td>'),
    # What scrolls by itself must be reached by the keyboard.
    ("<pre>", '<pre tabindex="0">'),
    ('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper'),
)
_VERSIONS: Final = re.compile(r"<!-- Generated with [^>]*-->")
_UNTITLED: Final = "<article"
_TITLE: Final = '<h1 class="visually-hidden">Search</h1>'


def finish(folder: Path) -> None:
    """Change every page in ``folder``, once."""
    for file in sorted(folder.rglob("*.html")):
        text = _VERSIONS.sub("", file.read_text("utf-8"))
        for before, after in _CHANGES:
            text = text.replace(before, after)
        if "<h1" not in text:
            head, article, rest = text.partition(_UNTITLED)
            opening, end, content = rest.partition(">")
            text = f"{head}{article}{opening}{end}{_TITLE}{content}" if article else text
        file.write_text(text, "utf-8")
