"""Every screen, on a desktop by day and on a phone by night: accessible, and on a picture to be looked at.

The pictures are in `artifacts/screens/`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page

from mockserver import MockServer
from tests.browser.gateway import Gateway
from tests.browser.pictures import examine, judge
from tests.browser.shop import Shop

EMBEDDED = "/session/embedded/partner-managed-customer"


@dataclass(frozen=True)
class Visit:
    """A page, and what a test needs to get it to a screen."""

    page: Page
    shop: Shop
    mock: MockServer

    @property
    def gateway(self) -> Gateway:
        return Gateway(self.page)

    def checkout(self, path: str = "/session/hosted/partner-managed-customer", **members: Any) -> Gateway:
        return self.gateway.open(self.shop.create(path, **members)["sessionUrl"])

    def widget(self, **attributes: str) -> Gateway:
        session = self.shop.create(EMBEDDED, amount=None)
        return self.gateway.open(self.shop.embed(session, **attributes))


def loading(visit: Visit) -> None:
    visit.page.route("**/payer/**", lambda route: None)
    visit.checkout().at("loading")


def identity(visit: Visit) -> None:
    visit.checkout("/session/hosted").at("identity")


def identity_with_faults(visit: Visit) -> None:
    visit.checkout("/session/hosted").at("identity").identify(name="", email="ada@")


def bank(visit: Visit) -> None:
    visit.checkout().at("bank")


def bank_of_returning_customer(visit: Visit) -> None:
    visit.mock.pay(visit.shop.create(userId="old-friend"))
    visit.checkout(userId="old-friend").at("bank")


def offline(visit: Visit) -> None:
    gateway = visit.checkout().at("bank")
    visit.page.context.set_offline(True)
    visit.page.get_by_role("radio", name="Bank of Success").check()
    gateway.button("Continue with").click()
    visit.page.get_by_role("button", name="Try again").wait_for()


def slow_bank(visit: Visit) -> None:
    gateway = visit.checkout().at("bank")
    visit.page.route("**/deposit", lambda route: None)
    gateway.choose("Bank of Success")
    visit.page.get_by_text("takes longer than usual").wait_for()


def leaving(visit: Visit) -> None:
    visit.checkout().at("bank").button("Cancel payment").click()
    visit.page.get_by_role("dialog").wait_for()


def consent(visit: Visit) -> None:
    visit.checkout().at("bank").choose("Bank of Success").at("consent")


def waiting(visit: Visit) -> None:
    visit.checkout().pay("Slow & Steady Bank").at("waiting")


def completed(visit: Visit) -> None:
    visit.checkout().pay().at("completed")


def failed(visit: Visit) -> None:
    visit.checkout().pay("Empty Pockets Bank").at("failed")


def expired(visit: Visit) -> None:
    session = visit.shop.create()
    visit.mock.clock.advance(minutes=31)
    visit.gateway.open(session["sessionUrl"]).at("expired")


def cancelled(visit: Visit) -> None:
    session = visit.shop.create()
    other = visit.page.context.new_page()
    Gateway(other).open(session["sessionUrl"]).at("bank").cancel()
    other.wait_for_url("**/exit?*")
    other.close()
    visit.gateway.open(session["sessionUrl"]).at("cancelled")


def unknown(visit: Visit) -> None:
    visit.page.goto(f"{visit.mock.url}/checkout/never-made")


def widget_amount(visit: Visit) -> None:
    visit.widget().at("amount")


def widget_themed(visit: Visit) -> None:
    gateway = visit.widget(site_id="themed", deposit_amount="4.20").at("amount")
    gateway.button("Continue").click()
    gateway.at("bank")


def widget_paid_at(visit: Visit, bank: str) -> Gateway:
    return visit.gateway.open(visit.shop.embed(visit.shop.create(EMBEDDED))).pay(bank)


def widget_consent(visit: Visit) -> None:
    session = visit.shop.create(EMBEDDED)
    visit.gateway.open(visit.shop.embed(session)).at("bank").choose("Bank of Success").at("consent")


def widget_waiting(visit: Visit) -> None:
    widget_paid_at(visit, "Slow & Steady Bank").at("waiting")


def widget_completed(visit: Visit) -> None:
    widget_paid_at(visit, "Bank of Success").at("completed")


def widget_failed(visit: Visit) -> None:
    widget_paid_at(visit, "Empty Pockets Bank").at("failed")


SCREENS: tuple[Callable[[Visit], None], ...] = (
    loading,
    identity,
    identity_with_faults,
    bank,
    bank_of_returning_customer,
    offline,
    slow_bank,
    leaving,
    consent,
    waiting,
    completed,
    failed,
    expired,
    cancelled,
    unknown,
    widget_amount,
    widget_themed,
    widget_consent,
    widget_waiting,
    widget_completed,
    widget_failed,
)


@pytest.fixture
def visit(page: Page, shop: Shop, mock: MockServer) -> Visit:
    return Visit(page, shop, mock)


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.__name__)
def test_a_screen_is_accessible(visit: Visit, screen: Callable[[Visit], None], axe: str) -> None:
    """By day on a desktop and by night on a phone."""
    screen(visit)
    examine(visit.page, screen.__name__, axe)


def test_what_breaks_a_rule_is_found_inside_the_widget(visit: Visit, axe: str) -> None:
    """Axe looks into the shadow root: text that hardly differs from its ground, a button without a name."""
    gateway = visit.checkout().at("bank")
    gateway.root.evaluate("node => node.style.setProperty('--muted', '#d0d0d0')")
    gateway.button("Continue").evaluate("node => node.replaceChildren()")
    rules = {fault.split(":")[0] for fault in judge(visit.page, axe)}
    assert {"color-contrast", "button-name"} <= rules
