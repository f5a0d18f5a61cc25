"""The tests: genuine deliveries in every form that the contract allows, and each kind of wrong one."""

import json
from collections.abc import Callable
from typing import Final

from ..signing import signature
from ..skew import EDGE_SECONDS
from . import keys
from .delivery import encode
from .events import Event
from .trial import Trial, is_acknowledged, judges

FRESH_SECONDS: Final = EDGE_SECONDS
STALE_SECONDS: Final = 310
"""On both sides of 300, with room for a request's way and for whole seconds."""
OVERSIZED_BYTES = 2_000_000
UNKNOWN_TYPES = ("partner.customer.deposit.refunded", "partner.account.reviewed", "x")
WIDELY: Final = ("\t,\r\n", " : ")
FORMS: Final[dict[str, Callable[[Event], str]]] = {
    "indented": lambda event: json.dumps(event, ensure_ascii=False, indent=2),
    "members in reverse order": lambda event: encode(_reversed(event)).decode(),
    "some characters as escapes": lambda event: json.dumps(event).replace("-", "\\u002D"),
    "odd white space": lambda event: f"\r\n{json.dumps(event, separators=WIDELY)} \n",
}
"""Ways to write the same event."""


@judges("RECV-01")
def every_event_of_the_document(trial: Trial) -> None:
    """Each example of each type, in the order of a payment."""
    for example, event in trial.events.all():
        trial.acknowledged("RECV-01", trial.send(trial.sign(event)), example.title)


@judges("RECV-01")
def nearly_stale_deliveries(trial: Trial) -> None:
    """The window of 300 seconds is open to its end, on both sides."""
    for age in (FRESH_SECONDS, -FRESH_SECONDS):
        sent = trial.sign(trial.events.any(), age=age)
        trial.acknowledged("RECV-01", trial.send(sent), f"a delivery {_aged(age)}")


@judges("RECV-01", "RECV-03")
def a_refused_delivery_is_sent_again(trial: Trial) -> None:
    """What was refused was not handled: the retry, signed afresh, is to be acknowledged."""
    event = trial.events.any()
    trial.refused("RECV-03", trial.send(trial.sign(event, age=3_600)), f"a delivery {_aged(3_600)}")
    trial.acknowledged("RECV-01", trial.send(trial.sign(event)), "the retry of a delivery that came too late")


@judges("RECV-02")
def tampered_bodies(trial: Trial) -> None:
    """Every change of the bytes, also one that a parser does not see, makes the signature wrong."""
    event = trial.events.deposit()
    changed: dict[str, bytes] = {
        "an amount changed": encode({**event, "data": {**event["data"], "amount": 9_999}}),
        "white space added": encode(event, compact=False),
        "members in another order": encode(_reversed(event)),
        "a final newline added": encode(event) + b"\n",
        "letters written as escapes": json.dumps(event, separators=(",", ":"))
        .replace("-", "\\u002d")
        .encode(),
        "a member added": encode({**event, "extra": True}),
        "nothing left of it": b"",
    }
    for case, body in changed.items():
        sent = trial.sign(event).but(body=body)
        trial.refused("RECV-02", trial.send(sent), f"a body that was tampered with: {case}")


@judges("RECV-02")
def wrong_signatures(trial: Trial) -> None:
    """None, none that can be read, another delivery's, another key's."""
    event = trial.events.any()
    genuine = trial.sign(event)
    stranger = keys.make()
    own = signature(stranger, f"{genuine.timestamp},".encode() + genuine.body)
    wrong: dict[str, str | None] = {
        "no signature": None,
        "an empty signature": "",
        "a signature that is no base64": "****",
        "a signature cut short": (genuine.signature or "")[:-8],
        "another delivery's signature": trial.sign(trial.events.any()).signature,
        "a signature by a key that is not trusted": own,
    }
    for case, value in wrong.items():
        trial.refused("RECV-02", trial.send(genuine.but(signature=value)), case)


@judges("RECV-02")
def the_time_stamp_is_signed(trial: Trial) -> None:
    """A captured delivery with a new time stamp is a forged one."""
    stale = trial.sign(trial.events.any(), age=3_600)
    fresh = trial.sign(stale.body)
    trial.refused(
        "RECV-02", trial.send(stale.but(timestamp=fresh.timestamp)), "an old signature under a new time stamp"
    )
    trial.refused("RECV-02", trial.send(fresh.but(timestamp=None)), "a delivery without StableMint-Timestamp")
    trial.refused(
        "RECV-02", trial.send(fresh.but(timestamp="yesterday")), "a StableMint-Timestamp that is no time"
    )


@judges("RECV-02")
def a_forged_repeat(trial: Trial) -> None:
    """That an event was handled before is no reason to believe who repeats it."""
    genuine = trial.sign(trial.events.any())
    trial.send(genuine)
    trial.refused(
        "RECV-02",
        trial.send(genuine.but(signature=None)),
        "an unsigned delivery with the eventId of one that was handled",
    )


@judges("RECV-02")
def an_oversized_forgery(trial: Trial) -> None:
    """Two million bytes without a signature: refused in any way, and nothing else is harmed."""
    event = trial.events.any()
    padded = encode({**event, "padding": "x" * OVERSIZED_BYTES})
    trial.refused(
        "RECV-02", trial.send(trial.sign(event).but(body=padded)), f"{len(padded):,} bytes, not signed"
    )


@judges("RECV-03")
def stale_deliveries(trial: Trial) -> None:
    """Genuine, and captured long ago; or from a future that has not come."""
    for age in (STALE_SECONDS, 3_600, 86_400, -STALE_SECONDS, -3_600):
        sent = trial.sign(trial.events.any(), age=age)
        trial.refused("RECV-03", trial.send(sent), f"a delivery {_aged(age)}")


