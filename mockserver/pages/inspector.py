"""The inspector: a page over the control API, at `/_sandbox/`."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.pages.assets import inspector_assets
from reference_impl.domain.problems import Problem
from reference_impl.http.loopback_fence import LoopbackFence
from reference_impl.http.messages import Answer

INSPECTOR_PATH = "/_sandbox/"

_BARE = "/_sandbox"
_FILES = "/_sandbox/inspector/"
_PAGE = "inspector.html"

_FIELDS: Mapping[str, str] = {
    "content-security-policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "connect-src 'self'",
            "img-src 'self'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class Inspector:
    """Answers requests for the page and its files.

    They hold nothing but what everyone can read in this project, and come before any token can be sent: of
    the control API's fence `Host` alone is asked. What the page then shows, the control API gives or refuses.
    """

    def __init__(self, *, public_url: str) -> None:
        self._fence = LoopbackFence(public_url=public_url)

    def stands_at(self, path: str) -> bool:
        """Whether a path is the inspector's."""
        return path in (_BARE, INSPECTOR_PATH) or path.startswith(_FILES)

    def answer(self, path: str, fields: Mapping[str, str]) -> Answer:
        """The page, a file, 404; or 403 to a name that is not this server's (DNS rebinding)."""
        try:
            self._fence.check_host(fields)
        except Problem as problem:
            return _say(403, problem.detail)
        if path == _BARE:
            return Answer(308, b"", {"location": "_sandbox/", **_FIELDS}, "text/plain")
        asset = inspector_assets().get(_PAGE if path == INSPECTOR_PATH else path.removeprefix(_FILES))
        if asset is None:
            return _say(404, "The inspector has no such file.")
        return Answer(200, asset.content, _FIELDS, asset.content_type)


def _say(status: int, sentence: str) -> Answer:
    return Answer(status, f"{sentence}\n".encode(), _FIELDS, "text/plain; charset=utf-8")
