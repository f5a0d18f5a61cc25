"""What gets signed in place of the body that is sent."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, quote_plus, urlencode

from mockserver.diagnosis.json_styles import is_rewritten, rewritten

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
LINE_ENDS = (b"\n", b"\r\n", b"\r", b"\n\n")
_PLACEHOLDERS = (
    "{}",
    "null",
    "undefined",
    "None",
    "[]",
    '""',
    "''",
    "[object Object]",
    "nil",
    "NULL",
    "false",
)
_CHARSETS = (
    ("latin-1", "Latin-1"),
    ("cp1252", "Windows-1252"),
    ("utf-16-le", "UTF-16, little-endian"),
    ("utf-16", "UTF-16 with a byte order mark"),
    ("utf-16-be", "UTF-16, big-endian"),
)


@dataclass(frozen=True, slots=True)
class SignedBody:
    """A text signed in place of the body, and the cause that makes it.

    ``compare``: where the two begin to differ is worth being shown.
    """

    code: str
    text: bytes
    evidence: str = ""
    compare: bool = False


def signed_bodies(body: bytes) -> Iterator[SignedBody]:
    """What known mistakes make of ``body``, the commonest first."""
    yield from _ends(body)
    if body:
        yield SignedBody("body_omitted", b"")
    for placeholder in _PLACEHOLDERS:
        yield SignedBody("body_placeholder", placeholder.encode(), f"What was signed is `{placeholder}`.")
    yield from _line_endings(body)
    yield from _charsets(body)
    yield from _encodings(body)


def rewritten_bodies(body: bytes) -> Iterator[SignedBody]:
    """``body``, if it is JSON and not too large, as other programs write it."""
    if body and is_rewritten(body):
        yield from _python_notations(body)
        yield from _styles(body)


def _ends(body: bytes) -> Iterator[SignedBody]:
    for end in LINE_ENDS:
        yield SignedBody("newline_signed", body + end)
    for trimmed in (body.rstrip(b"\r\n"), body.rstrip(), body.strip()):
        yield SignedBody("newline_sent", trimmed)
    yield SignedBody("byte_order_mark", BYTE_ORDER_MARK + body, "It was signed and not sent.")
    if body.startswith(BYTE_ORDER_MARK):
        yield SignedBody("byte_order_mark", body.removeprefix(BYTE_ORDER_MARK), "It was sent and not signed.")


def _line_endings(body: bytes) -> Iterator[SignedBody]:
    unix = body.replace(b"\r\n", b"\n")
    yield SignedBody("line_endings", unix.replace(b"\n", b"\r\n"), "Signed with CR LF, sent with LF.", True)
    yield SignedBody("line_endings", unix, "Signed with LF, sent with CR LF.", True)


def _charsets(body: bytes) -> Iterator[SignedBody]:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = body.decode("latin-1")
        yield SignedBody("body_charset", text.encode("utf-8"), "Signed in UTF-8, sent in Latin-1.")
        return
    for codec, name in _CHARSETS:
        for errors in ("strict", "replace"):
            try:
                yield SignedBody("body_charset", text.encode(codec, errors), f"Signed in {name}.")
            except UnicodeEncodeError:
                continue
            break
    yield SignedBody("body_charset", text.encode("ascii", "replace"), "Signed in ASCII, with ? for the rest.")
    for codec in ("latin-1", "cp1252"):
        yield SignedBody(
            "body_charset", body.decode(codec, "replace").encode("utf-8"), "Signed in UTF-8 encoded twice."
        )


def _encodings(body: bytes) -> Iterator[SignedBody]:
    digest = hashlib.sha256(body)
    yield SignedBody("body_digest", digest.hexdigest().encode(), "It is SHA-256 in hexadecimal.")
    yield SignedBody("body_digest", base64.b64encode(digest.digest()), "It is SHA-256 in base64.")
    yield SignedBody("body_digest", digest.hexdigest().upper().encode(), "It is SHA-256 in hexadecimal.")
    yield SignedBody("body_digest", digest.digest(), "It is SHA-256.")
    yield SignedBody("body_encoded", base64.b64encode(body), "It was signed in base64.")
    yield SignedBody(
        "body_encoded", base64.urlsafe_b64encode(body).rstrip(b"="), "It was signed in base64url."
    )
    for percent in (quote(body), quote(body, safe=""), quote(body, safe="!~*'()"), quote_plus(body)):
        yield SignedBody("body_encoded", percent.encode(), "It was signed percent-encoded.")


def _python_notations(body: bytes) -> Iterator[SignedBody]:
    yield SignedBody("body_python_notation", repr(body).encode(), "What was signed begins with b'.")
    try:
        text = body.decode("utf-8")
        value = json.loads(text)
    except (ValueError, RecursionError):
        return
    yield SignedBody(
        "body_python_notation", repr(value).encode("utf-8", "replace"), "It is a dict's notation."
    )
    for ascii_only in (False, True):
        twice = json.dumps(text, ensure_ascii=ascii_only)
        yield SignedBody("body_json_twice", twice.encode("utf-8", "replace"))
    if isinstance(value, dict):
        form = urlencode(value, encoding="utf-8", errors="replace")
        yield SignedBody("body_encoded", form.encode(), "It was signed as a form.")


def _styles(body: bytes) -> Iterator[SignedBody]:
    has_breaks = b"\n" in body or b"\r" in body
    for written in rewritten(body):
        if not has_breaks and b"\n" in written.text and written.text.replace(b"\n", b"") == body:
            crlf = written.text.replace(b"\n", b"\r\n")
            for text in (written.text, written.text + b"\n", crlf, crlf + b"\r\n"):
                yield SignedBody("newlines_stripped", text, compare=True)
        evidence = f"The JSON was signed {written.style}."
        yield SignedBody("body_reserialised", written.text, evidence, compare=True)
        after = f"{evidence} A line break follows it."
        yield SignedBody("body_reserialised", written.text + b"\n", after, compare=True)
