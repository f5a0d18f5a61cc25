"""``llms.txt``: every page with a line that says what it is about, for programs that read (llmstxt.org)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import openapi

LONGEST: Final = 200
"""Characters of a description; where the first paragraph has more, its first sentences."""

_HEAD: Final = """\
# Stable Mint payment sessions

> {summary}

The contract is one OpenAPI 3.1 document; everything else explains it or helps to build against it.

## The contract

- [OpenAPI document](openapi.yaml): operations, webhooks, problems and requirements
- [Payer API](payer.yaml): what checkout page and widget call
- [Control API](sandbox.yaml): how a sandbox is driven
"""
_FENCE = re.compile(r"^(```+|:::+).*?^\1$", re.MULTILINE | re.DOTALL)
_NO_PROSE = re.compile(r"[#|>(]|<[a-z]|- |\d+\. |`[^`]*`$")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_FIRST: Final = ("", "guides")


def write(pages: Mapping[str, str]) -> str:
    """The file, for Markdown pages by path. Raises ValueError for a page that says nothing about itself."""
    groups: dict[str, list[str]] = {}
    for path, text in sorted(pages.items()):
        folder = path.rpartition("/")[0]
        groups.setdefault(folder, []).append(f"- [{title(text)}]({path}): {describe(path, text)}")
    lines = [_HEAD.format(summary=openapi.load()["info"]["summary"])]
    for folder in sorted(groups, key=lambda name: (name not in _FIRST, name)):
        lines += [f"## {folder.capitalize() or 'Pages'}", "", *groups[folder], ""]
    return "\n".join(lines)


def title(text: str) -> str:
    """The first heading, without marks."""
    heading = re.search(r"^# (.+)$", text, re.MULTILINE)
    return heading[1].replace("`", "") if heading else "Untitled"


def describe(path: str, text: str) -> str:
    """The first paragraph of prose, or its first sentences. Raises ValueError where there is none."""
    for paragraph in _FENCE.sub("", text).split("\n\n"):
        said = " ".join(_LINK.sub(r"\1", paragraph).split())
        if said and not _NO_PROSE.match(said):
            return _shorten(said)
    raise ValueError(
        f"docs/{path} has no paragraph before its first list or table that says what it is about"
    )


def _shorten(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    ends = [end.start() + 1 for end in re.finditer(r"[.:] (?=[A-Z`])", text)]
    fitting = [end for end in ends if end <= LONGEST] or ends[:1] or [len(text)]
    return text[: fitting[-1]].rstrip(":")
