"""``llms.txt``: every page with a line that says what it is about, for programs that read (llmstxt.org)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

import openapi

LONGEST: Final = 200
"""Characters of a description; where the first paragraph has more, its first sentences."""

_HEAD: Final = """\
# Stable Mint payment sessions

> {summary}

The contract is one OpenAPI 3.1 document; everything else explains it or helps to build against it. Who
writes an integration needs these rules first, each from a guide that has code which runs:

- A request is signed over the exact bytes that are sent, in three headers: [Signing](guides/signing.md).
- Which creation to call depends on where the payer pays, and whose customer the payer is: \
[Choosing](guides/choosing.md).
- A creation carries an `idempotencyKey`, stored before the first try: \
[Idempotency](guides/idempotency.md).
- A redirect proves nothing: read the session's status before goods leave: \
[Status](guides/expiry-and-status.md).
- A webhook is verified over its raw bytes, then dropped if its `eventId` is known, then answered with 2xx: \
[Receiving webhooks](guides/webhooks.md).
- An error is told by its `code`, whose page has its cure: [Problems](problems/index.md).
- Build against the mock server, which needs no other network: the [Quick start](guides/quick-start.md) \
installs and starts it. Then work through [Going live](guides/going-live.md).

Servers: {servers}.

## The contract

- [OpenAPI document](openapi.yaml): operations, webhooks, problems and requirements
- [Payer API](payer.yaml): what checkout page and widget call
- [Control API](sandbox.yaml): how a sandbox is driven
"""
_FENCE = re.compile(r"^(```+|:::+).*?^\1$", re.MULTILINE | re.DOTALL)
_NO_PROSE = re.compile(r"[#|>(]|<[a-z]|- |\d+\. |`[^`]*`$")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_TREE = re.compile(r"^```\{toctree\}\n:caption: (.+)\n(?::.*\n)*\n((?:.+\n)*)```", re.MULTILINE)
_ENTRY = re.compile(r"(?:.*<)?([^<>\n]+)>?")


def write(pages: Mapping[str, str]) -> str:
    """The file, for Markdown pages by path, in the order of the landing page's lists; then, folder by folder,
    what these lists do not name. Raises ValueError for a page that says nothing about itself.
    """
    document = openapi.load()
    servers = "; ".join(f"{server['description']}: {server['url']}" for server in document["servers"])
    lines = [_HEAD.format(summary=document["info"]["summary"], servers=servers)]
    for heading, paths in _groups(pages).items():
        listed = [f"- [{title(pages[path])}]({path}): {describe(path, pages[path])}" for path in paths]
        lines += [f"## {heading}", "", *listed, ""]
    return "\n".join(lines)


def _groups(pages: Mapping[str, str]) -> Mapping[str, Sequence[str]]:
    groups: dict[str, list[str]] = {}
    for caption, entries in _TREE.findall(pages.get("index.md", "")):
        groups[caption] = [f"{entry}.md" for entry in _ENTRY.findall(entries)]
    named = {path for paths in groups.values() for path in paths}
    for path in sorted(pages.keys() - named):
        folder = path.rpartition("/")[0]
        groups.setdefault(folder.capitalize() or "Landing page", []).append(path)
    return groups


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
