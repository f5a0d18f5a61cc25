"""The inspector: what a developer sees and does there while a mock server runs.

The pictures are in `artifacts/inspector/`.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from mockserver import MockServer
from tests.browser.pictures import judge
from tests.browser.shop import Session, Shop
from tests.browser.watch import Watch
from tests.project.tree import ROOT

PICTURES = ROOT / "artifacts" / "inspector"
HOSTILE = "<img src=x onerror=alert(1)>\u202e</script><b>bold"

PHONE: ViewportSize = {"width": 390, "height": 844}
LOOKS: Mapping[str, tuple[ViewportSize, Literal["light", "dark"]]] = {
    "desktop-light": ({"width": 1280, "height": 820}, "light"),
    "phone-dark": (PHONE, "dark"),
}
BESIDE_AN_EDITOR: ViewportSize = {"width": 900, "height": 820}


@dataclass(frozen=True)
class Inspector:
    """The page, beside what happens on the server."""

    page: Page
    mock: MockServer
    shop: Shop

    def open(self, place: str = "sessions", *, namespace: str = "default") -> Inspector:
        """Show a view, or something in it, and wait until the page is live."""
        self.page.goto(f"{self.mock.url}/_sandbox/#/{namespace}/{place}")
        shown = ".detail h2" if "/" in place else "h1"
        self.page.locator(shown).wait_for()
        self.page.locator(".live", has_text="Live").wait_for(state="attached")
        return self

    def row(self, identifier: str) -> Locator:
        return self.page.locator(f'.row[href$="/{identifier}"]')

    @property
    def detail(self) -> Locator:
        return self.page.locator(".detail")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def control(self, method: str, path: str, body: object = None, *, namespace: str = "default") -> Any:
        """An answer of the control API in a namespace."""
        return call(self.mock, method, f"{namespace}/{path}", body)

    def refuse(self) -> str:
        """Send a body in other bytes than those that were signed: the identifier of the refused request."""
        document = {"userCountryCode": "DE", "currency": "EUR", "amount": 9.5}
        signed = json.dumps(document, separators=(",", ":")).encode()
        request = urllib.request.Request(
            f"{self.mock.url}/session/hosted",
            data=json.dumps(document).encode(),
            headers={**self.mock.sign(signed), "Content-Type": "application/json"},
        )
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=10)
        refused.value.close()
        identifier: str = refused.value.headers["Request-Id"]
        return identifier

    def delivery_of(self, session: Session, event_type: str) -> str:
        """The identifier of the delivery of an event, once it has been received."""
        self.shop.wait_for(session["sessionId"], event_type)
        found = self.control("GET", f"deliveries?sessionId={session['sessionId']}")["deliveries"]
        return next(str(each["deliveryId"]) for each in found if each["eventType"] == event_type)


def call(mock: MockServer, method: str, path: str, body: object = None) -> Any:
    """An answer of the control API, as another program gets it."""
    request = urllib.request.Request(
        f"{mock.url}/_sandbox/namespaces/{path}".rstrip("/"),
        data=None if body is None else json.dumps(body).encode(),
        method=method,
        headers={} if body is None else {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


@pytest.fixture
def inspector(page: Page, mock: MockServer, shop: Shop) -> Iterator[Inspector]:
    yield Inspector(page, mock, shop)
    for waiting in ("faults", "webhook-behaviours"):
        Inspector(page, mock, shop).control("DELETE", waiting)


def test_a_session_appears_and_is_played_while_one_looks(inspector: Inspector) -> None:
    """Nothing is reloaded: what happens is told by the stream."""
    inspector.open()
    session = inspector.shop.create(amount=7.77)
    row = inspector.row(session["sessionId"])
    expect(row).to_contain_text("Open")
    row.click()
    expect(inspector.detail.locator("h2")).to_have_text("€7.77")
    inspector.button("Success").click()
    expect(inspector.detail.locator(".detail-title")).to_contain_text("Completed")
    expect(row).to_contain_text("Completed")
    moments = inspector.detail.locator(".timeline > li")
    expect(moments).to_have_count(6)
    expect(moments.first).to_contain_text("Session open")
    expect(moments.last).to_contain_text("Session completed")
    expect(moments.last).to_contain_text("Delivered")
    moments.last.get_by_role("link", name="deposit.completed").click()
    expect(inspector.page.locator("h1")).to_have_text("Webhooks")
    expect(inspector.detail.locator("h2")).to_have_text("deposit.completed")


def test_a_payment_is_taken_step_by_step(inspector: Inspector) -> None:
    session = inspector.shop.create()
    inspector.open(f"sessions/{session['sessionId']}")
    inspector.page.get_by_label("Pace", exact=True).select_option("Step by step")
    inspector.button("Insufficient funds").click()
    coming = inspector.detail.locator(".next-title")
    for step in ("The bank begins the payment", "The payer consents", "The payment fails"):
        expect(coming).to_have_text(step)
        inspector.button("Do this step").click()
    expect(inspector.detail.locator(".detail-title")).to_contain_text("Failed")
    expect(inspector.detail.locator(".facts")).to_contain_text("insufficient_funds")
    expect(inspector.button("Do this step")).to_have_count(0)


def test_a_payment_that_others_make_moves_on_the_page(inspector: Inspector) -> None:
    session = inspector.shop.create()
    inspector.open(f"sessions/{session['sessionId']}")
    inspector.mock.pay(session, "refused_by_bank")
    expect(inspector.detail.locator(".timeline > li").last).to_contain_text("Session failed")


def test_a_delivery_is_sent_once_more(inspector: Inspector) -> None:
    session = inspector.shop.create()
    inspector.mock.pay(session)
    delivery = inspector.delivery_of(session, "partner.customer.deposit.completed")
    inspector.open(f"webhooks/{delivery}")
    attempts = inspector.detail.locator(".attempts > li")
    expect(attempts).to_have_count(1)
    before = len(inspector.shop.events_of(session["sessionId"]))
    inspector.button("Resend").click()
    expect(attempts).to_have_count(2)
    expect(attempts.last).to_contain_text("StableMint-Signature")
    expect(attempts.last).to_contain_text("204")
    assert len(inspector.shop.events_of(session["sessionId"])) == before + 1


def test_an_endpoint_is_set_and_taken_away(inspector: Inspector) -> None:
    inspector.open("webhooks")
    place = "partners/partner-only/endpoints"
    inspector.page.get_by_label("partner-only").fill("http://127.0.0.1:9/hooks")
    form = inspector.page.locator("form", has=inspector.page.get_by_label("partner-only"))
    form.get_by_role("button", name="Save").click()
    expect(inspector.page.get_by_text("Saved.")).to_be_visible()
    assert {each["url"] for each in inspector.control("GET", place)["endpoints"]} == {
        "http://127.0.0.1:9/hooks"
    }
    inspector.page.get_by_label("partner-only").fill("")
    form.get_by_role("button", name="Save").click()
    expect(inspector.page.get_by_text("Saved.")).to_have_count(2)
    assert inspector.control("GET", place)["endpoints"] == []


def test_types_with_an_endpoint_of_their_own_are_told_and_kept(inspector: Inspector) -> None:
    """An empty field takes the place of none."""
    own = {"url": f"{inspector.shop.url}/own", "eventTypes": ["transaction.status.changed"]}
    inspector.control("PUT", "partners/demo/endpoints", own)
    inspector.open("webhooks")
    receiver = inspector.page.locator(".receiver", has_text="demo")
    expect(receiver).to_contain_text("7 types go to 2 URLs")
    session = inspector.shop.create()
    inspector.mock.pay(session)
    inspector.mock.clock.advance()
    sent = {
        each["eventType"]: inspector.control("GET", f"deliveries/{each['deliveryId']}")["log"][0]["url"]
        for each in inspector.control("GET", f"deliveries?sessionId={session['sessionId']}")["deliveries"]
    }
    assert sent.pop("transaction.status.changed") == own["url"]
    assert set(sent.values()) == {f"{inspector.shop.url}/webhooks"}
    receiver.get_by_role("button", name="Save").click()
    expect(inspector.page.locator(".said.bad")).to_contain_text("URL that all types are to go to")
    inspector.mock.set_endpoint(f"{inspector.shop.url}/webhooks")


def test_the_clock_is_moved_and_says_what_that_set_off(inspector: Inspector) -> None:
    session = inspector.shop.create()
    inspector.open("clock")
    inspector.button("Freeze").click()
    expect(inspector.page.locator(".face")).to_contain_text("Frozen")
    before = inspector.control("GET", "clock")
    assert before["isFrozen"]
    inspector.button("+31 minutes").click()
    expired = inspector.page.locator(".occurrences a", has_text="Session expired")
    expect(expired.and_(inspector.page.locator(f'[href$="/{session["sessionId"]}"]'))).to_be_visible()
    after = inspector.control("GET", "clock")
    assert after["aheadSeconds"] - before["aheadSeconds"] == pytest.approx(31 * 60, abs=60)
    inspector.page.get_by_label("Advance by", exact=True).fill("2")
    inspector.page.get_by_label("Unit").select_option("hours")
    inspector.button("Advance").click()
    expect(inspector.button("Advance")).not_to_have_attribute("aria-disabled", "true")
    inspector.button("Resume").click()
    expect(inspector.page.locator(".face")).to_contain_text("Running")
    assert inspector.control("GET", "clock")["aheadSeconds"] >= after["aheadSeconds"] + 7_000


def test_the_clock_cannot_be_set_back(inspector: Inspector) -> None:
    inspector.open("clock")
    inspector.page.get_by_label("Set forwards to").fill("2020-01-01T00:00:00")
    inspector.button("Set").click()
    expect(inspector.page.locator(".notes")).to_contain_text("moves forwards alone")


def test_faults_are_added_strike_and_are_cleared(inspector: Inspector) -> None:
    inspector.open("faults")
    panel = inspector.page.locator(".panel", has_text="Add a fault")
    panel.get_by_label("Problem", exact=True).select_option("rate_limited")
    panel.get_by_label("For how many requests").fill("2")
    inspector.button("Add fault").click()
    waiting = panel.locator(".line")
    expect(waiting).to_contain_text("2 times more")
    with pytest.raises(urllib.error.HTTPError) as refused:
        inspector.shop.create()
    refused.value.close()
    assert refused.value.code == 429
    expect(waiting).to_contain_text("once more")
    expect(inspector.page.locator(".count")).to_contain_text("1")
    panel.get_by_role("button", name="Clear all").click()
    expect(waiting).to_have_count(0)
    inspector.shop.create()


def test_a_fault_that_is_wrong_is_explained(inspector: Inspector) -> None:
    inspector.open("faults")
    inspector.page.get_by_label("What happens").first.select_option("Answer with a bare status")
    inspector.page.get_by_label("Status").fill("200")
    inspector.button("Add fault").click()
    expect(inspector.page.locator(".said.bad")).to_contain_text("/status")
    assert inspector.control("GET", "faults")["faults"] == []


def test_webhooks_are_made_to_misbehave(inspector: Inspector) -> None:
    inspector.open("faults")
    panel = inspector.page.locator(".panel", has_text="Add a misbehaviour")
    panel.get_by_label("What happens").select_option("Sign for a time long ago")
    panel.get_by_label("Event").select_option("deposit.completed")
    inspector.button("Add misbehaviour").click()
    expect(panel.locator(".line")).to_contain_text("600 s")
    (waiting,) = inspector.control("GET", "webhook-behaviours")["behaviours"]
    assert waiting["kind"] == "stale_timestamp"
    assert waiting["eventTypes"] == ["partner.customer.deposit.completed"]


def test_what_was_really_sent_stands_with_the_attempt(inspector: Inspector) -> None:
    completed = "partner.customer.deposit.completed"
    inspector.control("POST", "webhook-behaviours", {"kind": "truncated_body", "eventTypes": [completed]})
    session = inspector.shop.create()
    inspector.mock.pay(session)
    deliveries = inspector.control("GET", f"deliveries?sessionId={session['sessionId']}")["deliveries"]
    delivery = next(each["deliveryId"] for each in deliveries if each["eventType"] == completed)
    inspector.open(f"webhooks/{delivery}")
    attempts = inspector.detail.locator(".attempts > li")
    expect(attempts.first).to_contain_text("Truncated body")
    expect(attempts.first).to_contain_text('{"eventId":"')
    inspector.button("Send now").click()
    expect(attempts.last).to_contain_text("204")
    expect(attempts.last).not_to_contain_text("Truncated body")


def test_a_refused_signature_is_diagnosed(inspector: Inspector) -> None:
    inspector.open("requests")
    identifier = inspector.refuse()
    row = inspector.row(identifier)
    expect(row).to_contain_text("invalid_signature")
    row.click()
    diagnosis = inspector.page.get_by_role("region", name="Diagnosis")
    expect(diagnosis.locator("h3")).to_have_text("The JSON was written anew between signing and sending")
    expect(diagnosis).to_contain_text("The first byte that differs is number 19")
    expect(diagnosis.locator("mark")).to_have_count(2)
    expect(diagnosis.locator(".cure")).to_contain_text("Serialise once")
    checks = inspector.detail.locator(".checks li")
    expect(checks.and_(inspector.page.locator(".failed"))).to_have_text("Signaturefailed")
    expect(checks.filter(has_text="ApiKey is known")).to_have_class("passed")
    expect(checks.filter(has_text="Schema")).to_have_class("not_reached")
    shown = inspector.detail.text_content() or ""
    assert not any(partner.api_secret in shown for partner in inspector.mock.partners.values())


def test_what_partners_wrote_is_text_and_nothing_else(inspector: Inspector) -> None:
    session = inspector.shop.create(userId=HOSTILE, websiteReference=HOSTILE, customFields={"note": HOSTILE})
    inspector.open(f"sessions/{session['sessionId']}")
    expect(inspector.detail.locator(".facts")).to_contain_text("<img src=x onerror=alert(1)>")
    inspector.detail.get_by_role("link", name="<img").click()
    expect(inspector.detail.locator("h2")).to_have_text(HOSTILE)
    inspector.mock.pay(session)
    inspector.open(f"webhooks/{inspector.delivery_of(session, 'transaction.status.changed')}")
    expect(inspector.detail.locator(".code")).to_contain_text("onerror=alert(1)")
    assert inspector.page.locator("main :is(img, b, script)").count() == 0


def test_namespaces_are_switched(inspector: Inspector) -> None:
    call(inspector.mock, "POST", "", {"name": "suite-7"})
    inspector.shop.create()
    inspector.open()
    expect(inspector.page.locator(".row").first).to_be_visible()
    inspector.page.get_by_label("Namespace").select_option("suite-7")
    expect(inspector.page.locator("main")).to_contain_text("No sessions yet")
    expect(inspector.page.locator(".live")).to_have_text("Live")
    inspector.page.get_by_role("link", name="Clock", exact=True).click()
    inspector.button("+1 day").click()
    expect(inspector.page.locator(".face")).to_contain_text("1 d ahead of real time")
    assert inspector.control("GET", "clock", namespace="suite-7")["aheadSeconds"] > 86_000
    call(inspector.mock, "DELETE", "suite-7")
    expect(inspector.page.locator("main")).to_contain_text("There is no namespace of that name")
    inspector.page.get_by_role("link", name="Go to the default namespace").click()
    expect(inspector.page.locator(".row").first).to_be_visible()


def test_a_stream_that_breaks_is_opened_again(inspector: Inspector) -> None:
    inspector.open()
    inspector.page.context.set_offline(True)
    expect(inspector.page.locator(".live")).to_have_text("No answer")
    session = inspector.shop.create()
    inspector.page.context.set_offline(False)
    expect(inspector.row(session["sessionId"])).to_be_visible()
    expect(inspector.page.locator(".live")).to_have_text("Live")


def test_it_is_used_by_keyboard_alone(inspector: Inspector) -> None:
    sessions = [inspector.shop.create(), inspector.shop.create()]
    inspector.open()
    expect(inspector.row(sessions[1]["sessionId"])).to_be_visible()
    keyboard = inspector.page.keyboard
    keyboard.press("Tab")
    expect(inspector.button("Skip to the content")).to_be_focused()
    keyboard.press("Enter")
    expect(inspector.page.locator("h1")).to_be_focused()
    keyboard.press("Tab")
    keyboard.press("Tab")
    expect(inspector.row(sessions[1]["sessionId"])).to_be_focused()
    keyboard.press("ArrowDown")
    row = inspector.row(sessions[0]["sessionId"])
    expect(row).to_be_focused()
    inspector.shop.create()
    expect(inspector.page.locator(".row")).not_to_have_count(0)
    keyboard.press("Enter")
    expect(inspector.detail.locator("h2")).to_have_text("€9.50")
    expect(row).to_be_focused()
    expect(row).to_have_attribute("aria-current", "true")


def test_on_a_phone_one_thing_is_shown_at_a_time(inspector: Inspector) -> None:
    inspector.page.set_viewport_size(PHONE)
    session = inspector.shop.create()
    inspector.open()
    inspector.row(session["sessionId"]).click()
    expect(inspector.detail.locator("h2")).to_be_focused()
    expect(inspector.page.locator(".rows")).not_to_be_visible()
    inspector.detail.get_by_role("link", name="Sessions").click()
    expect(inspector.row(session["sessionId"])).to_be_visible()
    expect(inspector.page.locator("h1")).to_be_focused()


def test_behind_a_proxy_it_asks_for_the_token(page: Page, watch: Watch) -> None:
    """The token is sent with every request, the stream's too."""
    with MockServer(control_token="open-sesame") as guarded:
        watch.expected.append(f"left its origins for {guarded.url}/")
        page.set_extra_http_headers({"X-Forwarded-For": "192.0.2.7"})
        try:
            page.goto(f"{guarded.url}/_sandbox/")
            for token in ("wrong", "open-sesame"):
                page.get_by_label("Control token").fill(token)
                page.get_by_role("button", name="Open").click()
            expect(page.locator(".live")).to_have_text("Live")
        finally:
            page.set_extra_http_headers({})
            page.goto("about:blank")


