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
from tests.browser.pictures import EVERY_LOOK, PHONE, examine
from tests.browser.watch import Watch

PAGES: Mapping[str, tuple[str, str]] = {
    "landing": ("index", "Payment sessions"),
    "guide": ("guides/quick-start", "Quick start"),
    "problem": ("problems/invalid_signature", "The signature is invalid"),
    "event": ("events/transaction.status.changed", "A session moved to another status"),
    "requirements": ("requirements/RECV", "Receivers of webhooks"),
    "command": ("commands/deliveries", "stablemint deliveries"),
    "tables": ("guides/choosing", "Which session is right for you?"),
    "search": ("search", "Search"),
    "reference": ("reference", "Stable Mint payment sessions"),
    "payer": ("payer-reference", "Stable Mint payer API"),
    "control": ("sandbox-reference", "Stable Mint sandbox control API"),
}
"""Pages that differ in what they are made of, each with its title."""

REFERENCES = ("reference", "payer", "control")
"""Drawn by a script, which takes some seconds: of those that differ in their document alone, one look."""

LOOKS = {"payer": ("desktop-light",), "control": ("phone-light",)}


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


_STICKS_OUT = """() => [...document.querySelectorAll("html, .table-wrapper")]
  .filter((box) => box.scrollWidth > box.clientWidth + 1)
  .map((box) => `${box.tagName} ${box.scrollWidth} in ${box.clientWidth}: ${box.innerText.slice(0, 60)}`)"""


def title(page: Page) -> Locator:
    """The first heading; the API reference takes a moment to be drawn."""
    return page.get_by_role("heading", level=1).first


@pytest.mark.parametrize("kind", PAGES)
def test_a_page_read_from_a_file_looks_well_to_everybody(
    kind: str, site_folder: Path, files: Page, axe: str
) -> None:
    """By day, by night and on a phone."""
    name, heading = PAGES[kind]
    for look in LOOKS.get(kind, EVERY_LOOK):
        size, scheme = EVERY_LOOK[look]
        files.set_viewport_size(size)
        files.emulate_media(color_scheme=scheme)
        if kind in REFERENCES or look == "desktop-light":  # a reference looks at the scheme when it begins
            files.goto((site_folder / f"{name}.html").as_uri())
            expect(title(files)).to_contain_text(heading)
        examine(files, f"docs-{kind}", axe, {look: EVERY_LOOK[look]})


def kinds(site_folder: Path) -> Mapping[str, str]:
    """A page of every kind that there is, found in the site itself: each folder's index and first page, and
    every page that is in none.
    """
    found: dict[str, str] = {}
    for file in sorted(site_folder.rglob("*.html")):
        page = file.relative_to(site_folder).with_suffix("").as_posix()
        folder, _, name = page.rpartition("/")
        found.setdefault(f"a page of {folder}/" if folder and name != "index" else page, page)
    return found


def test_a_page_of_every_kind_works_where_the_mock_server_serves_it(
    site_folder: Path, serving: MockServer, page: Page, watch: Watch
) -> None:
    """Under its policy, by the address without an ending, which is that of a problem's `type`. No script asks
    another machine for anything, and nothing sticks out on a phone, tables included.
    """
    watch.allow(serving.url)
    page.set_viewport_size(PHONE)
    headings = dict(PAGES.values())
    pages = set(kinds(site_folder).values()) | headings.keys()
    assert {"index", "events/index", "payer-reference", "requirements/AUTH", "guides/choosing"} <= pages
    wide = []
    for name in sorted(pages):
        answer = page.goto(f"{serving.url}/docs/{name}")
        assert answer is not None
        assert answer.status == 200, name
        expect(title(page)).to_contain_text(headings.get(name, ""))
        wide += [f"{name}: {what}" for what in page.evaluate(_STICKS_OUT)]
    assert wide == []


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("invalid_signature", "The signature is invalid"),
        ("idempotency", "Idempotency and retries"),
        ("AUTH-02", "Authentication > AUTH-02"),
    ],
)
def test_the_site_can_be_searched_without_a_server(
    words: str, found: str, site_folder: Path, files: Page
) -> None:
    """And the guide comes before the pages that mention a word, a requirement by its name before all."""
    files.goto((site_folder / "index.html").as_uri())
    search = files.get_by_role("textbox", name="Search")
    search.fill(words)
    search.press("Enter")
    expect(files.get_by_text("Search finished")).to_be_visible()
    first = files.locator("ul.search a").first
    expect(first).to_have_text(found)
    first.click()
    expect(title(files)).to_contain_text(found.partition(" > ")[0])


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


def test_the_bar_stays_on_top_of_a_page_however_far_it_is_scrolled(site_folder: Path, files: Page) -> None:
    """The place beside it is kept free for it."""
    files.set_viewport_size({"width": 1280, "height": 800})
    files.goto((site_folder / "guides/webhooks.html").as_uri())
    bar = files.get_by_role("navigation", name="Documents")
    for place in ("0", "document.documentElement.scrollHeight / 2", "document.documentElement.scrollHeight"):
        files.evaluate(f"window.scrollTo({{top: {place}, behavior: 'instant'}})")
        expect(bar).to_be_in_viewport(ratio=1)


def test_a_requirement_that_the_reference_cites_is_a_link_to_it(site_folder: Path, files: Page) -> None:
    """And is not broken at its hyphen."""
    files.goto((site_folder / "reference.html").as_uri())
    cited = files.get_by_role("link", name="AUTH-13", exact=True).first
    expect(cited.locator("code")).to_have_css("white-space", "nowrap")
    cited.click()
    expect(files.locator(":target").get_by_role("heading")).to_contain_text("AUTH-13")
