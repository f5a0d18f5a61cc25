"""Content types and what a client accepts (RFC 9110 §8.3, §8.4, §12.5.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from reference_impl.domain.problems import Problem

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - RFC 9110 calls it a token
_PARAMETER = rf'[ \t]*;[ \t]*(?:({_TOKEN})=({_TOKEN}|"(?:[^"\\]|\\.)*"))?'
_MEDIA_TYPE = re.compile(rf"({_TOKEN}/{_TOKEN})((?:{_PARAMETER})*)[ \t]*")
_PARAMETERS = re.compile(_PARAMETER)
_MEDIA_RANGE = re.compile(rf"(\*/\*|{_TOKEN}/(?:\*|{_TOKEN}))((?:{_PARAMETER})*)")
_QUALITY = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")
_ELEMENT = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+')


def require_json(content_type: str | None, content_encoding: str | None) -> None:
    """Refuse what is not `application/json` in UTF-8; raises ``unsupported_media_type`` (HTTP-09 to 11)."""
    encodings = {coding.strip().lower() for coding in (content_encoding or "identity").split(",")}
    if not encodings <= {"identity", ""}:
        raise _unsupported("Send the body without a Content-Encoding.")
    match = _MEDIA_TYPE.fullmatch(content_type.strip()) if content_type else None
    if match is None or match[1].lower() != "application/json":
        raise _unsupported("Send the body with `Content-Type: application/json`.")
    if _parameters(match[2]).get("charset", "utf-8").lower() != "utf-8":
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
    elements = [element.strip() for element in _ELEMENT.findall(accept)]
    for element in filter(None, elements):
        match = _MEDIA_RANGE.fullmatch(element)
        if match is None:
            return None
        quality = _parameters(match[2]).get("q", "1")
        if not _QUALITY.fullmatch(quality):
            return None
        qualities.setdefault(match[1].lower(), float(quality))
    if not qualities:
        return None
    for media_range in ("application/json", "application/*", "*/*"):
        if media_range in qualities:
            return qualities[media_range]
    return 0


def _parameters(text: str) -> Mapping[str, str]:
    return {
        name.lower(): value[1:-1] if value.startswith('"') else value
        for name, value in _PARAMETERS.findall(text)
        if name
    }


def _unsupported(detail: str) -> Problem:
    return Problem("unsupported_media_type", detail)
