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
    ('<aside class="announcement-content"', '<aside aria-label="Top" class="announcement-content"'),
    # A heading that is no h1 to h6 needs its level.
    ('<p class="caption" role="heading"', '<p class="caption" role="heading" aria-level="2"'),
    # A corner without words heads nothing.
    ('<th class="head"><p></p></th>', '<td class="head"></td>'),
    # What scrolls by itself must be reached by the keyboard.
    ("<pre>", '<pre tabindex="0">'),
    ('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper'),
)
_SHORT_NAME: Final = re.compile(r'<span class="pre">(?=[^<]{1,18}</span>)')
"""A word of code that is not to be broken; what is longer needs the place on a phone."""
_VERSIONS: Final = re.compile(r"<!-- Generated with [^>]*-->")
_TABLE: Final = re.compile(r'<table class="docutils[^>]*>.*?</table>', re.DOTALL)
_HEAD_CELL: Final = re.compile(r"<t[hd] class=\"head\"[^>]*>(.*?)</t[hd]>", re.DOTALL)
_ROW: Final = re.compile(r"<tr class=\"row-(?:odd|even)\">(.*?)</tr>", re.DOTALL)
_CELL: Final = re.compile(r"<td(?P<attributes>[^>]*)>(?P<content>.*?)</td>", re.DOTALL)
_TAG: Final = re.compile(r"<[^>]+>")
FEW_COLUMNS: Final = 2
"""So many have room beside each other on a phone."""


def finish(folder: Path) -> None:
    """Change every page in ``folder``, once."""
    for file in sorted(folder.rglob("*.html")):
        text = _VERSIONS.sub("", file.read_text("utf-8"))
        for before, after in _CHANGES:
            text = text.replace(before, after)
        text = _SHORT_NAME.sub('<span class="pre whole">', text)
        file.write_text(_TABLE.sub(lambda table: _label(table[0]), text), "utf-8")


def _label(table: str) -> str:
    """A table whose cells know the heading of their column, so that a phone can show a row's cells below each
    other; and which says what it is, as some browsers forget that of a table which is not laid out as one.
    """
    head, between, body = table.partition("</thead>")
    titles = [_TAG.sub("", title).strip() for title in _HEAD_CELL.findall(head)]
    if len(titles) <= FEW_COLUMNS:
        return table.replace('<table class="', '<table class="narrow ', 1)
    head = head.replace('<table class="', '<table role="table" class="wide ', 1)
    head = head.replace("<thead>", '<thead role="rowgroup">').replace("<tr ", '<tr role="row" ')
    head = head.replace("<th ", '<th role="columnheader" ')
    body = _ROW.sub(lambda row: _label_row(row[0], titles), body)
    return (
        head + between + body.replace("<tbody>", '<tbody role="rowgroup">').replace("<tr ", '<tr role="row" ')
    )


def _label_row(row: str, titles: Sequence[str]) -> str:
    coming = iter(titles)

    def label(cell: re.Match[str]) -> str:
        title = next(coming, "")
        empty = "" if _TAG.sub("", cell["content"]).strip() else ' class="empty"'
        return f'<td role="cell" data-label="{title}"{empty}{cell["attributes"]}>{cell["content"]}</td>'

    return _CELL.sub(label, row)
