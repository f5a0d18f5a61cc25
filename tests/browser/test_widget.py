"""The widget on a partner's page, which has another origin and a strict policy of its own."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from mockserver import MockServer
from tests.browser.gateway import Gateway
from tests.browser.held import Held
from tests.browser.shop import Session, Shop
from tests.browser.watch import Watch

EMBEDDED = "/session/embedded/partner-managed-customer"


def told(page: Page) -> list[tuple[str, dict[str, Any]]]:
    """The events that the widget has fired, with their details."""
    return [(kind, detail) for kind, detail in page.evaluate("window.told")]


def embedded(shop: Shop, **members: Any) -> Session:
    return shop.create(EMBEDDED, **members)


def attributes(session: Session) -> dict[str, str]:
    """The widget's attributes as a partner writes them from the answer of the creation."""
    return {
        "currency": session["currency"],
        "country": session["country"],
        "allowed_payment_methods": json.dumps(session["allowedPaymentMethods"]),
        "saved_banks": json.dumps(session["savedBanks"]),
        "site_id": "shop-7",
    }


def test_a_payment_in_the_widget_is_told_to_page_and_webhook(shop: Shop, page: Page) -> None:
    session = embedded(shop)
    gateway = Gateway(page).open(shop.embed(session, **attributes(session))).pay().at("completed")
    gateway.button("Continue").click()
    gateway.button("Close").click()
    names = [name for name, _ in told(page)]
    assert names == [*["status-change"] * 3, "manual-success-primary-click", "manual-success-secondary-click"]
    assert [detail["status"] for _, detail in told(page)[:3]] == ["open", "processing", "completed"]
    detail = told(page)[-1][1]
    assert detail == {"sessionId": session["sessionId"], "siteId": "shop-7", "status": "completed"}
    shop.wait_for(session["sessionId"], "partner.customer.deposit.completed")
    assert page.url.startswith(shop.url)


def test_leaving_fires_exit(shop: Shop, page: Page) -> None:
    session = embedded(shop)
    Gateway(page).open(shop.embed(session)).at("bank").cancel().at("cancelled")
    page.wait_for_function("window.told.some(([name]) => name === 'exit')")
    assert told(page)[-1] == (
        "exit",
        {"sessionId": session["sessionId"], "siteId": None, "status": "cancelled"},
    )
    assert shop.look_up(session["sessionId"])["status"] == "cancelled"


def test_a_failure_is_shown_and_leaving_it_fires_exit(shop: Shop, page: Page) -> None:
    gateway = Gateway(page).open(shop.embed(embedded(shop))).pay("Refusal Savings Bank").at("failed")
    gateway.button("Return to demo").click()
    assert told(page)[-1][0] == "exit"


def test_the_sessions_amount_and_currency_override_the_attributes(shop: Shop, page: Page) -> None:
    url = shop.embed(embedded(shop, currency="GBP"), currency="EUR", deposit_amount="3.33", country="DE")
    gateway = Gateway(page).open(url).at("bank")
    expect(gateway.root.locator(".amount")).to_have_text("£9.50")


def test_the_attributes_are_shown_until_the_session_is_there(shop: Shop, page: Page) -> None:
    held = Held(page, re.compile("/payer/"))
    url = shop.embed(embedded(shop), currency="EUR", deposit_amount="3.33", country="DE")
    gateway = Gateway(page).open(url).at("loading")
    expect(gateway.root.locator(".amount")).to_have_text("€3.33")
    held.let_go()
    gateway.at("bank")


