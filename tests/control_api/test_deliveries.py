"""Endpoints, the log of every attempt, and sending once more."""

from __future__ import annotations

import json

from reference_impl.domain.events import EventType
from tests.control_api.control import Control
from tests.control_api.receiver import Receiver, listen

STATUS_CHANGED = "transaction.status.changed"


def test_endpoints_are_set_and_removed_for_each_type(sandbox: Control) -> None:
    one, other = "http://localhost:3000/one", "https://partner.example:8443/other?x=%5By%5D#z"

    def urls() -> dict[str, str]:
        listed = sandbox.get("/partners/demo/endpoints")["endpoints"]
        return {endpoint["eventType"]: endpoint["url"] for endpoint in listed}

    assert urls() == {}
    sandbox.deliver_to(one)
    everywhere = {str(event_type): one for event_type in EventType}
    assert urls() == everywhere
    sandbox.deliver_to(other, event_types=[STATUS_CHANGED])
    assert urls() == {**everywhere, STATUS_CHANGED: other}
    sandbox.delete(f"/partners/demo/endpoints?eventType={STATUS_CHANGED}")
    assert STATUS_CHANGED not in urls()
    assert len(urls()) == 6
    sandbox.delete("/partners/demo/endpoints")
    assert urls() == {}


def test_endpoints_are_each_partners_own(sandbox: Control, receiver: Receiver) -> None:
    sandbox.deliver_to(receiver.url, partner="partner-only")
    sandbox.play(sandbox.new_session(partner="demo"))
    assert {delivery["status"] for delivery in sandbox.deliveries()} == {"not_configured"}
    sandbox.play(sandbox.new_session(partner="partner-only"))
    assert receiver.take().document["data"]["partnerName"] == "partner-only"


def test_every_webhook_is_signed_with_the_published_key(sandbox: Control, receiver: Receiver) -> None:
    sandbox.deliver_to(receiver.url)
    sandbox.play(sandbox.new_session())
    sandbox.advance()
    key = sandbox.get("/limits")["webhookPublicKey"]
    received = receiver.take_all()
    assert len(received) == 7
    assert all(webhook.is_signed(key) for webhook in received)


def test_the_log_shows_request_and_answer_of_every_attempt(sandbox: Control, receiver: Receiver) -> None:
    sandbox.deliver_to(receiver.url, event_types=[STATUS_CHANGED])
    receiver.answer([500])
    sandbox.new_session()
    sandbox.advance(minutes=36)
    (delivery,) = sandbox.deliveries()
    detail = sandbox.get(f"/deliveries/{delivery['deliveryId']}")
    first, second = receiver.take_all()
    assert detail["body"] == first.document
    assert [(attempt["number"], attempt["answerStatus"]) for attempt in detail["log"]] == [(1, 500), (2, 204)]
    for attempt, webhook in zip(detail["log"], (first, second), strict=True):
        assert attempt["url"] == receiver.url
        assert attempt["requestHeaders"]["StableMint-Signature"] == webhook.fields["stablemint-signature"]
        assert attempt["error"] is None


def test_a_receiver_that_is_not_there_is_logged_with_why(sandbox: Control) -> None:
    with listen() as gone:
        url = gone.url
    sandbox.deliver_to(url, event_types=[STATUS_CHANGED])
    sandbox.new_session()
    sandbox.advance(minutes=30)
    (delivery,) = sandbox.deliveries()
    (attempt,) = sandbox.get(f"/deliveries/{delivery['deliveryId']}")["log"]
    assert attempt["answerStatus"] is None
    assert "Connect" in attempt["error"]
    assert (delivery["status"], delivery["attempts"]) == ("pending", 1)