def sessions(to: Inspector) -> None:
    to.open("sessions")


def session_to_play(to: Inspector) -> None:
    to.open(f"sessions/{to.shop.create()['sessionId']}")


def session_with_timeline(to: Inspector) -> None:
    session = to.shop.create()
    to.mock.pay(session)
    to.delivery_of(session, "partner.customer.deposit.completed")
    to.open(f"sessions/{session['sessionId']}")


def requests(to: Inspector) -> None:
    to.refuse()
    to.open("requests")


def request_with_diagnosis(to: Inspector) -> None:
    to.open(f"requests/{to.refuse()}")


def webhooks(to: Inspector) -> None:
    to.open("webhooks")


def webhook(to: Inspector) -> None:
    session = to.shop.create()
    to.mock.pay(session)
    to.open(f"webhooks/{to.delivery_of(session, 'partner.customer.deposit.completed')}")


def customer(to: Inspector) -> None:
    session = to.shop.create(userId="returning-customer")
    to.mock.pay(session)
    listed = to.control("GET", "customers")["customers"]
    to.open(f"customers/{next(each['customerId'] for each in listed if each['userId'] == session['userId'])}")


def faults(to: Inspector) -> None:
    to.control("POST", "faults", {"code": "rate_limited", "times": 3, "match": {"path": "/session/never*"}})
    to.control("POST", "webhook-behaviours", {"kind": "reorder", "partner": "managed-only"})
    to.open("faults")


