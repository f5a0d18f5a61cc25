"""URLs that an operator gives, and that others are made from."""

from __future__ import annotations

import re
from urllib.parse import urlsplit


def require_base_url(text: str) -> str:
    """A URL without its final slash; raises ValueError for what no other can be made from."""
    try:
        parts = urlsplit(text)
        port = parts.port  # raises ValueError if it is none
    except ValueError as error:
        raise ValueError(f"not a URL: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise ValueError("give an absolute http or https URL")
    if not re.fullmatch("[!-~]+", text) or set(text) & set("@?#\\"):
        raise ValueError("give a URL in ASCII without spaces, user, query or fragment")
    return text.rstrip("/")
