"""How a partner appears to its payers: text from outside that ends up on a payment page."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from reference_impl.domain.loopback import is_loopback_host

LONGEST_NAME = 200
LONGEST_URL = 2048

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_URL = re.compile(r"[A-Za-z0-9._~:/?#\[\]!$&'()*+,;=%-]+")
"""RFC 3986's characters without ``@``, which could only hide where a URL leads."""


def require_display_name(text: str) -> None:
    """Raises ValueError for what is no name of 1 to 200 characters on one line."""
    if not 1 <= len(text) <= LONGEST_NAME or _CONTROL.search(text):
        raise ValueError(
            f"a display name has 1 to {LONGEST_NAME} characters, none of them a control character"
        )


def require_colour(text: str) -> None:
    """Raises ValueError for what is no colour such as ``#1a7f5a``."""
    if not _COLOUR.fullmatch(text):
        raise ValueError("a colour is # and six hexadecimal digits, as in #1a7f5a")


def require_logo_url(text: str) -> None:
    """Raises ValueError for what is no absolute URL of an image: https, or http on loopback alone."""
    if len(text) > LONGEST_URL or not _URL.fullmatch(text) or not _is_safe(text):
        raise ValueError(
            f"a logo is an https URL (http for loopback alone) of at most {LONGEST_URL} ASCII characters, "
            "without user information"
        )


def _is_safe(text: str) -> bool:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or port == 0:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback_host(host))
