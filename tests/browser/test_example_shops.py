"""The example shops in a browser: from the shop's page through the payment to the webhook and back.

The pictures are in `artifacts/screens/`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from mockserver import MockServer
from tests.browser.gateway import Gateway
from tests.browser.pictures import examine
from tests.browser.watch import Watch
from tests.examples.shops import FLASK, KINDS, NODE, RunningShop, open_shop


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the mock server of these tests keeps its keys, which the shops read."""
    return tmp_path_factory.mktemp("mock")


@pytest.fixture(scope="module")
def sandbox(home: Path) -> Iterator[MockServer]:
    with MockServer(home=home) as running:
        yield running


@pytest.fixture(scope="module", params=KINDS)
def example(
    request: pytest.FixtureRequest, sandbox: MockServer, home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningShop]:
    """Each shop in turn, told of every event."""
    kind = KINDS[request.param]
    if kind is NODE:
        request.getfixturevalue("node")
    with open_shop(kind, sandbox, home=home, data=tmp_path_factory.mktemp("shop")) as shop:
        sandbox.set_endpoint(shop.webhooks)
        yield shop
    sandbox.set_endpoint(None)


@pytest.fixture
def front(example: RunningShop, sandbox: MockServer, page: Page, watch: Watch) -> Page:
    """The shop's first page."""
    watch.allow(example.url, sandbox.url)
    page.goto(example.url)
    return page


def checkout(front: Page, shop: RunningShop) -> Gateway:
    """Buy something; the payment, at the choice of the bank."""
    if shop.kind is NODE:
        front.get_by_label("Your email address").first.fill("ada@shop.example")
    front.get_by_role("button", name="Buy").first.click()
    gateway = Gateway(front)
    if shop.kind is FLASK:
        gateway.at("identity").identify()
    return gateway.at("bank")


def test_an_order_is_paid(front: Page, example: RunningShop, sandbox: MockServer, axe: str) -> None:
    """And the webhooks of it are acknowledged."""
    examine(front, f"{example.kind.name}-front", axe)
    gateway = checkout(front, example)
    examine(front, f"{example.kind.name}-checkout", axe)
    gateway.choose("Bank of Success").at("consent").approve().at("completed")
    gateway.button("Return to demo" if example.kind is FLASK else "Continue").click()
    expect(front.get_by_role("heading", level=1)).to_have_text("Thank you, your order is paid")
    examine(front, f"{example.kind.name}-paid", axe)
    sandbox.clock.advance()
    assert {each["status"] for each in sandbox.control("GET", "deliveries")["deliveries"]} == {"delivered"}


def test_an_order_is_cancelled(front: Page, example: RunningShop) -> None:
    checkout(front, example).cancel()
    expect(front.get_by_role("heading", level=1)).to_have_text("You cancelled the payment")


def test_a_payment_that_fails_is_told(front: Page, example: RunningShop, axe: str) -> None:
    gateway = checkout(front, example).choose("Empty Pockets Bank").at("consent").approve().at("failed")
    gateway.button("Return to demo").click()
    expect(front.get_by_role("heading", level=1)).to_have_text("The payment did not go through")
    examine(front, f"{example.kind.name}-failed", axe)
