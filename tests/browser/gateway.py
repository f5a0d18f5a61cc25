"""What a payer does and sees, on the checkout page and in the widget alike."""

from __future__ import annotations

from playwright.sync_api import Locator, Page


class Gateway:
    """The payment on a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.locator(".gateway")

    def open(self, url: str) -> Gateway:
        self.page.goto(url)
        return self

    def at(self, stage: str) -> Gateway:
        """Wait for a screen: identity, amount, bank, consent, waiting, or a final status."""
        self.page.locator(f".gateway[data-stage={stage}]").wait_for()  # `expect` would look ever less often
        return self

    def come_back(self) -> Gateway:
        """Look at the page again after a while, which makes it ask at once how the payment stands."""
        self.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        return self

    def heading(self) -> Locator:
        return self.root.locator(".title:visible")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name)

    def identify(self, *, name: str = "Ada Payer", email: str = "ada@example.com") -> Gateway:
        self.page.get_by_label("Full name").fill(name)
        self.page.get_by_label("Email address").fill(email)
        self.button("Continue").click()
        return self

    def choose(self, bank: str) -> Gateway:
        self.page.get_by_role("radio", name=bank).check()
        self.button(f"Continue with {bank}").click()
        return self

    def approve(self) -> Gateway:
        self.button("Approve payment").click()
        return self

    def cancel(self) -> Gateway:
        self.button("Cancel payment").click()
        self.page.get_by_role("dialog").get_by_role("button", name="Cancel payment").click()
        return self

    def pay(self, bank: str = "Bank of Success") -> Gateway:
        """From the choice of a bank to its end."""
        return self.at("bank").choose(bank).at("consent").approve()
