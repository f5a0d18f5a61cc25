"""Checkout page and widget when all goes as it should not: doubts, delays, lost answers and second tabs."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from mockserver import MockServer
from tests.browser.gateway import Gateway
from tests.browser.held import Held
from tests.browser.payment import PLACES, Payment, a_payment
from tests.browser.shop import Shop
from tests.browser.watch import READS, STEPS, Watch


@pytest.fixture(params=PLACES)
def payment(request: pytest.FixtureRequest, shop: Shop, page: Page) -> Payment:
    """A new session, which is to be paid in either place."""
    return a_payment(request.param, shop, page)


@pytest.fixture
def bank_screen(payment: Payment) -> Gateway:
    """The session, opened at the choice of the bank."""
    return payment.gateway.open(payment.url).at("bank")


@pytest.fixture
def other_tab(payment: Payment) -> Iterator[Gateway]:
    """The same payment in a second tab."""
    page = payment.page.context.new_page()
    yield Gateway(page).open(payment.url).at("bank")
    page.close()


def test_a_double_click_makes_one_deposit(bank_screen: Gateway, watch: Watch) -> None:
    bank_screen.page.get_by_role("radio", name="Bank of Success").check()
    bank_screen.button("Continue with").dblclick()
    bank_screen.at("consent").button("Approve payment").dblclick()
    bank_screen.at("completed")
    assert watch.steps == ["deposit", "consent"]


def test_a_slow_bank_is_waited_for_in_patience(bank_screen: Gateway) -> None:
    page = bank_screen.page
    held = Held(page, STEPS)
    bank_screen.choose("Bank of Success")
    busy = bank_screen.button("Connecting to your bank")
    expect(busy).to_have_attribute("aria-disabled", "true")
    expect(page.get_by_text("Your bank takes longer than usual.")).to_be_visible()
    busy.click(force=True)
    held.let_go()
    bank_screen.at("consent")


def test_the_page_waits_for_the_connection_and_goes_on(bank_screen: Gateway) -> None:
    page = bank_screen.page
    page.context.set_offline(True)
    expect(page.get_by_text("You are offline.")).to_be_visible()
    page.get_by_role("radio", name="Bank of Success").check()
    bank_screen.button("Continue with").click()
    expect(page.get_by_text("We could not reach the payment service")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_text("You are offline.")).to_be_hidden()
    expect(page.get_by_role("radio", name="Bank of Success")).to_be_checked()
    page.get_by_role("button", name="Try again").click()
    bank_screen.at("consent")


def test_a_step_whose_answer_was_lost_is_not_made_twice(bank_screen: Gateway, watch: Watch) -> None:
    """The deposit is made, its answer never arrives: the next look finds it."""
    page = bank_screen.page

    def lose(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    page.route(STEPS, lose, times=1)
    bank_screen.choose("Bank of Success").at("consent")
    expect(page.get_by_text("We could not reach")).to_be_hidden()
    assert watch.steps == ["deposit"]


@pytest.mark.parametrize("status", [500, 429])
def test_a_server_in_trouble_can_be_tried_again(bank_screen: Gateway, status: int) -> None:
    page = bank_screen.page
    answer = {"status": status, "headers": {"Access-Control-Allow-Origin": "*"}}
    page.route(STEPS, lambda route: route.fulfill(**answer, json={"code": "whatever"}), times=1)
    bank_screen.choose("Bank of Success")
    expect(page.get_by_text("Nothing is paid twice if you try again.")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    bank_screen.at("consent")


def test_a_page_that_cannot_load_its_session_keeps_trying(payment: Payment) -> None:
    page = payment.page
    page.route(READS, lambda route: route.fulfill(status=503, body="no JSON at all"))
    gateway = payment.gateway.open(payment.url).at("loading")
    expect(page.get_by_text("We keep trying.")).to_be_visible()
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    gateway.at("bank")


@pytest.mark.parametrize(
    ("bank", "screen"), [("Bank of Success", "consent"), ("Slow & Steady Bank", "waiting")]
)
def test_a_reload_in_mid_payment_shows_where_it_stands(bank_screen: Gateway, bank: str, screen: str) -> None:
    bank_screen.choose(bank).at("consent")
    if screen == "waiting":
        bank_screen.approve().at("waiting")
    bank_screen.page.reload()
    bank_screen.at(screen)


def test_a_second_tab_follows_the_first(bank_screen: Gateway, other_tab: Gateway) -> None:
    bank_screen.choose("Bank of Success").at("consent")
    other_tab.come_back().at("consent").approve().at("completed")
    bank_screen.at("completed")


def test_a_second_tab_that_is_behind_makes_no_second_deposit(
    payment: Payment, bank_screen: Gateway, other_tab: Gateway
) -> None:
    held = Held(other_tab.page, READS)
    bank_screen.choose("Bank of Success").at("consent")
    with other_tab.page.expect_response(STEPS) as refused:
        other_tab.choose("Refusal Savings Bank")
    assert refused.value.status == 409
    held.let_go()
    expect(other_tab.at("consent").root).to_contain_text("Bank of Success")
    assert payment.shop.look_up(payment.session_id)["deposit"]["status"] == "initiated"


def test_a_session_expires_under_the_payers_eyes(
    mock: MockServer, payment: Payment, bank_screen: Gateway
) -> None:
    mock.clock.advance(minutes=29, seconds=57)
    bank_screen.come_back()
    expect(payment.page.get_by_role("timer")).to_have_text(re.compile(r"Time left 0:0\d"))
    expect(payment.page.get_by_role("status").filter(has_text="One minute left to pay.")).to_be_attached()
    bank_screen.at("expired")
    assert payment.shop.look_up(payment.session_id)["status"] == "expired"
    payment.go_back("expired")


def test_a_choice_that_comes_too_late_is_told_so(mock: MockServer, bank_screen: Gateway) -> None:
    held = Held(bank_screen.page, READS)
    mock.clock.advance(minutes=31)
    bank_screen.choose("Bank of Success")
    held.let_go()
    bank_screen.at("expired")
