"""Pieces of Markdown that several generated pages are made of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a bar in a cell is escaped, a line break is a space."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def code_block(text: str, language: str) -> str:
    """A fenced block, with a fence longer than any inside."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text.rstrip()}\n{fence}\n"


def json_block(value: Any) -> str:
    """A value as an indented block of JSON."""
    return code_block(json.dumps(value, indent=2, ensure_ascii=False), "json")


def toctree(entries: Iterable[str], *, hidden: bool = False) -> str:
    """Sphinx's list of the pages below this one."""
    options = ":hidden:\n" if hidden else ":maxdepth: 1\n"
    return "```{toctree}\n" + options + "\n" + "\n".join(entries) + "\n```\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
