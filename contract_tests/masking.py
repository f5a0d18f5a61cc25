"""Exchanges as text: what gives access or says who somebody is is masked, and nothing would be obeyed."""

import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from .credentials import Partner
from .wire import Exchange, Headers

SHOWN_BYTES: Final = 1_500
"""Of a body."""
SHOWN_CHARACTERS: Final = 400
"""Of a path, and of the value of a header."""
SIGNATURE_LENGTH: Final = 40
"""A shorter value signs nothing: it is shown, since it is what the test is about."""
KYC_LENGTH: Final = 3
"""A shorter value occurs by chance."""
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


class Mask:
    """Replaces API keys, API secrets, signatures and KYC data by what they are."""

    def __init__(self, partners: tuple[Partner, ...]) -> None:
        words: dict[str, str] = {}
        for partner in partners:
            words[partner.api_secret] = f"<API secret of {partner.name}>"
            words[partner.api_key] = f"<API key of {partner.name}>"
        self._words = words

    def text(self, text: str, *, kyc: Mapping[str, str] = NOTHING) -> str:
        """`text` without secrets, without `kyc`, and with control characters written as escapes."""
        return escape(_replace(text, {**kyc, **self._words}))

    def exchange(
        self, exchange: Exchange, *, kyc: Mapping[str, str] = NOTHING
    ) -> tuple[list[str], list[str]]:
        """Request and answer as lines: first line, headers, an empty line, body.

        `kyc` is masked as well, as :func:`kyc_of` finds it: what leaks can be seen by its name.
        """
        words = {**kyc, **self._words}
        request, answer = exchange.request, exchange.answer
        body = request.body
        framing = "chunked" if request.chunked else f"{len(body):,} bytes" if body is not None else ""
        first = _cut(f"{request.method} {request.path}") + (f"  ({framing})" if framing else "")
        sent = [_replace(first, words), *_headers(request.headers, words), *_body(body or b"", words)]
        if answer is None:
            received = [exchange.failure or "no answer"]
        else:
            first = _cut(f"{answer.status} {answer.reason}")
            received = [_replace(first, words), *_headers(answer.headers, words)]
            received += _body(answer.body, words, omitted=answer.omitted)
        return [escape(line) for line in sent], [escape(line) for line in received]


def escape(text: str) -> str:
    """`text` with what is not printable written as an escape: control characters, surrogates, directions.

    What is left may stand in XML 1.0, in a page and in a terminal.
    """
    return "".join(
        character if character.isprintable() or character in "\n\t" else _escaped(character)
        for character in text
    )


def _escaped(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _replace(text: str, words: Mapping[str, str]) -> str:
    # In any case of letters: a test sends a key with its cases swapped.
    for word, name in words.items():
        text = re.sub(re.escape(word), name.replace("\\", "\\\\"), text, flags=re.IGNORECASE)
    return text


def _cut(text: str) -> str:
    if len(text) <= SHOWN_CHARACTERS:
        return text
    return f"{text[:SHOWN_CHARACTERS]} … and {len(text) - SHOWN_CHARACTERS:,} characters more"


def _headers(headers: Headers, words: Mapping[str, str]) -> list[str]:
    return [
        f"{_cut(_replace(name, words))}: "
        + (
            "<signature>"
            if name.lower() == "signature" and len(value) > SIGNATURE_LENGTH
            else _cut(_replace(value, words))
        )
        for name, value in headers
    ]


def _body(body: bytes, words: Mapping[str, str], *, omitted: int = 0) -> list[str]:
    if not body:
        return []
    # Masked before it is cut, so that no half of a secret is left at the end.
    text = _replace(body[: 2 * SHOWN_BYTES].decode("utf-8", "backslashreplace"), words)
    if len(body) > SHOWN_BYTES:
        text = f"{text[:SHOWN_BYTES]} … and {len(body) + omitted - SHOWN_BYTES:,} bytes more"
    return ["", *text.split("\n")]


def kyc_of(body: bytes | None) -> dict[str, str]:
    """The texts of a request's ``userKyc``, as they are and as JSON escapes them, and what they are."""
    try:
        document = json.loads(body or b"")
    except (ValueError, RecursionError):
        return {}
    kyc = document.get("userKyc") if isinstance(document, dict) else None
    found: dict[str, str] = {}
    for name, value in _texts(kyc, "userKyc"):
        for written in (value, json.dumps(value)[1:-1]):
            if len(value) >= KYC_LENGTH:
                found[written] = f"<{name}>"
    # The longest first: one may stand within another.
    return dict(sorted(found.items(), key=lambda entry: -len(entry[0])))


def _texts(value: Any, name: str) -> list[tuple[str, str]]:
    if isinstance(value, str):
        return [(name, value)]
    if isinstance(value, dict):
        return [found for key, member in value.items() for found in _texts(member, f"{name}.{key}")]
    return []