def test_a_resend_keeps_event_and_body_and_is_signed_afresh(sandbox: Control, receiver: Receiver) -> None:
    """HOOK-18, HOOK-19."""
    sandbox.deliver_to(receiver.url)
    sandbox.play(sandbox.new_session(customFields={"order": "7 ü"}))
    sandbox.advance()
    sent = {webhook.document["eventId"]: webhook for webhook in receiver.take_all()}
    assert len(sent) == 7
    for delivery in sandbox.deliveries():
        due = sandbox.post(f"/deliveries/{delivery['deliveryId']}/resend")
        assert (due["status"], due["attempts"], due["eventId"]) == ("pending", 0, delivery["eventId"])
        again = receiver.take()
        first = sent[delivery["eventId"]]
        assert again.body == first.body
        assert again.fields["stablemint-timestamp"] > first.fields["stablemint-timestamp"]
        assert again.is_signed(sandbox.get("/limits")["webhookPublicKey"])
    sandbox.advance()
    assert {delivery["status"] for delivery in sandbox.deliveries()} == {"delivered"}
    assert receiver.take_all() == []


def test_a_resend_goes_where_the_endpoint_is_now(sandbox: Control, receiver: Receiver) -> None:
    sandbox.deliver_to(receiver.url, event_types=[STATUS_CHANGED])
    sandbox.new_session()
    sandbox.advance(minutes=30)
    first = receiver.take()
    with listen() as other:
        sandbox.deliver_to(other.url)
        (delivery,) = sandbox.deliveries()
        sandbox.post(f"/deliveries/{delivery['deliveryId']}/resend")
        assert other.take().body == first.body
    assert receiver.take_all() == []


def test_a_resend_that_fails_begins_the_schedule_anew(sandbox: Control, receiver: Receiver) -> None:
    sandbox.deliver_to(receiver.url, event_types=[STATUS_CHANGED])
    receiver.answer([500] * 7)
    sandbox.new_session()
    sandbox.post("/clock/freeze")
    sandbox.advance(hours=5)
    (failed,) = sandbox.deliveries(status="failed")
    sandbox.post(f"/deliveries/{failed['deliveryId']}/resend")
    resent = sandbox.advance(minutes=5)["occurrences"]
    # The resend itself, made in the background or by the move, and its first retry, 5 minutes later.
    assert (resent[-1]["attempt"], resent[-1]["answerStatus"]) == (2, 204)
    log = sandbox.get(f"/deliveries/{failed['deliveryId']}")["log"]
    assert [attempt["number"] for attempt in log] == [1, 2, 3, 4, 5, 6, 1, 2]


def test_all_failed_deliveries_are_sent_once_more(sandbox: Control, receiver: Receiver) -> None:
    for partner in ("demo", "partner-only"):
        sandbox.deliver_to(receiver.url, partner=partner, event_types=[STATUS_CHANGED])
    receiver.answer([500] * 18)
    one, other, third = (sandbox.new_session(partner=partner) for partner in ("demo", "demo", "partner-only"))
    sandbox.advance(hours=5)
    assert len(sandbox.deliveries(status="failed")) == 3
    receiver.take_all()

    def resend(query: str) -> list[str]:
        due = sandbox.post(f"/deliveries/resend-failed{query}")["deliveries"]
        return [delivery["sessionId"] for delivery in due]

    assert resend(f"?sessionId={one}") == [one]
    assert resend("?partner=partner-only") == [third]
    assert resend("") == [other]
    assert resend("") == []
    sandbox.advance()
    assert {webhook.document["data"]["sessionId"] for webhook in receiver.take_all()} == {one, other, third}
    assert sandbox.deliveries(status="failed") == []


def test_what_had_no_endpoint_is_never_sent(sandbox: Control, receiver: Receiver) -> None:
    """HOOK-22: neither when one is set later, nor on demand."""
    sandbox.new_session()
    sandbox.advance(minutes=30)
    (delivery,) = sandbox.deliveries(status="not_configured")
    sandbox.deliver_to(receiver.url)
    reply = sandbox.ask("POST", f"/deliveries/{delivery['deliveryId']}/resend")
    assert (reply.status, reply.code) == (409, "not_resendable")
    sandbox.post("/deliveries/resend-failed")
    sandbox.advance(days=1)
    assert receiver.take_all() == []


