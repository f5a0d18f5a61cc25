"""The ways in which the bytes of a signature get written into a header, the right one and the others."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

MAXIMUM_READINGS = 12
_MAXIMUM_STEPS = 3
_LONGEST = 16_384
"""Characters of the longest header that is looked into; the longest RSA key in use makes 2,732."""

_PLACEHOLDERS = frozenset({"undefined", "null", "none", "nil", "nan", "true", "false", "todo"})
_TEMPLATE = re.compile(r"\$\{?\(?[A-Za-z_][^}]*\}?|\{\{.*\}\}|<.*>|%[A-Za-z_]+%|\[object \w+\]")
_LABEL = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,19}(?:=|:|\s)\s*(?=\S{16})")
_HEXADECIMAL = re.compile(rb"(?:0x)?[0-9A-Fa-f]{2}(?::?[0-9A-Fa-f]{2})*")
_NUMBERS = re.compile(r"\[?\s*-?\d{1,3}(?:\s*,\s*-?\d{1,3})+\s*\]?")


@dataclass(frozen=True, slots=True)
class Reading:
    """A way to read the header: ``codes`` are the mistakes that it takes, none for the right way."""

    raw: bytes
    codes: tuple[str, ...] = ()


def is_placeholder(text: str) -> bool:
    """Whether ``text`` is that of a variable that was not set or not replaced."""
    return text.strip().lower() in _PLACEHOLDERS or _TEMPLATE.fullmatch(text.strip()) is not None


def readings(text: str, *, size: int) -> list[Reading]:
    """The ways to read a `Signature` header, the likeliest first; ``size`` is the key's, in bytes."""
    found: list[Reading] = []
    if len(text) > _LONGEST:
        return found
    seen = {text}
    layer: list[tuple[str, tuple[str, ...]]] = [(text, ())]
    for _ in range(_MAXIMUM_STEPS):
        following: list[tuple[str, tuple[str, ...]]] = []
        for written, codes in layer:
            found += [Reading(raw, codes + more) for raw, more in _decoded(written)]
            for code, unwrap in _WRAPPINGS:
                inner = unwrap(written)
                if inner is not None and inner not in seen:
                    seen.add(inner)
                    following.append((inner, (*codes, code)))
        layer = following
    # What has the right length is the best reading; among those, what takes the fewest mistakes.
    unique = {reading.raw: reading for reading in reversed(found)}
    ordered = sorted(unique.values(), key=lambda reading: (len(reading.raw) != size, len(reading.codes)))
    return ordered[:MAXIMUM_READINGS]


def _decoded(text: str) -> Iterator[tuple[bytes, tuple[str, ...]]]:
    """The bytes that ``text`` can stand for, and what was mistaken in writing them so."""
    characters = text.encode("latin-1", "replace")
    if (raw := _from_hexadecimal(characters)) is not None:
        yield raw, ("hexadecimal",)
    if _NUMBERS.fullmatch(text):
        numbers = [int(number) for number in re.findall(r"-?\d+", text)]
        if all(-128 <= number <= 255 for number in numbers):
            yield bytes(number % 256 for number in numbers), ("byte_list",)
    raw = _from_base64(characters)
    if raw is None:
        return
    yield raw, ()
    if (inner := _from_hexadecimal(raw.strip())) is not None:
        yield inner, ("base64_of_hexadecimal",)
    if (inner := _from_base64(raw.replace(b"\n", b""))) is not None:
        yield inner, ("base64_twice",)


def _from_base64(characters: bytes) -> bytes | None:
    try:
        return base64.b64decode(characters, validate=True) or None
    except binascii.Error:
        return None


def _from_hexadecimal(characters: bytes) -> bytes | None:
    if not _HEXADECIMAL.fullmatch(characters):
        return None
    return bytes.fromhex(characters.decode("ascii").removeprefix("0x").replace(":", ""))


def _first_of_repeated(text: str) -> str | None:
    first, comma, _ = text.partition(", ")
    return first if first and comma and not _NUMBERS.fullmatch(text) else None


def _without_quotes(text: str) -> str | None:
    return text[1:-1] if len(text) > 2 and text[0] == text[-1] and text[0] in "\"'`" else None


def _without_bytes_literal(text: str) -> str | None:
    return text[2:-1] if len(text) > 3 and text[:2] in ("b'", 'b"') and text[-1] == text[1] else None


def _without_label(text: str) -> str | None:
    match = _LABEL.match(text)
    return text[match.end() :] if match else None


def _without_percent(text: str) -> str | None:
    return unquote(text, "latin-1") if "%" in text else None


def _with_plus(text: str) -> str | None:
    return text.replace(" ", "+") if " " in text else None


def _without_white_space(text: str) -> str | None:
    inner = re.sub(r"\\r|\\n|\s", "", text)
    return inner if inner != text else None


def _standard_alphabet(text: str) -> str | None:
    if "-" not in text and "_" not in text:
        return None
    standard = text.replace("-", "+").replace("_", "/").rstrip("=")
    return standard + "=" * (-len(standard) % 4)


def _padded(text: str) -> str | None:
    bare = text.rstrip("=")
    padded = bare + "=" * (-len(bare) % 4)
    return padded if padded != text else None


_WRAPPINGS: tuple[tuple[str, Callable[[str], str | None]], ...] = (
    ("signature_repeated", _first_of_repeated),
    ("signature_bytes_literal", _without_bytes_literal),
    ("signature_quoted", _without_quotes),
    ("signature_url_encoded", _without_percent),
    ("signature_whitespace", _without_white_space),
    ("signature_plus_lost", _with_plus),
    ("base64url", _standard_alphabet),
    ("base64_padding", _padded),
    ("signature_prefixed", _without_label),
)
SPELLINGS = frozenset(
    {code for code, _ in _WRAPPINGS}
    | {"hexadecimal", "byte_list", "base64_of_hexadecimal", "base64_twice", "signature_placeholder"}
)
"""The codes of all spellings that are tried."""
