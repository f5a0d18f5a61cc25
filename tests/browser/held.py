"""A network that keeps a page waiting for as long as a test wants."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Route


class Held:
    """Requests that match are held back until they are let go."""

    def __init__(self, page: Page, pattern: re.Pattern[str]) -> None:
        self._routes: list[Route] | None = []
        page.route(pattern, self._meet)

    def let_go(self) -> None:
        held, self._routes = self._routes or [], None
        for route in held:
            route.continue_()

    def _meet(self, route: Route) -> None:
        if self._routes is None:
            route.continue_()
        else:
            self._routes.append(route)
