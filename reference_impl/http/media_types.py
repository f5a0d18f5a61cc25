"""Content types and what a client accepts (RFC 9110 §8.3, §8.4, §12.5.1)."""

from __future__ import annotations

import re

from reference_impl.domain.problems import Problem

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - RFC 9110 calls it a token
# Possessive quantifiers wherever one repetition follows another: what fails does so in linear time.
_PARAMETER = rf'[ \t]*+;[ \t]*+(?:({_TOKEN})=({_TOKEN}|"(?:[^"\\]|\\.)*+"))?+'
_MEDIA_TYPE = re.compile(rf"({_TOKEN}/{_TOKEN})((?:{_PARAMETER})*+)")
_PARAMETERS = re.compile(_PARAMETER)
_MEDIA_RANGE = re.compile(rf"(\*/\*|{_TOKEN}/(?:\*|{_TOKEN}))((?:{_PARAMETER})*+)")
_QUALITY = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")
_ELEMENT = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*+")*+')


def require_json(content_type: str | None, content_encoding: str | None) -> None:
    """Refuse what is not `application/json` in UTF-8; raises ``unsupported_media_type`` (HTTP-09)."""
    encodings = {coding.strip().lower() for coding in (content_encoding or "identity").split(",")}
    if not encodings <= {"identity", ""}:  # HTTP-11
        raise _unsupported("Send the body without a Content-Encoding.")
    match = _MEDIA_TYPE.fullmatch(content_type.strip(" \t")) if content_type else None
    if match is None or match[1].lower() != "application/json":  # HTTP-10
        raise _unsupported("Send the body with `Content-Type: application/json`.")
    if any(name == "charset" and value.lower() != "utf-8" for name, value in _parameters(match[2])):
        raise _unsupported("JSON is UTF-8: leave the charset parameter out, or make it utf-8.")


def require_json_acceptable(accept: str | None) -> None:
    """Refuse iff a well-formed `Accept` rules `application/json` out; raises ``not_acceptable`` (HTTP-12)."""
    if accept is not None and _json_quality(accept) == 0:
        raise Problem(
            "not_acceptable", "The API answers in application/json, which this Accept header field rules out."
        )


def _json_quality(accept: str) -> float | None:
    """The quality of `application/json` by the most specific range that names it; None if malformed."""
    qualities: dict[str, float] = {}
    elements = _elements(accept)
    if elements is None:
        return None
    for element in filter(None, elements):
        match = _MEDIA_RANGE.fullmatch(element)
        if match is None:
            return None
        quality = dict(_parameters(match[2])).get("q", "1")
        if not _QUALITY.fullmatch(quality):
            return None
        # Of several that differ in parameters, the kindest.
        media_range = match[1].lower()
        qualities[media_range] = max(float(quality), qualities.get(media_range, 0.0))
    if not qualities:
        return None
    for media_range in ("application/json", "application/*", "*/*"):
        if media_range in qualities:
            return qualities[media_range]
    return 0


def _elements(field: str) -> list[str] | None:
    """The elements of a list (RFC 9110 §5.6.1), empty ones included; None if a quotation does not end."""
    elements = []
    position = -1
    while position < len(field):
        match = _ELEMENT.match(field, position + 1)
        if match is None:
            return None
        elements.append(match[0].strip(" \t"))
        position = match.end()
        if position < len(field) and field[position] != ",":
            return None
    return elements


def _parameters(text: str) -> list[tuple[str, str]]:
    """Names in lower case, values without their quotation marks."""
    return [
        (name.lower(), value[1:-1] if value.startswith('"') else value)
        for name, value in _PARAMETERS.findall(text)
        if name
    ]


def _unsupported(detail: str) -> Problem:
    return Problem("unsupported_media_type", detail)
