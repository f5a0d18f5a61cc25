"""The strings that known mistakes sign in place of `<Timestamp>,<API secret>,<request body>`."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import permutations, product
from urllib.parse import quote, urlsplit

from mockserver.diagnosis.bodies import (
    BYTE_ORDER_MARK,
    LINE_ENDS,
    SignedBody,
    rewritten_bodies,
    signed_bodies,
)
from mockserver.diagnosis.diagnosis import Refusal
from mockserver.diagnosis.effort import LARGEST_PAIRED, Effort
from mockserver.diagnosis.excerpts import describe_difference
from mockserver.diagnosis.json_styles import is_rewritten
from mockserver.diagnosis.operations import Matches
from mockserver.diagnosis.pairs import Pair, pairs
from reference_impl.domain.authentication import WINDOW
from reference_impl.domain.partners import Partner

_SEPARATORS: tuple[tuple[bytes, str], ...] = (
    (b".", "a full stop"),
    (b":", "a colon"),
    (b"\n", "a line break"),
    (b"", "nothing"),
    (b", ", "a comma and a space"),
    (b"|", "a vertical bar"),
    (b";", "a semicolon"),
    (b"&", "an ampersand"),
    (b"-", "a hyphen"),
    (b"_", "an underscore"),
    (b" ", "a space"),
    (b"+", "a plus sign"),
    (b"/", "a slash"),
    (b"\t", "a tab"),
    (b"\r\n", "CR LF"),
    (b" , ", "a comma between spaces"),
    (b"\\n", "a backslash and an n"),
    (b"\0", "a NUL"),
    (b",", "a comma"),
)
_PLACEHOLDERS = (
    b"",
    b"undefined",
    b"null",
    b"None",
    b"nil",
    b"$STABLEMINT_API_SECRET",
    b"${STABLEMINT_API_SECRET}",
)
_NAMES = ("time stamp", "secret", "body")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A string that may have been signed: ``code`` is the mistake in it, None for the right one.

    ``second`` is a further mistake that has nothing to do with the first. ``body`` is what the string has in
    place of the body, where the two are worth being compared.
    """

    code: str | None
    string: bytes
    evidence: str = ""
    body: bytes | None = None
    second: str | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        """The mistakes in it, in the order of their cure."""
        return tuple(code for code in (self.code, self.second) if code is not None)


@dataclass(frozen=True, slots=True)
class Search:
    """What came of comparing candidates: the one that matched, and the codes of those that did not."""

    found: Candidate | None
    tried: tuple[str, ...]
    with_pairs: bool = False

    def evidence(self, sent: bytes) -> str:
        """What the request shows of the string that was found."""
        if self.found is None or self.found.body is None:
            return self.found.evidence if self.found else ""
        return f"{self.found.evidence} {describe_difference(sent, self.found.body)}".strip()


def search(
    refusal: Refusal, partner: Partner, matches: Matches, effort: Effort, *, with_pairs: bool = False
) -> Search:
    """Find the string that was signed, as far as ``effort`` allows; ``with_pairs``, of two mistakes too."""
    tried: dict[str, None] = {}
    for candidate in candidates(refusal, partner):
        if not effort.may_hash(len(candidate.string)):
            break
        if matches(candidate.string):
            return Search(candidate, tuple(tried))
        if candidate.code is not None:
            tried[candidate.code] = None
    with_pairs &= len(refusal.body) <= LARGEST_PAIRED
    if with_pairs:
        time = refusal.fields.get("timestamp", "").encode("latin-1")
        secret, key = partner.api_secret.encode(), partner.api_key.encode()
        for pair in pairs(time, secret, refusal.body, key):
            if not effort.may_hash(len(pair.string)):
                break
            if matches(pair.string):
                return Search(_of_pair(pair), tuple(tried))
    effort.exhausted |= not is_rewritten(refusal.body)  # for then its JSON was not written anew
    return Search(None, tuple(tried), with_pairs)


def _of_pair(pair: Pair) -> Candidate:
    evidence = pair.body.evidence if pair.body else ""
    compared = pair.body.text if pair.body and pair.body.compare else None
    first, second = pair.codes
    return Candidate(first, pair.string, evidence, compared, second)


