"""The documentation at `/docs/`, as it was built into ``mockserver/site`` and travels in the wheel.

A problem's `type` leads here (RFC 9457 §3.1.1): `/docs/problems/<code>` is the page of that code.
"""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from reference_impl.http.messages import Answer

SITE = Path(__file__).parent.parent / "site"
PREFIX = "/docs/"

_BARE = "/docs"
_INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)
_TEXT = frozenset(
    {"text/html", "text/css", "text/javascript", "text/plain", "text/markdown", "application/yaml"}
)
_TYPES: Mapping[str, str] = {".js": "text/javascript", ".md": "text/markdown", ".yaml": "application/yaml"}

_FIELDS: Mapping[str, str] = {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


def stands_at(path: str) -> bool:
    """Whether a path is the documentation's."""
    return path == _BARE or path.startswith(PREFIX)


_MISSING = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>There is no such page</title>
<style>
:root {{ color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }}
body {{ max-width: 40rem; margin: 4rem auto; padding: 0 1rem }}
</style>
</head>
<body>
<main>
<h1>There is no such page</h1>
<p>The documentation has nothing at this address. It may have been mistyped, or be of another version.</p>
<ul>
<li><a href="{root}">The first page</a>, which lists all others</li>
<li><a href="{root}search.html">Search</a></li>
<li><a href="{root}problems/">Problems</a>, by the code of an error</li>
<li><a href="{root}reference.html">API reference</a></li>
</ul>
</main>
</body>
</html>
"""


def missing(root: str = PREFIX) -> Answer:
    """404, with the ways to what there is, where the documentation begins at ``root``."""
    content = _MISSING.format(root=root).encode()
    return Answer(
        404, content, {"content-security-policy": _policy(content), **_FIELDS}, "text/html; charset=utf-8"
    )


def answer(path: str) -> Answer | None:
    """A page, with or without its `.html`, or a file of the site; None where there is none.

    A folder without its slash leads to the one with it, by which the links of its page are right; a folder
    of pages that has no page of its own leads to the landing page, which lists them.
    """
    if path == _BARE:
        return _lead_to("docs/", 308)
    name = path.removeprefix(PREFIX)
    file = _files().get(name) or _files().get(f"{name}.html")
    if file is None and (name == "" or name.endswith("/")):
        file = _files().get(f"{name}index.html")
    if file is None:
        folder = name.removesuffix("/")
        if folder not in _folders():
            return None
        if f"{folder}/index.html" in _files():
            return _lead_to(f"{folder.rpartition('/')[2]}/", 308)
        return _lead_to("../" if name.endswith("/") else "./", 307)
    content, kind = file.read_bytes(), _kind(file)
    policy = {"content-security-policy": _policy(content)} if kind == "text/html" else {}
    return Answer(200, content, {**policy, **_FIELDS}, f"{kind}; charset=utf-8" if kind in _TEXT else kind)


@lru_cache(maxsize=1)
def _files() -> Mapping[str, Path]:
    """The files of the site by path: what a request names is looked up, and never becomes a path itself."""
    return {file.relative_to(SITE).as_posix(): file for file in SITE.rglob("*") if file.is_file()}


def _folders() -> frozenset[str]:
    """The folders that hold pages; they are not nested."""
    pages = (path for path in _files() if path.endswith(".html"))
    return frozenset(path.rpartition("/")[0] for path in pages) - {""}


def _lead_to(location: str, status: int) -> Answer:
    """To a place beside the one asked for: below `/docs/`, and below `/` of `stablemint docs`."""
    return Answer(status, b"", {"location": location, **_FIELDS}, "text/plain")


def _kind(file: Path) -> str:
    return _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"


def _policy(page: bytes) -> str:
    """Nothing from elsewhere; of inline scripts those that the page was built with, by their hashes."""
    scripts = " ".join(("'self'", *dict.fromkeys(_hashes(page))))
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {scripts}",
            "style-src 'self' 'unsafe-inline'",  # the theme and the API reference write styles of their own
            "connect-src 'self'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        )
    )


def _hashes(page: bytes) -> Iterator[str]:
    for script in _INLINE_SCRIPT.findall(page):
        yield f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'"
