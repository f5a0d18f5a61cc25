"""Every outcome, from the partner's page through checkout page or widget to the webhook and back."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from mockserver import MockServer
from mockserver.embedded import EmbeddedClock
from reference_impl.bank.outcomes import OUTCOMES
from reference_impl.domain.deposits import FAILURE_REASONS, FailureCode
from tests.browser.gateway import Gateway
from tests.browser.payment import PLACES, Place, a_payment
from tests.browser.pictures import take_picture
from tests.browser.shop import Shop

SCREENS = {
    "success": ["consent", "completed"],
    "refused_by_bank": ["consent", "failed"],
    "insufficient_funds": ["consent", "failed"],
    "authorisation_timed_out": ["consent", "waiting", "failed"],
    "identity_rejected": ["failed"],
    "risk_declined": ["failed"],
    "amount_mismatch": ["consent", "failed"],
    "processing_error": ["failed"],
    "failed_after_submission": ["consent", "waiting", "failed"],
    "abandoned": ["waiting", "failed"],
    "accepted_late": ["consent", "waiting", "completed"],
    "waiting": ["consent", "waiting", "completed"],
}
"""What the payer sees of an outcome, from the choice of the bank on."""

HOURS = {"waiting": 24}


def test_every_outcome_is_played() -> None:
    assert set(SCREENS) == set(OUTCOMES)


@pytest.fixture
def frozen(mock: MockServer) -> Iterator[EmbeddedClock]:
    """The session clock, which stands still: nothing comes of time unless a test moves it."""
    mock.clock.freeze()
    yield mock.clock
    mock.clock.resume()


@pytest.mark.parametrize("code", SCREENS)
@pytest.mark.parametrize("place", PLACES)
def test_the_payer_is_shown_an_outcome_and_led_back(
    place: Place, code: str, frozen: EmbeddedClock, shop: Shop, page: Page
) -> None:
    payment = a_payment(place, shop, page)
    gateway = payment.begin().at("bank").choose(OUTCOMES[code].bank_name)
    for screen in SCREENS[code]:
        gateway.at(screen)
        if screen == "consent":
            gateway.approve()
        elif screen == "waiting":
            frozen.advance(hours=HOURS.get(code, 0), minutes=15)
            gateway.come_back()
    final = SCREENS[code][-1]
    if final == "failed":
        failure = shop.wait_for(payment.session_id, "partner.customer.deposit.failed")["failureCode"]
        expect(gateway.root).to_contain_text(FAILURE_REASONS[FailureCode(failure)])
    else:
        shop.wait_for(payment.session_id, "partner.customer.deposit.completed")
    assert shop.look_up(payment.session_id)["status"] == final
    take_picture(page, f"outcome_{code}-{place}")
    payment.go_back(final)


def test_a_payer_who_refuses_at_the_bank_has_not_paid(shop: Shop, page: Page) -> None:
    session = shop.create()
    gateway = Gateway(page).open(session["sessionUrl"]).at("bank").choose("Bank of Success").at("consent")
    gateway.button("Refuse").click()
    gateway.at("failed")
    assert shop.look_up(session["sessionId"])["deposit"]["failureCode"] == "refused_by_bank"


def test_a_stable_mint_managed_payer_identifies_pays_and_is_taken_back(shop: Shop, page: Page) -> None:
    """PAY-09, PAY-10: nothing is appended to the URL, and a look-up made on arrival shows the end."""
    session = shop.create("/session/hosted")
    Gateway(page).open(session["sessionUrl"]).at("identity").identify().pay().at("completed")
    expect(page.get_by_text("Taking you back in 5 seconds")).to_be_visible()
    page.wait_for_url(re.compile(rf"{re.escape(shop.url)}/success\?order=[0-9]+&note=%C3%A4$"))
    expect(page.get_by_text("Your order is completed")).to_be_visible()
    completed = shop.wait_for(session["sessionId"], "partner.customer.deposit.completed")
    assert completed["customerEmail"] == "ada@example.com"
