"""A payment in either place where a payer makes one: the checkout page, or the widget at a partner's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from playwright.sync_api import Page, expect

from tests.browser.gateway import Gateway
from tests.browser.shop import Session, Shop

Place = Literal["checkout", "widget"]
PLACES: tuple[Place, ...] = get_args(Place)

_CREATION = {
    "checkout": "/session/hosted/partner-managed-customer",
    "widget": "/session/embedded/partner-managed-customer",
}


@dataclass(frozen=True)
class Payment:
    """A session, and the page of a browser on which it is to be paid."""

    place: Place
    shop: Shop
    page: Page
    session: Session
    shop_page: str
    """Where the partner leads to the payment, or has embedded it."""

    @property
    def session_id(self) -> str:
        session_id: str = self.session["sessionId"]
        return session_id

    @property
    def url(self) -> str:
        """Where the payment itself is."""
        return self.session["sessionUrl"] if self.place == "checkout" else self.shop_page

    @property
    def gateway(self) -> Gateway:
        return Gateway(self.page)

    def begin(self) -> Gateway:
        """From the partner's page, as a payer comes to it."""
        self.page.goto(self.shop_page)
        if self.place == "checkout":
            self.page.get_by_role("link", name="Pay").click()
        return self.gateway

    def go_back(self, final: str) -> None:
        """From the last screen to the partner, whose look-up says how the session ended."""
        is_paid_here = final == "completed" and self.place == "widget"
        self.gateway.button("Continue" if is_paid_here else "Return to demo").click()
        if self.place == "widget":
            self.page.wait_for_url(f"{self.shop.url}/order?*")
        else:
            self.page.wait_for_url(f"{self.shop.url}/{'success' if final == 'completed' else 'error'}?*")
        expect(self.page.get_by_text(f"Your order is {final}")).to_be_visible()


def a_payment(place: Place, shop: Shop, page: Page) -> Payment:
    """A new one, not yet begun."""
    session = shop.create(_CREATION[place])
    shop_page = shop.show(session) if place == "checkout" else shop.sell(session)
    return Payment(place, shop, page, session, shop_page)
