"""The page that the guide to embedded sessions has one write, in a browser: the payer pays on it."""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from mockserver import MockServer
from tests.browser.gateway import Gateway
from tests.browser.watch import Watch
from tests.docs.steps import followed, read_steps
from tests.docs.walk import GUIDES, walk_beside

GUIDE = GUIDES / "embedded-sessions.md"


@pytest.mark.parametrize("language", ["Python", "Node"])
def test_the_page_of_the_guide_takes_a_payment(
    language: str, page: Page, watch: Watch, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """And says so when the shop's server has learned it from the API, which is how the guide has it."""
    if language == "Node":
        request.getfixturevalue("node")
    folder, home = tmp_path / "reader", tmp_path / "home"
    folder.mkdir()
    steps = list(followed(read_steps(GUIDE), language))
    (served,) = (step for step in steps if step.keeps_running)
    with MockServer(home=home) as mock:
        walk = walk_beside(mock, home, folder, GUIDE)
        shop = f"http://localhost:{walk.ports['3000']}"
        watch.allow(shop, mock.url)

        def pay() -> None:
            gateway = Gateway(page).open(shop)
            expect(page.locator("#status")).to_have_text("Your order is open.")
            gateway.pay().at("completed")
            expect(page.locator("#status")).to_have_text("Your order is completed.")
            page.goto("about:blank")

        walk.follow([*takewhile(lambda step: step is not served, steps), served], then=pay)
