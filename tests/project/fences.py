"""The fenced code blocks of a Markdown page, by language and the heading they stand under."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

_FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """One block, ready to be run."""

    heading: str
    language: str
    code: str
    position: int = field(default=0, compare=False)
    """Where in the text of the page it begins."""


def read_blocks(page: Path) -> list[Block]:
    """Every fenced block of ``page``, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(_heading_before(text, found.start()), found["language"], found["code"], found.start())
        for found in _FENCE.finditer(text)
    ]


def _heading_before(text: str, position: int) -> str:
    prose = _FENCE.sub(lambda found: " " * len(found[0]), text[:position])  # a comment in code is no heading
    headings = _HEADING.findall(prose)
    return headings[-1] if headings else ""
