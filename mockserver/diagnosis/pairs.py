"""Strings with two mistakes that have nothing to do with each other.

They are tried where the signature proves that the partner's own key made it, and no single mistake explains
it. The commonest of each kind are combined, so that the number stays in the thousands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product

from mockserver.diagnosis.bodies import SignedBody, rewritten_bodies, signed_bodies

_REWRITTEN = 20
"""The first rewritten bodies, each with and without a line break."""

_REWRITTEN_BY_MILLISECONDS = 5
_COMMON = frozenset({"newline_signed", "newline_sent", "body_omitted", "body_placeholder"})
_PLACEHOLDERS = (b"", b"undefined", b"null", b"None")
_JOINED_BY = (b".", b":", b"\n", b"", b", ", b"|", b";")


@dataclass(frozen=True, slots=True)
class _Mistake:
    """A wrong text in one place of the string, or a wrong way to put the whole together."""

    code: str
    text: bytes


@dataclass(frozen=True, slots=True)
class Pair:
    """A string with two mistakes; ``body`` is what it has in place of the body, where that is wrong."""

    codes: tuple[str, str]
    string: bytes
    body: SignedBody | None = None


def pairs(time: bytes, secret: bytes, body: bytes, api_key: bytes) -> Iterator[Pair]:
    """The commonest pairs, a few thousand; ``time`` is the ten digits that were sent."""
    bodies = [signed for signed in signed_bodies(body) if signed.code in _COMMON]
    anew = (signed for signed in rewritten_bodies(body) if signed.code == "body_reserialised")
    written = list(islice(anew, _REWRITTEN))
    times, secrets, joins = list(_times(time)), list(_secrets(secret, api_key)), list(_joins())
    for made, signed in product(joins, bodies + written):
        yield _joined(made, (time, secret, signed.text), signed.code, signed)
    for wrong, signed in product(secrets, bodies + written):
        string = b",".join((time, wrong.text, signed.text))
        yield Pair((wrong.code, signed.code), string, signed)
    for wrong, signed in product(times, bodies + written):
        string = b",".join((wrong.text, secret, signed.text))
        yield Pair((wrong.code, signed.code), string, signed)
    for late, other in product(times, secrets):
        yield Pair((late.code, other.code), b",".join((late.text, other.text, body)))
    for made, wrong in product(joins, times):
        yield _joined(made, (wrong.text, secret, body), wrong.code)
    for made, wrong in product(joins, secrets):
        yield _joined(made, (time, wrong.text, body), wrong.code)
    yield from _milliseconds(time, secret, body, [*bodies[:1], *written[::2][:_REWRITTEN_BY_MILLISECONDS]])


def _joined(
    made: _Mistake, parts: tuple[bytes, bytes, bytes], code: str, signed: SignedBody | None = None
) -> Pair:
    time, secret, body = parts
    string = made.text % {b"time": time, b"secret": secret, b"body": body}
    return Pair((made.code, code), string, signed)


def _milliseconds(time: bytes, secret: bytes, body: bytes, bodies: Sequence[SignedBody]) -> Iterator[Pair]:
    """Every millisecond of the second that was sent, with the few bodies and secrets that go with it."""
    if not _is_seconds(time):
        return
    code, tails = "timestamp_signed_milliseconds", [b",%s,%s" % (secret, signed.text) for signed in bodies]
    for moment in range(int(time) * 1000, int(time) * 1000 + 1000):
        digits = b"%d" % moment
        for signed, tail in zip(bodies, tails, strict=True):
            yield Pair((code, signed.code), digits + tail, signed)
        yield Pair((code, "body_omitted"), b"%s,%s," % (digits, secret))
        yield Pair((code, "secret_missing"), b"%s,%s" % (digits, body))
        yield Pair((code, "secret_placeholder"), b"%s,,%s" % (digits, body))


def _times(time: bytes) -> Iterator[_Mistake]:
    if _is_seconds(time):
        yield _Mistake("timestamp_signed_milliseconds", time + b"000")
        for apart in (-1, 1, -2, 2, -3, 3):
            yield _Mistake("timestamp_signed_otherwise", b"%d" % (int(time) + apart))
        yield _Mistake("timestamp_signed_notation", time + b".0")
        yield _Mistake("timestamp_signed_notation", b'"' + time + b'"')
    for placeholder in (b"undefined", b"null", b"None", b"NaN"):
        yield _Mistake("timestamp_missing", placeholder)


def _secrets(secret: bytes, api_key: bytes) -> Iterator[_Mistake]:
    for placeholder in _PLACEHOLDERS:
        yield _Mistake("secret_placeholder", placeholder)
    for wrapped in (secret + b"\n", secret + b"\r\n", b'"' + secret + b'"'):
        yield _Mistake("secret_wrapped", wrapped)
    yield _Mistake("api_key_as_secret", api_key)


def _joins() -> Iterator[_Mistake]:
    yield _Mistake("secret_missing", b"%(time)s,%(body)s")
    for by in _JOINED_BY:
        yield _Mistake("secret_missing", by.join((b"%(time)s", b"%(body)s")))
        yield _Mistake("separator", by.join((b"%(time)s", b"%(secret)s", b"%(body)s")))
    yield _Mistake("secret_missing", b"%(body)s")
    yield _Mistake("timestamp_missing", b"%(secret)s,%(body)s")
    yield _Mistake("order", b"%(secret)s,%(time)s,%(body)s")
    yield _Mistake("order", b"%(time)s,%(body)s,%(secret)s")
    yield _Mistake("order", b"%(body)s,%(time)s,%(secret)s")


def _is_seconds(time: bytes) -> bool:
    return len(time) == 10 and time.isdigit()