def candidates(refusal: Refusal, partner: Partner) -> Iterator[Candidate]:
    """The right string first, then those with one mistake: the common ones first, the many last."""
    time = refusal.fields.get("timestamp", "").encode("latin-1")
    secret, body = partner.api_secret.encode(), refusal.body
    whole = time + b"," + secret + b"," + body
    yield Candidate(None, whole)
    comma_missing = time + b"," + secret
    if body:
        yield Candidate("body_omitted", comma_missing, second="final_comma_missing")
    else:
        yield Candidate("final_comma_missing", comma_missing)
    yield from _secrets(time, secret, body, partner, refusal)
    yield from _with_bodies(time, secret, signed_bodies(body))
    yield from _separated(time, secret, body)
    for order in list(permutations(range(3)))[1:]:
        parts = [(time, secret, body)[index] for index in order]
        names = ", ".join(_NAMES[index] for index in order)
        yield Candidate("order", b",".join(parts), f"What was signed is {names}.")
    yield from _times(time, secret, body)
    yield from _wrapped(whole)
    yield from _request_line(time, secret, body, refusal)
    yield from _with_bodies(time, secret, rewritten_bodies(body))
    yield from _seconds_around(time, secret, body)
    yield from _milliseconds(time, secret, body)


def _with_bodies(time: bytes, secret: bytes, bodies: Iterable[SignedBody]) -> Iterator[Candidate]:
    for signed in bodies:
        compared = signed.text if signed.compare else None
        string = b",".join((time, secret, signed.text))
        yield Candidate(signed.code, string, signed.evidence, compared)


def _secrets(
    time: bytes, secret: bytes, body: bytes, partner: Partner, refusal: Refusal
) -> Iterator[Candidate]:
    key = partner.api_key.encode()
    yield Candidate("secret_missing", time + b"," + body)
    for separator, _ in _SEPARATORS:
        yield Candidate("secret_missing", time + separator + body)
    yield Candidate("secret_missing", body, "The body was signed alone.")
    yield Candidate("api_key_as_secret", b",".join((time, key, body)))
    for parts in ((key, time, secret, body), (time, key, secret, body), (time, secret, key, body)):
        yield Candidate("api_key_included", b",".join(parts))
    yield Candidate("api_key_included", b",".join((time, secret, body, key)))
    for placeholder in _PLACEHOLDERS:
        yield Candidate("secret_placeholder", b",".join((time, placeholder, body)))
    for end in (*LINE_ENDS, b" "):
        yield Candidate("secret_wrapped", b",".join((time, secret + end, body)), "White space follows it.")
    for mark in (b'"', b"'", b"<>"):
        wrapped = mark[:1] + secret + mark[-1:]
        yield Candidate("secret_wrapped", b",".join((time, wrapped, body)), "It stands in marks.")
    for label, other in refusal.others.items():
        string = b",".join((time, other.api_secret.encode(), body))
        yield Candidate("other_partners_secret", string, f"The secret is that of {label}.")


def _separated(time: bytes, secret: bytes, body: bytes) -> Iterator[Candidate]:
    for separator, name in _SEPARATORS:
        yield Candidate("separator", separator.join((time, secret, body)), f"They were joined by {name}.")
    for (first, first_name), (second, second_name) in product(_SEPARATORS, repeat=2):
        if first == b"," or second == b",":
            evidence = f"They were joined by {first_name}, then by {second_name}."
            yield Candidate("separator", time + first + secret + second + body, evidence)
    yield Candidate("separator", b",".join((time, secret, body, b"")), "A third comma follows the body.")
    yield Candidate("separator", b",".join((b"", time, secret, body)), "A comma precedes the time stamp.")


def _times(time: bytes, secret: bytes, body: bytes) -> Iterator[Candidate]:
    tail = b"," + secret + b"," + body
    yield Candidate("timestamp_missing", tail)
    yield Candidate("timestamp_missing", tail[1:])
    for placeholder in (b"undefined", b"null", b"None", b"NaN"):
        yield Candidate("timestamp_missing", placeholder + tail, "A placeholder stands in its place.")
    if not _is_seconds(time):
        return
    moment = datetime.fromtimestamp(int(time), UTC)
    for notation in (
        f"{int(time)}.0",
        f'"{int(time)}"',
        f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        f"{moment:%Y-%m-%dT%H:%M:%S.000Z}",
        f"{moment:%Y-%m-%dT%H:%M:%S+00:00}",
        f"{moment:%Y-%m-%dT%H:%M:%S}",
        f"{moment:%Y-%m-%d %H:%M:%S}",
        f"{moment:%a, %d %b %Y %H:%M:%S GMT}",
        f"{int(time):x}",
    ):
        yield Candidate("timestamp_signed_notation", notation.encode() + tail)


