"""Webhooks that misbehave, as a receiver sees them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.control_api.control import Control
from tests.control_api.receiver import Received, Receiver

COMPLETED = "partner.customer.deposit.completed"
CREATED = "partner.customer.deposit.created"
STATUS_CHANGED = "transaction.status.changed"


def misbehave(sandbox: Control, receiver: Receiver, kind: str, **how: Any) -> list[Received]:
    """The webhooks of one paid session, one of which misbehaves, in the order in which they came."""
    sandbox.deliver_to(receiver.url)
    how.setdefault("eventTypes", [COMPLETED])
    added = sandbox.post("/webhook-behaviours", {"kind": kind, **how})
    assert added["kind"] == kind
    sandbox.play(sandbox.new_session())
    sandbox.advance()
    assert sandbox.get("/webhook-behaviours") == {"behaviours": []}
    return receiver.take_all()


def logged(sandbox: Control, event_type: str) -> tuple[Any, list[Any]]:
    """The delivery of what misbehaved, and what was sent of it."""
    (delivery,) = (each for each in sandbox.deliveries() if each["eventType"] == event_type)
    return delivery, sandbox.get(f"/deliveries/{delivery['deliveryId']}")["log"]


def key(sandbox: Control) -> str:
    public_key: str = sandbox.get("/limits")["webhookPublicKey"]
    return public_key


def test_a_duplicate_is_the_same_event_twice_each_signed(sandbox: Control, receiver: Receiver) -> None:
    received = misbehave(sandbox, receiver, "duplicate")
    assert len(received) == 8
    first, second = (webhook for webhook in received if webhook.event_type == COMPLETED)
    assert first.body == second.body
    assert first.is_signed(key(sandbox))
    assert second.is_signed(key(sandbox))
    delivery, log = logged(sandbox, COMPLETED)
    assert (delivery["status"], delivery["attempts"]) == ("delivered", 1)
    assert [(sent["number"], sent["behaviour"], sent["answerStatus"]) for sent in log] == [
        (1, "duplicate", 204)
    ] * 2
    assert [sent["requestHeaders"]["StableMint-Signature"] for sent in log] == [
        webhook.fields["stablemint-signature"] for webhook in (first, second)
    ]


def test_of_a_duplicate_it_is_the_first_answer_that_counts(sandbox: Control, receiver: Receiver) -> None:
    """As of one that was lost on the way, and of which the sender knows nothing."""
    sandbox.deliver_to(receiver.url, event_types=[COMPLETED])
    receiver.answer([500, 204])
    sandbox.post("/webhook-behaviours", {"kind": "duplicate"})
    sandbox.play(sandbox.new_session())
    sandbox.advance()
    delivery, log = logged(sandbox, COMPLETED)
    assert (delivery["status"], delivery["attempts"]) == ("pending", 1)
    assert [(sent["number"], sent["answerStatus"]) for sent in log] == [(1, 500), (1, 204)]


def test_a_wrong_signature_does_not_verify_and_the_retry_does(sandbox: Control, receiver: Receiver) -> None:
    received = misbehave(sandbox, receiver, "wrong_signature")
    assert {webhook.event_type for webhook in received if not webhook.is_signed(key(sandbox))} == {COMPLETED}
    delivery = next(found for found in sandbox.deliveries() if found["eventType"] == COMPLETED)
    sandbox.post(f"/deliveries/{delivery['deliveryId']}/resend")
    assert receiver.take().is_signed(key(sandbox))
    sandbox.advance()
    _, log = logged(sandbox, COMPLETED)
    assert [(sent["behaviour"], sent["requestBody"]) for sent in log] == [
        ("wrong_signature", None),
        (None, None),
    ]


def test_a_stale_time_stamp_is_signed_correctly_for_long_ago(sandbox: Control, receiver: Receiver) -> None:
    """A receiver that verifies the signature alone lets it through; the window of 300 s does not."""
    received = misbehave(sandbox, receiver, "stale_timestamp", seconds=3600)
    (stale,) = (webhook for webhook in received if webhook.age > timedelta(seconds=300))
    assert stale.event_type == COMPLETED
    assert stale.is_signed(key(sandbox))
    assert stale.age >= timedelta(hours=1)
    _, (sent,) = logged(sandbox, COMPLETED)
    assert sent["behaviour"] == "stale_timestamp"
    assert sent["requestHeaders"]["StableMint-Timestamp"] == stale.fields["stablemint-timestamp"]


def test_a_truncated_body_is_the_first_half_of_what_was_signed(sandbox: Control, receiver: Receiver) -> None:
    received = misbehave(sandbox, receiver, "truncated_body")
    (truncated,) = (webhook for webhook in received if not webhook.body.endswith(b"}}"))
    delivery = next(found for found in sandbox.deliveries() if found["eventType"] == COMPLETED)
    sandbox.post(f"/deliveries/{delivery['deliveryId']}/resend")
    whole = receiver.take().body
    assert truncated.body == whole[: len(whole) // 2]
    assert not truncated.is_signed(key(sandbox))
    sandbox.advance()
    _, (first, second) = logged(sandbox, COMPLETED)
    assert (second["behaviour"], second["requestBody"]) == (None, None)
    assert first["behaviour"] == "truncated_body"
    shown = first["requestBody"].removesuffix("•••")
    assert shown
    assert truncated.body.decode().startswith(shown)


def test_of_a_truncated_body_the_log_shows_nothing_of_who_the_payer_is(
    sandbox: Control, receiver: Receiver
) -> None:
    """ERR-10: cut in the middle of the name, which then is not found by its value."""
    kyc = {"fullName": "Zoë Quill, " * 18, "residenceAddress": "7 Canary Row, " * 35}
    sandbox.deliver_to(receiver.url, event_types=[CREATED])
    sandbox.post("/webhook-behaviours", {"kind": "truncated_body"})
    sandbox.play(sandbox.new_session(userKyc=kyc))
    sandbox.advance()
    sent = receiver.take().body.decode()
    assert '"Zoë Quill, Zoë' in sent
    assert sent.count('"') % 2 == 1
    _, (attempt,) = logged(sandbox, CREATED)
    assert "Zoë" not in attempt["requestBody"]
    assert attempt["requestBody"].endswith('"customerFullName":•••')


def test_reordered_it_comes_after_another_of_the_partner(sandbox: Control, receiver: Receiver) -> None:
    """Held back until then: the status event of the same transition overtakes the deposit's."""
    sandbox.deliver_to(receiver.url, event_types=[COMPLETED])
    session_id = sandbox.new_session()
    sandbox.post("/webhook-behaviours", {"kind": "reorder", "seconds": 20, "eventTypes": [COMPLETED]})
    sandbox.play(session_id)
    assert receiver.take_all() == []
    sandbox.deliver_to(receiver.url)
    sandbox.play(sandbox.new_session(), outcome="risk_declined")
    sandbox.advance()
    order = [webhook.event_type for webhook in receiver.take_all()]
    assert COMPLETED in order
    assert order.index(COMPLETED) > 0


