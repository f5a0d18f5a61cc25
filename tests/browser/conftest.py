"""Fixtures of the browser tests: a mock server, a shop beside it, and one browser for all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from mockserver import MockServer
from tests.browser.chromium import ABSENT, arguments, find_browser
from tests.browser.pictures import DESKTOP
from tests.browser.shop import Shop, open_shop
from tests.browser.watch import Watch
from tests.tools import refusal_to_skip

ROOM = Path(__file__).parent
PATIENCE = 30_000  # milliseconds for what should come at once, on a machine that does other things too


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a browser each of these tests is skipped under its own name, so that the summary lists it."""
    if find_browser() is not None:
        return
    if refusal := refusal_to_skip(ABSENT):
        raise pytest.UsageError(refusal)
    for item in items:
        if item.path.is_relative_to(ROOM):
            item.add_marker(pytest.mark.skip(reason=f"{item.name}: {ABSENT}"))


@pytest.fixture(scope="package")
def mock() -> Iterator[MockServer]:
    """One server for all of them; each test has sessions and customers of its own."""
    with MockServer() as running:
        yield running


@pytest.fixture(scope="package")
def shop(mock: MockServer) -> Iterator[Shop]:
    """A partner's shop that receives every webhook."""
    with open_shop(mock) as running:
        mock.set_endpoint(f"{running.url}/webhooks")
        yield running
        mock.set_endpoint(None)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One browser for this folder, and not for longer: while it is open, Playwright has an event loop in the
    main thread, where tests of other folders run their own.
    """
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_browser(), args=arguments())
        yield chromium
        chromium.close()


@pytest.fixture(scope="package")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One profile with one page for all tests: a new page costs four times what a payment in it does.

    The pages under test keep nothing in a browser, which a test holds.
    """
    opened = browser.new_context(viewport=DESKTOP)
    opened.set_default_timeout(PATIENCE)
    opened.new_page()
    yield opened
    opened.close()


@pytest.fixture(scope="package")
def axe(node_tools: Path) -> str:
    """The script of axe-core."""
    return (node_tools.parent / "axe-core" / "axe.min.js").read_text("utf-8")


@pytest.fixture(scope="package")
def watching(context: BrowserContext, mock: MockServer, shop: Shop) -> Watch:
    return Watch(context, mock=mock, shop=shop)


@pytest.fixture
def watch(watching: Watch) -> Iterator[Watch]:
    """What no page may do in any test: leave its two origins, break its policy, or fail in a script."""
    watching.forget()
    yield watching
    watching.judge()


@pytest.fixture
def page(context: BrowserContext, watch: Watch) -> Iterator[Page]:
    """A page on a desktop screen by day, online, without motion."""
    page = context.pages[0]
    page.set_viewport_size(DESKTOP)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    yield page
    for other in context.pages[1:]:
        other.close()
    page.unroute_all(behavior="ignoreErrors")
    context.set_offline(False)
    page.goto("about:blank")
