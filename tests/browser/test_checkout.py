"""The checkout page when all goes as it should not: doubts, delays, second thoughts and second tabs."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Literal

import pytest
from playwright.sync_api import Page, Route, expect

from mockserver import MockServer
from tests.browser.gateway import Gateway
from tests.browser.shop import Shop
from tests.browser.watch import READS, Watch

Motion = Literal["reduce", "no-preference"]


@pytest.fixture
def bank_screen(shop: Shop, page: Page) -> Gateway:
    """A new session, opened at the choice of the bank."""
    return Gateway(page).open(shop.create()["sessionUrl"]).at("bank")


def session_of(gateway: Gateway) -> str:
    return gateway.page.url.rsplit("/", 1)[1]


def test_the_page_says_whom_how_much_and_how_long(shop: Shop, page: Page) -> None:
    gateway = Gateway(page).open(shop.create(amount=7.5)["sessionUrl"]).at("bank")
    expect(gateway.root).to_contain_text("demo")
    expect(gateway.root.locator(".amount")).to_have_text("€7.50")
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"Time left (30:00|29:5\d)"))
    support = page.get_by_role("link", name="Ask demo")
    expect(support).to_have_attribute("href", re.compile(re.escape(f"{shop.url}/support?order=")))
    expect(support).to_have_attribute("rel", "noopener noreferrer")


@pytest.mark.parametrize(
    ("currency", "country", "shown"),
    [("GBP", "GB", "£1,000,000.00"), ("SEK", "SE", "kr")],
)
def test_amounts_are_written_as_in_the_payers_country(
    shop: Shop, page: Page, currency: str, country: str, shown: str
) -> None:
    """The amount is put into the answer, since a sandbox has no such amounts."""
    session = shop.create(currency=currency, userCountryCode=country)

    def enrich(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "amount": 1_000_000})

    page.route(READS, enrich)
    gateway = Gateway(page).open(session["sessionUrl"]).at("bank")
    expect(gateway.root.locator(".amount")).to_contain_text(shown)
    expect(gateway.root.locator(".amount")).to_contain_text(re.compile(r"1.000.000[.,]00"))
    page.unroute_all(behavior="wait")


def test_identity_faults_are_told_at_their_fields(shop: Shop, page: Page, watch: Watch) -> None:
    gateway = Gateway(page).open(shop.create("/session/hosted")["sessionUrl"]).at("identity")
    gateway.identify(name=" ", email="ada@example")
    name, email = page.get_by_label("Full name"), page.get_by_label("Email address")
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_have_accessible_description("Enter your full name.")
    expect(name).to_be_focused()
    expect(email).to_have_accessible_description("Enter an email address such as name@example.com.")
    assert watch.steps == []
    page.get_by_label("Citizenship").select_option("NO")
    # The page lets this address pass, the server does not.
    gateway.identify(email="ädä@example.com")
    expect(email).to_have_accessible_description("This is not accepted. Please check it.")
    expect(name).not_to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("alert").first).to_contain_text("Please check what you entered.")
    gateway.identify()
    gateway.at("bank")


def test_a_reload_after_the_identity_step_does_not_ask_again(shop: Shop, page: Page) -> None:
    gateway = Gateway(page).open(shop.create("/session/hosted")["sessionUrl"]).at("identity").identify()
    gateway.at("bank")
    page.reload()
    gateway.at("bank")


def test_a_bank_has_to_be_chosen(bank_screen: Gateway) -> None:
    bank_screen.button("Continue").click()
    expect(bank_screen.page.get_by_text("Choose your bank first.")).to_be_visible()
    expect(bank_screen.page.get_by_role("radio", name="Bank of Success")).to_be_focused()


def test_banks_can_be_searched(bank_screen: Gateway) -> None:
    page = bank_screen.page
    search = page.get_by_role("searchbox", name="Search for your bank")
    search.fill("tOMORR")
    banks = page.locator(".banks .choice:visible")
    expect(banks).to_have_count(1)
    expect(banks).to_contain_text("Tomorrow Bank")
    expect(page.get_by_role("status").filter(has_text="1 bank")).to_be_attached()
    search.fill("no such bank")
    expect(page.get_by_text("No bank of that name.")).to_be_visible()
    search.press("Enter")
    bank_screen.at("bank")


def test_the_chosen_method_is_the_deposits(shop: Shop, bank_screen: Gateway) -> None:
    bank_screen.page.get_by_role("radio", name="Open banking").check()
    bank_screen.choose("Bank of Success").at("consent")
    assert shop.look_up(session_of(bank_screen))["deposit"]["paymentMethod"] == "open_banking"


def test_steps_on_a_timer_come_at_their_pace_under_the_payers_eyes(
    mock: MockServer, bank_screen: Gateway
) -> None:
    """One after another by the session clock, each when it is due and not before."""
    session_id = session_of(bank_screen)
    mock.clock.freeze()
    try:
        mock.control("POST", f"sessions/{session_id}/play", {"pace": "timer"})
        bank_screen.come_back().at("waiting")
        seen = []
        while True:
            session = mock.control("GET", f"sessions/{session_id}")
            seen.append(session["deposit"]["status"])
            if session["nextStep"] is None:
                break
            due_at = datetime.fromisoformat(session["nextStep"]["dueAt"])
            assert due_at > mock.clock()
            mock.clock.set(due_at)
    finally:
        mock.clock.resume()
    assert seen == ["created", "initiated", "submitted", "accepted", "completed"]
    bank_screen.come_back().at("completed")


def test_the_back_button_leads_out_and_forward_into_the_same_payment(shop: Shop, page: Page) -> None:
    session = shop.create()
    basket = shop.show(session)
    page.goto(basket)
    page.get_by_role("link", name="Pay").click()
    gateway = Gateway(page).at("bank").choose("Bank of Success").at("consent")
    page.go_back()
    page.wait_for_url(basket)
    page.go_forward()
    gateway.at("consent").approve().at("completed")


def test_the_back_button_does_not_lead_into_a_payment_that_is_over(shop: Shop, page: Page) -> None:
    basket = shop.show(shop.create())
    page.goto(basket)
    page.get_by_role("link", name="Pay").click()
    Gateway(page).pay().at("completed").button("Return to demo").click()
    page.wait_for_url(f"{shop.url}/success?*")
    page.go_back()
    page.wait_for_url(basket)


def test_a_payment_that_was_over_before_is_shown_and_stays(mock: MockServer, shop: Shop, page: Page) -> None:
    """Nobody is taken away from what they came back to look at."""
    session = shop.create()
    mock.pay(session)
    Gateway(page).open(session["sessionUrl"]).at("completed")
    expect(page.get_by_text("Taking you back")).to_have_count(0)


def test_leaving_asks_first(shop: Shop, bank_screen: Gateway) -> None:
    page = bank_screen.page
    session_id = session_of(bank_screen)
    cancel, dialog = (
        bank_screen.root.locator(".summary").get_by_role("button", name="Cancel"),
        page.get_by_role("dialog"),
    )
    cancel.click()
    expect(dialog).to_have_accessible_name("Cancel this payment?")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(cancel).to_be_focused()
    cancel.click()
    dialog.get_by_role("button", name="Keep paying").click()
    expect(dialog).to_be_hidden()
    assert shop.look_up(session_id)["status"] == "open"
    bank_screen.cancel()
    page.wait_for_url(f"{shop.url}/exit?*")
    expect(page.get_by_text("Your order is cancelled")).to_be_visible()
    assert shop.wait_for(session_id, "transaction.status.changed")["status"] == "cancelled"


def test_a_payer_who_leaves_in_mid_payment_is_led_back_and_the_payment_goes_on(
    mock: MockServer, shop: Shop, bank_screen: Gateway
) -> None:
    """PAY-07."""
    session_id = session_of(bank_screen)
    bank_screen.choose("Slow & Steady Bank").at("consent").approve().at("waiting")
    bank_screen.button("Return to demo").click()
    bank_screen.page.wait_for_url(f"{shop.url}/exit?*")
    mock.clock.advance(minutes=10)
    assert shop.look_up(session_id)["status"] == "completed"


def test_a_payment_can_be_made_with_the_keyboard_alone(shop: Shop, page: Page) -> None:
    gateway = Gateway(page).open(shop.create("/session/hosted")["sessionUrl"]).at("identity")
    page.get_by_label("Full name").focus()
    page.keyboard.type("Ada Payer")
    page.keyboard.press("Tab")
    page.keyboard.type("ada@example.com")
    page.keyboard.press("Enter")
    gateway.at("bank")
    expect(gateway.heading()).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("radio", name="Bank transfer", exact=False).first).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("radio", name="Bank of Success")).to_be_checked()
    page.keyboard.press("Enter")
    gateway.at("consent")
    expect(gateway.heading()).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    gateway.at("completed")
    expect(gateway.heading()).to_be_focused()


def test_screen_readers_are_told_of_every_screen(bank_screen: Gateway) -> None:
    told = bank_screen.page.get_by_role("status")
    bank_screen.choose("Bank of Success").at("consent")
    expect(told.filter(has_text="Approve this payment?")).to_be_attached()
    bank_screen.approve().at("completed")
    expect(told.filter(has_text="Payment complete")).to_be_attached()


@pytest.mark.parametrize(("motion", "moves"), [("reduce", False), ("no-preference", True)])
def test_whoever_wants_no_motion_gets_none(shop: Shop, page: Page, motion: Motion, moves: bool) -> None:
    page.emulate_media(reduced_motion=motion)
    gateway = Gateway(page).open(shop.create()["sessionUrl"]).at("bank")
    animation = gateway.root.locator(".screen").evaluate("node => getComputedStyle(node).animationName")
    assert (animation != "none") is moves


def test_a_browser_keeps_nothing_of_a_payment(shop: Shop, page: Page) -> None:
    Gateway(page).open(shop.create("/session/hosted")["sessionUrl"]).at("identity").identify().pay().at(
        "completed"
    )
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    assert page.evaluate("indexedDB.databases()") == []
    assert page.context.cookies() == []


HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=1</script>${7*7}\u202e'


def test_a_partners_text_stays_text(mock: MockServer, shop: Shop, page: Page, watch: Watch) -> None:
    """Name, colour and logo of a partner who wishes the payer ill, or was itself attacked."""
    watch.expected.append("logo.invalid")
    dress(mock, display_name=HOSTILE, colour="#fafafa", logo_url="https://logo.invalid/%22onerror=%22a.png")
    session = shop.create(partner="partner-only")
    page.route("https://logo.invalid/**", lambda route: route.abort())
    gateway = Gateway(page).open(session["sessionUrl"]).at("bank")
    expect(gateway.root.locator(".merchant")).to_contain_text(HOSTILE)
    assert page.title() == "Checkout"
    assert gateway.root.locator("script, .merchant img[src=x]").count() == 0
    expect(gateway.root.locator(".merchant .monogram")).to_be_visible()


@pytest.mark.parametrize(
    "answer",
    [
        {"supportUrl": "javascript:document.title=1"},
        {
            "merchant": {
                "name": "x",
                "colour": "red;background:url(//evil.example)",
                "logoUrl": "javascript:1",
            }
        },
        {"merchant": {"name": "x", "colour": "#12345", "logoUrl": "http://evil.example/logo.png"}},
        {"merchant": {"name": "", "colour": 7, "logoUrl": 7}},
    ],
    ids=["link", "colour", "logo", "types"],
)
def test_the_page_does_not_trust_even_the_answers(shop: Shop, page: Page, answer: dict[str, object]) -> None:
    def replace_members(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, json={**response.json(), **answer})

    page.route(READS, replace_members)
    gateway = Gateway(page).open(shop.create()["sessionUrl"]).at("bank")
    assert gateway.root.locator("a[href^=javascript], img").count() == 0
    assert gateway.root.get_attribute("style") is None
    assert page.title() == "Checkout"
    page.unroute_all(behavior="wait")


def test_the_merchants_colour_and_logo_are_shown(mock: MockServer, shop: Shop, page: Page) -> None:
    dress(mock, display_name="Café Zwölf", colour="#ffd400", logo_url=f"{mock.url}/assets/icon.svg")
    gateway = Gateway(page).open(shop.create(partner="partner-only")["sessionUrl"]).at("bank")
    expect(gateway.root.locator(".merchant")).to_have_text("Café Zwölf")
    assert gateway.root.locator("img.logo").evaluate(
        "image => image.decode().then(() => image.naturalWidth > 0)"
    )
    button = gateway.button("Continue")
    expect(button).to_have_css("background-color", "rgb(255, 212, 0)")
    expect(button).to_have_css("color", "rgb(0, 0, 0)")


def test_a_returning_customer_finds_the_bank_of_last_time_first_and_chosen(
    mock: MockServer, shop: Shop, page: Page
) -> None:
    mock.pay(shop.create(userId="returning"), "waiting")
    mock.clock.advance(days=1)
    gateway = Gateway(page).open(shop.create(userId="returning")["sessionUrl"]).at("bank")
    first = page.locator(".banks .choice").first
    expect(first).to_contain_text(re.compile(r"Tomorrow Bank.*DE\d\d •••• \d{4}"))
    expect(first.get_by_role("radio")).to_be_checked()
    gateway.button("Continue with Tomorrow Bank").click()
    gateway.at("consent")


def test_no_page_can_frame_the_checkout(shop: Shop, page: Page, watch: Watch) -> None:
    watch.expected.append("frame-ancestors")
    session = shop.create()
    page.goto(f"{shop.mock.url}/checkout/unknown")
    framing = page.context.new_page()
    framing.goto("about:blank")
    framing.set_content(f'<iframe src="{session["sessionUrl"]}"></iframe>')
    framing.wait_for_function("document.querySelector('iframe').contentDocument === null")
    assert all("Pay by bank" not in (frame.text_content("body") or "") for frame in framing.frames[1:])


def test_an_unknown_session_is_told_so_kindly(mock: MockServer, page: Page) -> None:
    answer = page.goto(f"{mock.url}/checkout/never-made")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no such payment")


def dress(mock: MockServer, **appearance: str) -> None:
    """Change how the partner `partner-only` appears to its payers."""
    storage = mock._running.storage
    with storage.transaction() as transaction:
        transaction.add_partner(replace(transaction.partner("partner-only"), **appearance))  # type: ignore[arg-type]  # text all
