"""What is held of every page in every test."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebError

from mockserver import MockServer
from tests.browser.shop import Shop

READS = re.compile(r"/payer/session/[^/]+$")
STEPS = re.compile(r"/payer/session/[^/]+/(identity|deposit|consent|exit)$")
"""What checkout page and widget ask the payer API: how the session stands, and to take a step."""


class Watch:
    """Follows a browser context; ``judge`` fails the test for what happened in it and must not.

    Put into ``expected`` a piece of each fault that a test provokes. ``requests`` are the addresses of all
    requests since the last ``forget``, ``steps`` the names of the payer's steps among them.
    """

    def __init__(self, context: BrowserContext, *, mock: MockServer, shop: Shop) -> None:
        self._own = (mock.url + "/", shop.url + "/")
        self._origins: tuple[str, ...] = self._own
        self._secrets = [partner.api_key for partner in mock.partners.values()]
        self._secrets += [partner.api_secret for partner in mock.partners.values()]
        self.expected: list[str] = []
        self.faults: list[str] = []
        self.requests: list[str] = []
        context.on("request", self._see_request)
        context.on("console", self._see_message)
        context.on("weberror", self._see_error)

    @property
    def steps(self) -> list[str]:
        return [step for url in self.requests for step in STEPS.findall(url)]

    def judge(self) -> None:
        unexpected = [fault for fault in self.faults if not any(word in fault for word in self.expected)]
        assert unexpected == []

    def allow(self, *urls: str) -> None:
        """Let this test's pages lead to these origins and no others."""
        self._origins = tuple(f"{url}/" for url in urls)

    def forget(self) -> None:
        self._origins = self._own
        for seen in (self.expected, self.faults, self.requests):
            seen.clear()

    def _see_request(self, request: Request) -> None:
        self.requests.append(request.url)
        if not request.url.startswith((*self._origins, "data:")):
            self.faults.append(f"left its origins for {request.url}")
        sent = f"{request.url} {request.headers} {request.post_data or ''}"
        self.faults += [
            f"a credential was sent to {request.url}" for secret in self._secrets if secret in sent
        ]

    def _see_message(self, message: ConsoleMessage) -> None:
        # An answer of 409 or the like is logged by Chromium itself, and is no fault of the page.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.faults.append(f"console: {message.text}")

    def _see_error(self, error: WebError) -> None:
        self.faults.append(f"uncaught: {error.error}")