@judges("RECV-04")
def deliveries_for_somebody_else(trial: Trial) -> None:
    """One key signs for all partners: what is genuine need not be for this one."""
    for event in (trial.events.any(), trial.events.deposit()):
        kind, data = event["data"]["eventType"], event["data"]
        other = {**data, "partnerName": f"{trial.receiver.partner_name} Two"}
        foreign = {**data, "sessionId": trial.events.unknown_session()}
        for case, members in (
            ("that names another partner", other),
            ("about a session that the receiver did not create", foreign),
            ("of another partner, about a session of its own", {**other, "sessionId": foreign["sessionId"]}),
        ):
            event["eventId"] = trial.events.any()["eventId"]
            sent = trial.sign({**event, "data": members})
            trial.refused("RECV-04", trial.send(sent), f"a {kind} {case}")


@judges("RECV-05")
def repeated_deliveries(trial: Trial) -> None:
    """The same bytes once more, a retry signed afresh, a resend after other events."""
    event = trial.events.deposit()
    sent = trial.sign(event)
    if not is_acknowledged(trial.send(sent)):
        trial.acknowledged("RECV-05", trial.send(sent), "a delivery that is repeated")
        return
    trial.acknowledged("RECV-05", trial.send(sent), "the same delivery once more, byte for byte")
    trial.acknowledged("RECV-05", trial.send(trial.sign(event)), "its retry, signed afresh")
    trial.send(trial.sign(trial.events.any()))
    trial.acknowledged("RECV-05", trial.send(trial.sign(event)), "its resend after another event")


@judges("RECV-05")
def simultaneous_deliveries(trial: Trial) -> None:
    """A retry may come while the first attempt is still at work."""
    event = trial.events.any()
    for exchange in trial.send_together(trial.sign(event), trial.sign(event)):
        trial.acknowledged("RECV-05", exchange, "one of two deliveries of one event at the same time")


@judges("RECV-06")
def unknown_members(trial: Trial) -> None:
    """At the top, in the data, and of any kind."""
    for case, place, members in (
        ("the event", "", {"version": 3, "links": {"self": None}}),
        ("the data", "data", {"fee": 0.25, "tags": ["a", 1, None], "risk": {"score": 7}}),
        ("the data, named like parts of a language", "data", {"__proto__": {"x": 1}, "constructor": "y"}),
    ):
        for event in (trial.events.any(), trial.events.deposit()):
            (event[place] if place else event).update(members)
            kind = event["data"]["eventType"]
            trial.acknowledged(
                "RECV-06", trial.send(trial.sign(event)), f"a {kind} with unknown members in {case}"
            )


@judges("RECV-07")
def events_in_reverse(trial: Trial) -> None:
    """The end of a payment before its beginning."""
    for example, event in reversed(trial.events.all()):
        trial.acknowledged("RECV-07", trial.send(trial.sign(event)), f"{example.title}, the last first")


@judges("RECV-08")
def answers_in_time(trial: Trial) -> None:
    """Ten seconds from the start of connecting to the end of the response head."""
    trial.acknowledged("RECV-08", trial.send(trial.sign(trial.events.any())), "a genuine delivery")


@judges("RECV-09")
def unknown_types(trial: Trial) -> None:
    """What the next version of the contract may tell."""
    for name in UNKNOWN_TYPES:
        event = trial.events.deposit()
        event["data"]["eventType"] = name
        trial.acknowledged("RECV-09", trial.send(trial.sign(event)), f"an event of the unknown type {name}")


@judges("RECV-10")
def the_largest_events(trial: Trial) -> None:
    """Every text as long as the schemas allow, in characters of four bytes."""
    for example, event in trial.events.largest():
        sent = trial.sign(event)
        trial.acknowledged("RECV-10", trial.send(sent), f"{example.title} of {len(sent.body):,} bytes")


@judges("RECV-11")
def field_names_in_any_case(trial: Trial) -> None:
    """HTTP/2 proxies write them small (RFC 9113 8.2), others as they please (RFC 9110 5.1)."""
    for case, names in (("small", str.lower), ("capital", str.upper)):
        exchange = trial.send_with(trial.sign(trial.events.any()), names=names)
        trial.acknowledged("RECV-11", exchange, f"names of header fields in {case} letters")


@judges("RECV-11")
def media_types_in_any_form(trial: Trial) -> None:
    """Types are compared without regard to case, and `charset` may be told (RFC 9110 section 8.3.1)."""
    for value in ("application/json; charset=utf-8", "application/json;charset=UTF-8", "Application/JSON"):
        sent = trial.sign(trial.events.any()).but(content_type=value)
        trial.acknowledged("RECV-11", trial.send(sent), f"Content-Type: {value}")


@judges("RECV-12")
def json_in_any_form(trial: Trial) -> None:
    """The signature is over the bytes; what they mean is for a parser to say."""
    for case, write in FORMS.items():
        body = write(trial.events.deposit()).encode()
        trial.acknowledged("RECV-12", trial.send(trial.sign(body)), f"JSON written so: {case}")


@judges("RECV-13")
def every_trusted_key(trial: Trial) -> None:
    """By turns, as while keys are exchanged."""
    if len(trial.receiver.keys) < 2:
        return
    for number in (*range(len(trial.receiver.keys)), 0):
        sent = trial.sign(trial.events.any(), key=number)
        trial.acknowledged("RECV-13", trial.send(sent), f"a signature by key {number + 1}")


def _reversed(event: Event) -> Event:
    data = dict(reversed(list(event["data"].items())))
    return {"data": data, **{name: value for name, value in event.items() if name != "data"}}


def _aged(age: float) -> str:
    return f"{abs(age):.0f} s {'old' if age > 0 else 'ahead of time'}"
