"""The page that a problem's `type` leads to: what it means, why it came, and what cures it."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape

import openapi

PREFIX = "/docs/problems/"

_CODE = re.compile("`([^`]+)`")

_PAGE = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>{title}</title>
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="/assets/checkout.css">
  </head>
  <body>
    <main>
      <div class="card">
        <p class="number" aria-hidden="true">{status}</p>
        <h1>{title}</h1>
        <p><code>{code}</code>: {summary}</p>
        <h2>Why it comes</h2>
        <p>{cause}</p>
        <h2>What to do</h2>
        <p>{cure}</p>
      </div>
    </main>
  </body>
</html>
"""


@lru_cache(maxsize=128)
def problem_page(code: str) -> bytes | None:
    """The page of a code of any document's catalogue; None if there is none."""
    for document in ("openapi", "payer", "sandbox"):
        kind = openapi.problems(document).get(code)
        if kind is not None:
            words = {
                name: _CODE.sub(r"<code>\1</code>", escape(getattr(kind, name)))
                for name in ("code", "title", "summary", "cause", "cure")
            }
            return _PAGE.format(**words, status=kind.status).encode()
    return None