def _milliseconds(time: bytes, secret: bytes, body: bytes) -> Iterator[Candidate]:
    """Every millisecond of the second that was sent, and the last of the one before."""
    if _is_seconds(time):
        start = int(time) * 1000
        for moment in (*range(start, start + 1000), *range(start - 1, start - 101, -1)):
            yield Candidate("timestamp_signed_milliseconds", b"%d,%s,%s" % (moment, secret, body))


def _seconds_around(time: bytes, secret: bytes, body: bytes) -> Iterator[Candidate]:
    if not _is_seconds(time):
        return
    sent = int(time)
    for distance in range(1, WINDOW + 1):
        for signed in (sent - distance, sent + distance):
            count = "one second" if distance == 1 else f"{distance} seconds"
            evidence = f"It is {count} {'after' if signed > sent else 'before'} the one that was sent."
            yield Candidate("timestamp_signed_otherwise", b"%d,%s,%s" % (signed, secret, body), evidence)


def _wrapped(whole: bytes) -> Iterator[Candidate]:
    for mark in (b'"', b"'"):
        yield Candidate("string_wrapped", mark + whole + mark, "It was signed in quotation marks.")
    yield Candidate("byte_order_mark", BYTE_ORDER_MARK + whole, "It begins the signed string.")
    digest = hashlib.sha256(whole)
    for hashed, evidence in (
        (digest.digest(), ""),
        (digest.hexdigest().encode(), "The hash was given in hexadecimal."),
        (digest.hexdigest().upper().encode(), "The hash was given in hexadecimal."),
        (base64.b64encode(digest.digest()), "The hash was given in base64."),
        (hashlib.sha1(whole).digest(), "The hash was SHA-1."),  # noqa: S324 - somebody's mistake
    ):
        yield Candidate("digest_signed", hashed, evidence)
    yield Candidate("string_wrapped", base64.b64encode(whole), "It was signed in base64.")
    yield Candidate("string_wrapped", whole.hex().encode(), "It was signed in hexadecimal.")
    for safe in ("/", "", "!~*'()"):
        yield Candidate("string_wrapped", quote(whole, safe=safe).encode(), "It was signed percent-encoded.")
    text = whole.decode("utf-8", "replace")
    for codec, name in (("utf-16-le", "UTF-16"), ("utf-16-be", "UTF-16"), ("utf-16", "UTF-16")):
        yield Candidate("body_charset", text.encode(codec), f"The whole string was signed in {name}.")


def _request_line(time: bytes, secret: bytes, body: bytes, refusal: Refusal) -> Iterator[Candidate]:
    """Method, path, URL and query in any of the places where other schemes put them."""
    if not refusal.target:
        return
    method, path, query = refusal.method, *_split(refusal.target)
    authority = refusal.fields.get("host", "")
    target = f"{path}?{query}" if query else path
    urls = [f"{scheme}://{authority}{target}" for scheme in ("http", "https")]
    extras: list[tuple[str, str]] = [
        ("request_line_signed", text)
        for text in (
            path,
            method,
            *urls,
            path.rpartition("/")[2],
            f"{method},{path}",
            f"{method} {path}",
            f"{method}{path}",
            f"{method}:{path}",
            f"{path},{method}",
            method.lower(),
        )
    ]
    if query:
        extras += [("query_signed", text) for text in (query, f"?{query}", target, f"{method},{target}")]
    for code, extra in extras:
        more = extra.encode("utf-8", "replace")
        for parts in (
            (time, secret, more, body),
            (time, secret, body, more),
            (time, more, secret, body),
            (more, time, secret, body),
        ):
            yield Candidate(code, b",".join(parts))
        yield Candidate(code, b",".join((time, secret, more + body)))
        if not body:
            yield Candidate(code, b",".join((time, secret, more)))


def _split(target: str) -> tuple[str, str]:
    path, _, query = target.partition("?")
    return (urlsplit(path).path if "://" in path else path), query


def _is_seconds(time: bytes) -> bool:
    return len(time) == 10 and time.isdigit()
