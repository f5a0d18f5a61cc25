"""The documentation as readers have it: from files, and from a mock server, which lets them try the API.

The site is built from today's sources. The pictures are in `artifacts/screens/`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from mockserver import MockServer
from mockserver.pages import documentation
from tests.browser.pictures import EVERY_LOOK, examine
from tests.browser.watch import Watch

PAGES: Mapping[str, tuple[str, str]] = {
    "landing": ("index", "Payment sessions"),
    "guide": ("guides/quick-start", "Quick start"),
    "problem": ("problems/invalid_signature", "The signature is invalid"),
    "event": ("events/transaction.status.changed", "A session moved to another status"),
    "requirements": ("requirements/RECV", "Receivers of webhooks"),
    "command": ("commands/deliveries", "stablemint deliveries"),
    "reference": ("reference", "Stable Mint payment sessions"),
}
"""A page of every kind, and its title."""


@pytest.fixture
def files(site_folder: Path, watch: Watch, page: Page) -> Page:
    """A browser that may read the site's files, and nothing else at all."""
    watch.allow(site_folder.as_uri())
    return page


@pytest.fixture(scope="module")
def serving(site_folder: Path) -> Iterator[MockServer]:
    """A mock server that has the site."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(documentation, "SITE", site_folder)
        documentation._files.cache_clear()
        with MockServer() as running:
            yield running
    documentation._files.cache_clear()


def title(page: Page) -> Locator:
    """The first heading; the API reference takes a moment to be drawn."""
    return page.get_by_role("heading", level=1).first


@pytest.mark.parametrize("kind", PAGES)
def test_a_page_read_from_a_file_looks_well_to_everybody(
    kind: str, site_folder: Path, files: Page, axe: str
) -> None:
    """By day, by night and on a phone."""
    name, heading = PAGES[kind]
    for look, (size, scheme) in EVERY_LOOK.items():
        files.set_viewport_size(size)
        files.emulate_media(color_scheme=scheme)
        if kind == "reference" or look == "desktop-light":  # the reference looks at the scheme when it begins
            files.goto((site_folder / f"{name}.html").as_uri())
            expect(title(files)).to_contain_text(heading)
        examine(files, f"docs-{kind}", axe, {look: EVERY_LOOK[look]})


@pytest.mark.parametrize("kind", PAGES)
def test_a_page_works_where_the_mock_server_serves_it(
    kind: str, serving: MockServer, page: Page, watch: Watch
) -> None:
    """Under its policy, by the address without an ending, which is that of a problem's `type`."""
    watch.allow(serving.url)
    name, heading = PAGES[kind]
    answer = page.goto(f"{serving.url}/docs/{name}")
    assert answer is not None
    assert answer.status == 200
    expect(title(page)).to_contain_text(heading)


def test_the_site_can_be_searched_without_a_server(site_folder: Path, files: Page) -> None:
    files.goto((site_folder / "index.html").as_uri())
    search = files.get_by_role("textbox", name="Search")
    search.fill("invalid_signature")
    search.press("Enter")
    files.get_by_role("link", name="The signature is invalid").first.click()
    expect(title(files)).to_contain_text("The signature is invalid")


def test_a_signed_request_can_be_sent_from_the_reference(
    serving: MockServer, page: Page, watch: Watch
) -> None:
    """The mock server's own checks let it pass: the session is there."""
    watch.allow(serving.url)
    page.goto(f"{serving.url}/docs/reference.html")
    page.get_by_role("link", name="Create a hosted session for an anonymous payer").first.click()
    page.get_by_role("button", name="Test Request (post /session/hosted)").click()
    with page.expect_response(f"{serving.url}/session/hosted") as answered:
        page.get_by_role("button", name="Send post request to").first.click()
    assert answered.value.status == 201
    (session,) = serving.control("GET", "sessions")["sessions"]
    assert session["sessionId"] == answered.value.json()["sessionId"]
    expect(page.get_by_text(f"Signed as {session['partner']}")).to_be_visible()


def test_from_a_file_the_reference_offers_no_request(site_folder: Path, files: Page) -> None:
    """There is nobody who would answer."""
    files.goto((site_folder / "reference.html").as_uri())
    files.get_by_role("link", name="Create a hosted session for an anonymous payer").first.click()
    expect(
        files.get_by_role("heading", name="Create a hosted session for an anonymous payer")
    ).to_be_visible()
    expect(files.get_by_role("button", name="Test Request")).to_have_count(0)