def test_a_session_without_an_amount_asks_for_it(shop: Shop, page: Page) -> None:
    """PAY-08, within the limits of the environment; `deposit-amount` is what is proposed."""
    session = embedded(shop, amount=None)
    gateway = Gateway(page).open(shop.embed(session, deposit_amount="10.01")).at("amount")
    amount = page.get_by_label("Amount in EUR")
    expect(amount).to_have_value("10.01")
    for wrong in ("10.01", "0.09", "0.105", "five", "", "1e1", "-1"):
        amount.fill(wrong)
        gateway.button("Continue").click()
        expect(amount).to_have_attribute("aria-invalid", "true")
        expect(amount).to_be_focused()
    amount.fill("4,20")
    gateway.button("Continue").click()
    expect(gateway.at("bank").root.locator(".amount")).to_have_text("€4.20")
    gateway.button("Change the amount").click()
    gateway.at("amount")
    amount.fill("6.5")
    amount.press("Enter")
    gateway.pay().at("completed")
    assert shop.look_up(session["sessionId"])["amount"] == 6.5


def test_methods_can_be_narrowed_and_chosen_beforehand(shop: Shop, page: Page) -> None:
    methods = json.dumps(["instant_bank_transfer", "open_banking", "cheque"])
    url = shop.embed(embedded(shop), allowed_payment_methods=methods, payment_method="open_banking")
    Gateway(page).open(url).at("bank")
    expect(page.locator(".methods .choice")).to_have_count(2)
    expect(page.get_by_role("radio", name="Open banking")).to_be_checked()


def test_a_single_method_is_not_asked_for(shop: Shop, page: Page) -> None:
    session = embedded(shop)
    methods = json.dumps(["open_banking"])
    gateway = Gateway(page).open(shop.embed(session, allowed_payment_methods=methods)).at("bank")
    expect(page.locator(".methods")).to_have_count(0)
    gateway.choose("Bank of Success").at("consent")
    assert shop.look_up(session["sessionId"])["deposit"]["paymentMethod"] == "open_banking"


def test_a_returning_customer_finds_the_saved_bank_first(mock: MockServer, shop: Shop, page: Page) -> None:
    mock.pay(embedded(shop, userId="regular"), "accepted_late")
    mock.clock.advance(minutes=10)
    session = embedded(shop, userId="regular")
    assert [bank["name"] for bank in session["savedBanks"]] == ["Slow & Steady Bank"]
    gateway = Gateway(page).open(shop.embed(session, **attributes(session))).at("bank")
    expect(page.locator(".banks .choice").first).to_contain_text(
        re.compile(r"Slow & Steady Bank.*•••• \d{4}")
    )
    gateway.button("Continue with Slow & Steady Bank").click()
    gateway.at("consent")


@pytest.mark.parametrize("text", ["{", "7", '"bank_transfer"', "null"])
def test_an_attribute_that_is_no_list_is_ignored_and_told(
    shop: Shop, page: Page, watch: Watch, text: str
) -> None:
    watch.expected.append("is no JSON array and is ignored")
    url = shop.embed(embedded(shop), allowed_payment_methods=text, saved_banks=text)
    Gateway(page).open(url).at("bank")
    expect(page.locator(".methods .choice")).to_have_count(3)
    assert len(watch.faults) == 2


def test_without_a_session_the_developer_is_told(shop: Shop, page: Page, watch: Watch) -> None:
    watch.expected.append("needs the attribute session-id")
    page.goto(shop.embed({"sessionId": ""}))
    page.wait_for_function("customElements.get('stable-payment-gateway') !== undefined")
    assert any("session-id" in fault for fault in watch.faults)


def test_a_session_that_is_not_there_is_told_so(shop: Shop, page: Page) -> None:
    gateway = Gateway(page).open(shop.embed({"sessionId": "../session/hosted?x=#"})).at("unavailable")
    expect(gateway.heading()).to_have_text("There is no such payment")


def test_colours_font_and_radius_are_the_pages_to_set(shop: Shop, page: Page) -> None:
    gateway = Gateway(page).open(shop.embed(embedded(shop), site_id="themed")).at("bank")
    button = gateway.button("Continue")
    expect(button).to_have_css("background-color", "rgb(255, 212, 0)")
    expect(button).to_have_css("color", "rgb(0, 0, 0)")
    expect(gateway.root).to_have_css("border-top-left-radius", "0px")
    expect(gateway.root).to_have_css("font-family", "Georgia, serif")