def test_held_back_it_comes_by_itself_where_no_other_follows(sandbox: Control, receiver: Receiver) -> None:
    sandbox.deliver_to(receiver.url, event_types=[COMPLETED])
    sandbox.post("/webhook-behaviours", {"kind": "reorder", "seconds": 0.1})
    sandbox.play(sandbox.new_session())
    assert receiver.take().event_type == COMPLETED


def test_a_delay_holds_up_that_attempt_and_no_other(sandbox: Control, receiver: Receiver) -> None:
    received = misbehave(sandbox, receiver, "delay", seconds=1.5)
    assert len(received) == 7
    assert received[-1].event_type == COMPLETED


def test_it_concerns_the_types_and_the_partner_that_were_named(sandbox: Control, receiver: Receiver) -> None:
    for partner in ("demo", "partner-only"):
        sandbox.deliver_to(receiver.url, partner=partner)
    sandbox.post("/webhook-behaviours", {"kind": "duplicate", "partner": "partner-only", "times": 2})
    sandbox.play(sandbox.new_session(partner="demo"))
    sandbox.advance()
    assert len(receiver.take_all()) == 7
    assert sandbox.get("/webhook-behaviours")["behaviours"][0]["remaining"] == 2
    sandbox.play(sandbox.new_session(partner="partner-only"))
    sandbox.advance()
    assert len(receiver.take_all()) == 9


def test_cleared_it_does_nothing(sandbox: Control, receiver: Receiver) -> None:
    sandbox.deliver_to(receiver.url)
    sandbox.post("/webhook-behaviours", {"kind": "duplicate", "times": 100})
    assert sandbox.delete("/webhook-behaviours") == {"cleared": 1}
    sandbox.play(sandbox.new_session())
    sandbox.advance()
    assert len(receiver.take_all()) == 7


def test_a_behaviour_for_a_partner_that_is_not_there_is_refused(sandbox: Control) -> None:
    reply = sandbox.ask("POST", "/webhook-behaviours", {"kind": "duplicate", "partner": "nobody"})
    assert (reply.status, reply.code, reply.pointers) == (400, "invalid_request", {"/partner"})
    assert sandbox.get("/webhook-behaviours") == {"behaviours": []}
