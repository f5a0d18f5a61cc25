"""The formats that the document names, checked for real: stock checkers are lax where they exist at all."""

from __future__ import annotations

import ipaddress
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import date, datetime

# Possessive quantifiers wherever one repetition follows another: what fails does so in linear time.
_URI = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*+):"
    r"(?://(?P<authority>[^/?#]*+))?+"
    r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?#-]|%[0-9A-Fa-f]{2})*+"
)
_AUTHORITY = re.compile(
    r"(?:(?:[A-Za-z0-9._~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2})*+@)?+"
    r"(?:\[(?P<literal>[^\]]*+)\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*+)"
    r"(?::(?P<port>[0-9]*))?"
)
_IP_FUTURE = re.compile(r"[Vv][0-9A-Fa-f]+\.[A-Za-z0-9._~!$&'()*+,;=:-]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATE_TIME = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt](?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)?"
    r"(?P<offset>[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_LEAP_SECOND = re.compile(r"(?<=:[0-9]{2}):60")
_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@"
    r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+"
)


def is_uri(text: str) -> bool:
    """RFC 3986 URI; an IP literal must be one, a port lie in 1 to 65535; at most one fragment."""
    match = _URI.fullmatch(text)
    if match is None or text.count("#") > 1:
        return False
    if match["authority"] is None:
        return True
    authority = _AUTHORITY.fullmatch(match["authority"])
    if authority is None:
        return False
    literal = authority["literal"]
    if literal is not None and not (_IP_FUTURE.fullmatch(literal) or _is_ipv6(literal)):
        return False
    port = (authority["port"] or "").lstrip("0")
    return not authority["port"] or (0 < len(port) <= 5 and int(port) <= 65535)


def is_date(text: str) -> bool:
    """RFC 3339 full-date: a day that exists."""
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_date_time(text: str) -> bool:
    """RFC 3339 date-time; a leap second is accepted."""
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        return False
    try:
        datetime.fromisoformat(f"{match['day']}T{_LEAP_SECOND.sub(':59', match['time'])}")
    except ValueError:
        return False
    return match["offset"] in "Zz" or (match["offset"][1:3] < "24" and match["offset"][4:] < "60")


def is_email(text: str) -> bool:
    """An address of the WHATWG HTML form with at least one dot in its domain; ASCII alone."""
    return len(text) <= 254 and _EMAIL.fullmatch(text) is not None


def is_uuid(text: str) -> bool:
    """RFC 9562 textual form, in either case."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return "%" not in text


FORMATS: Mapping[str, Callable[[str], bool]] = {
    "uri": is_uri,
    "date": is_date,
    "date-time": is_date_time,
    "email": is_email,
    "uuid": is_uuid,
}
