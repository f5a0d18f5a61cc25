"""One page for every problem code, at the path that its ``type`` names (RFC 9457 §3.1.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import openapi
from docs.generated.markdown import json_block, table, toctree
from mockserver.diagnosis.causes import CAUSES

DOCUMENTS: Final = {
    "openapi": "the session API",
    "payer": "the payer API, which checkout and widget call",
    "sandbox": "the control API of a sandbox",
}

_INDEX = """\
# Problems

Every error is `application/problem+json` (RFC 9457). Its `code` is for programs, its `detail` for the person
who reads the log, and its `type` is the address of one of these pages.

"""


def pages() -> Mapping[str, str]:
    """The index, and a page for every code of the three documents."""
    meanings: dict[str, dict[str, openapi.ProblemType]] = {}
    for name in DOCUMENTS:
        for code, kind in openapi.problems(name).items():
            meanings.setdefault(code, {})[name] = kind
    index = [_INDEX]
    for name, title in DOCUMENTS.items():
        rows = [
            (f"[`{code}`]({code}.md)", str(kind.status), kind.summary)
            for code, kind in openapi.problems(name).items()
        ]
        index.append(f"## In {title}\n\n{table(('code', 'status', 'what it says'), rows)}\n")
    index.append(toctree(sorted(meanings), hidden=True))
    return {
        "problems/index.md": "".join(index),
        **{f"problems/{code}.md": _page(found) for code, found in meanings.items()},
    }


def _mistakes(code: str) -> str:
    """Where to find which mistake it was, for a refusal that many lead to."""
    causes = sum(cause.refusal == code for cause in CAUSES.values())
    if not causes:
        return ""
    return (
        f"\n[{causes} mistakes](../sandbox.md#why-a-request-was-refused) that end here are told apart, each "
        "with its cure: the mock server names yours in `diagnosis`, to a client on its own machine, and its "
        "inspector shows it. [Signing requests](../guides/signing.md) has a client that makes none of them.\n"
    )


def _page(found: Mapping[str, openapi.ProblemType]) -> str:
    """The page of a code, by the documents that list it; where causes differ, each document's own."""
    kind = next(iter(found.values()))
    where = ", and of ".join(DOCUMENTS[name] for name in found)
    differing = [
        f"## In {DOCUMENTS[name]}\n\n{other.cause}\n\n{other.cure}\n"
        for name, other in found.items()
        if (other.cause, other.cure) != (kind.cause, kind.cure)
    ]
    return f"""\
# {kind.title}

`{kind.code}`, status {kind.status}. {kind.summary}

## Why it comes

{kind.cause}

## What to do

{kind.cure}
{_mistakes(kind.code)}
{"".join(differing)}
## An example

{json_block(dict(kind.example))}
This is a problem of {where}. [All problems](index.md).
"""