def test_a_removed_endpoint_fails_what_is_pending(sandbox: Control, receiver: Receiver) -> None:
    """HOOK-23."""
    sandbox.deliver_to(receiver.url, event_types=[STATUS_CHANGED])
    receiver.answer([500])
    sandbox.new_session()
    sandbox.advance(minutes=31)
    sandbox.delete("/partners/demo/endpoints")
    (found,) = sandbox.advance(minutes=5)["occurrences"]
    assert (found["deliveryStatus"], found["attempt"], found["url"]) == ("failed", None, None)
    assert len(receiver.take_all()) == 1


def test_deliveries_are_listed_by_partner_session_and_status(sandbox: Control, receiver: Receiver) -> None:
    sandbox.deliver_to(receiver.url, partner="partner-only")
    one = sandbox.new_session(partner="partner-only")
    other = sandbox.new_session()
    sandbox.play(one)
    sandbox.play(other)
    sandbox.advance()
    assert len(sandbox.deliveries()) == 14
    assert {delivery["sessionId"] for delivery in sandbox.deliveries(partner="demo")} == {other}
    assert len(sandbox.deliveries(sessionId=one, status="delivered")) == 7
    assert len(sandbox.get("/deliveries?limit=3")["deliveries"]) == 3


def test_who_the_payer_is_is_masked_even_where_a_receiver_repeats_it(sandbox: Control) -> None:
    """The receiver gets it; the log does not show it, neither in what was sent nor in what came back."""
    kyc = {"fullName": 'Zoë "Z" Quill\\', "residenceAddress": "7 Canary Row", "citizenshipCountryCode": "SE"}
    with listen(echo=True) as receiver:
        sandbox.deliver_to(receiver.url)
        sandbox.play(sandbox.new_session(userEmail="zoe@mail.example", userKyc=kyc))
        sandbox.advance()
        received = receiver.take_all()
    created = next(webhook for webhook in received if webhook.event_type.endswith("deposit.created"))
    assert created.document["data"]["customerFullName"] == kyc["fullName"]
    for delivery in sandbox.deliveries():
        reply = sandbox.ask("GET", f"/deliveries/{delivery['deliveryId']}")
        shown = reply.body.decode()
        (attempt,) = reply.document["log"]
        assert attempt["answerBody"].startswith('{"eventId"')
        for private in ("Zoë", "Quill", json.dumps("Zoë")[1:-1], "Canary", "zoe@"):
            assert private not in shown
        data = reply.document["body"]["data"]
        assert data.get("customerEmail", "•••") == "•••"
        assert data.get("customerCitizenshipCountryCode", "•••") == "•••"


def test_identity_that_no_event_names_is_masked_where_a_partner_put_it_into_its_own_fields(
    sandbox: Control,
) -> None:
    """ERR-10: in what was sent, and in what a receiver repeats of it."""
    own = {"for": "born 1971-07-13", "call": "+4915112345678"}
    kyc = {"dateOfBirth": "1971-07-13", "mobilePhone": "+4915112345678"}
    with listen(echo=True) as receiver:
        sandbox.deliver_to(receiver.url)
        sandbox.play(sandbox.new_session(userKyc=kyc, customFields=own, websiteReference="ü+4915112345678"))
        sandbox.advance()
        assert receiver.take_all()[0].document["data"]["customFields"] == own
    for delivery in sandbox.deliveries():
        shown = sandbox.get(f"/deliveries/{delivery['deliveryId']}")
        assert shown["body"]["data"]["customFields"] == {"for": "born •••", "call": "•••"}
        assert shown["body"]["data"]["websiteReference"] == "ü•••"
        assert "1971-07-13" not in str(shown)
        assert "4915112345678" not in str(shown)