def test_the_page_cannot_restyle_it_by_accident_nor_it_the_page(shop: Shop, page: Page) -> None:
    gateway = Gateway(page).open(shop.embed(embedded(shop))).at("bank")
    before = page.locator("h1").evaluate("node => getComputedStyle(node).fontSize")
    page.evaluate(
        "const sheet = new CSSStyleSheet();"
        "sheet.replaceSync('button, h2, label { display: none !important }');"
        "document.adoptedStyleSheets = [sheet]"
    )
    expect(gateway.button("Continue")).to_be_visible()
    assert page.locator("h1").evaluate("node => getComputedStyle(node).fontSize") == before


def test_another_session_id_begins_another_payment_and_removal_ends_it(
    shop: Shop, page: Page, watch: Watch
) -> None:
    first, second = embedded(shop), embedded(shop, amount=3.25)
    gateway = Gateway(page).open(shop.embed(first)).at("bank").choose("Bank of Success").at("consent")
    element = page.locator("stable-payment-gateway")
    element.evaluate("(node, id) => node.setAttribute('session-id', id)", second["sessionId"])
    expect(gateway.at("bank").root.locator(".amount")).to_have_text("€3.25")
    expect(gateway.root).to_have_count(1)
    element.evaluate("node => node.remove()")
    before = len(watch.requests)
    page.evaluate("() => new Promise(resolve => setTimeout(resolve, 3500))")  # longer than between two looks
    assert watch.requests[before:] == []


def test_moved_within_the_page_it_goes_on(shop: Shop, page: Page) -> None:
    gateway = (
        Gateway(page).open(shop.embed(embedded(shop))).at("bank").choose("Bank of Success").at("consent")
    )
    page.evaluate("document.body.append(document.querySelector('stable-payment-gateway'))")
    gateway.at("consent").approve().at("completed")


def test_registering_again_is_harmless_and_the_base_url_is_the_servers_by_default(
    mock: MockServer, shop: Shop, page: Page
) -> None:
    page.goto(shop.embed(embedded(shop)))
    Gateway(page).at("bank")
    page.evaluate(
        "async (url) => { const { register } = await import(url); register(); register({ baseUrl: url }) }",
        f"{mock.url}/widget/stable-payment-gateway.js",
    )


def test_a_payment_can_be_made_with_the_keyboard_alone(shop: Shop, page: Page) -> None:
    """Into the shadow root and through it by Tab, as anywhere on the page."""
    gateway = Gateway(page).open(shop.embed(embedded(shop))).at("bank")
    bank = page.get_by_role("radio", name="Bank of Success")
    for _ in range(12):
        if bank.evaluate("each => each.getRootNode().activeElement === each"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(bank).to_be_checked()
    page.keyboard.press("Enter")
    gateway.at("consent")
    expect(gateway.heading()).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    gateway.at("completed")


def test_the_back_button_leaves_a_payment_as_it_is(shop: Shop, page: Page) -> None:
    """In mid-payment: back to the page before, forward to where the payment stands."""
    address = shop.embed(embedded(shop))
    page.goto(f"{shop.url}/shop.css")
    gateway = Gateway(page).open(address).at("bank").choose("Bank of Success").at("consent")
    page.go_back()
    page.wait_for_url(f"{shop.url}/shop.css")
    page.go_forward()
    gateway.at("consent").approve().at("completed")


def test_focus_stays_where_the_payer_is(shop: Shop, page: Page) -> None:
    """A screen that changes by itself takes no focus from the rest of the page."""
    session = embedded(shop)
    gateway = Gateway(page).open(shop.embed(session)).at("bank")
    page.evaluate("document.querySelector('h1').tabIndex = 0; document.querySelector('h1').focus()")
    shop.mock.pay(session)
    gateway.come_back().at("completed")
    expect(page.locator("h1")).to_be_focused()