def clock(to: Inspector) -> None:
    to.open("clock")
    to.button("+1 minute").click()
    expect(to.page.get_by_role("heading", name="What the last move set off")).to_be_visible()


def nowhere(to: Inspector) -> None:
    to.page.goto(f"{to.mock.url}/_sandbox/#/never-made/sessions")
    to.page.get_by_role("heading", name="There is no namespace").wait_for()


SCREENS: tuple[Callable[[Inspector], None], ...] = (
    sessions,
    session_to_play,
    session_with_timeline,
    requests,
    request_with_diagnosis,
    webhooks,
    webhook,
    customer,
    faults,
    clock,
    nowhere,
)


@pytest.fixture(scope="module")
def populated(mock: MockServer, shop: Shop) -> None:
    """A few sessions of every kind, and nothing of other tests."""
    call(mock, "POST", "default/reset")
    for outcome in ("waiting", "refused_by_bank", "success", "insufficient_funds"):
        mock.pay(shop.create(), outcome)
    shop.create("/session/hosted", amount=4.2)


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.__name__)
def test_a_view_is_accessible(
    inspector: Inspector, populated: None, screen: Callable[[Inspector], None], axe: str
) -> None:
    """No rule of WCAG 2.2 A and AA that axe can decide is broken, and nothing sticks out at the side."""
    page = inspector.page
    screen(inspector)
    PICTURES.mkdir(parents=True, exist_ok=True)
    for look, (size, scheme) in LOOKS.items():
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.screenshot(path=PICTURES / f"{screen.__name__}-{look}.png")
        assert judge(page, axe) == [], look
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), look
    page.set_viewport_size(BESIDE_AN_EDITOR)
    page.screenshot(path=PICTURES / f"{screen.__name__}-beside-an-editor-dark.png")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
