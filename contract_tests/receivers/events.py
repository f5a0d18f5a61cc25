"""Events as the document's `webhooks` show them, told of a session that the receiver knows."""

import copy
import datetime
import secrets
import uuid
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import openapi

from .receiver import KnownSession, Receiver

STATUS_CHANGED: Final = "transaction.status.changed"
ENDINGS: Final = ("completed", "failed", "expired", "cancelled")
"""How a session can end; each is told of a session of its own where the receiver knows enough of them."""
WIDE: Final = "\U0001f98a"
"""Four bytes of UTF-8, two UTF-16 units, one code point: lengths are in code points."""

Event = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Example:
    """A named example of one event type; `ending` is the end of the story that it belongs to."""

    event_type: str
    name: str
    ending: str
    value: Event

    @property
    def title(self) -> str:
        """The type and, where there are several examples of it, which."""
        return f"{self.event_type} ({self.name})"


@cache
def examples() -> tuple[Example, ...]:
    """Every example of every webhook, in the order of the document."""
    document = openapi.load()
    found = []
    for event_type, item in document["webhooks"].items():
        for name, example in item["post"]["requestBody"]["content"]["application/json"]["examples"].items():
            if "$ref" in example:
                example = document["components"]["examples"][example["$ref"].rpartition("/")[2]]
            value = example["value"]
            told = value["data"].get("status") or event_type.rpartition(".")[2]
            ending = told if told in ENDINGS else "completed"
            found.append(Example(event_type=event_type, name=name, ending=ending, value=value))
    return tuple(found)


class Events:
    """Makes events for one receiver, each with an `eventId` of its own."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._stranger = KnownSession(session_id=self.unknown_session())

    def session(self, ending: str = "completed") -> KnownSession:
        """The session of the receiver that ends so; an invented one where it knows none."""
        known = self._receiver.sessions or (self._stranger,)
        return known[ENDINGS.index(ending) % len(known)]

    def unknown_session(self) -> str:
        """An identifier that no partner was ever given."""
        return secrets.token_urlsafe(16)

    def tell(self, example: Example) -> Event:
        """The event of an example: of this partner's session, and of now."""
        event = copy.deepcopy(example.value)
        session, data = self.session(example.ending), event["data"]
        event["eventId"] = str(uuid.uuid4())
        data |= {name: value for name, value in session.facts.items() if name in data}
        data |= {
            "timestamp": rfc3339(datetime.datetime.now(datetime.UTC)),
            "sessionId": session.session_id,
            "partnerName": self._receiver.partner_name,
        }
        return event

    def all(self) -> tuple[tuple[Example, Event], ...]:
        """An event of every example."""
        return tuple((example, self.tell(example)) for example in examples())

    def any(self) -> Event:
        """A small event: the session is being paid."""
        return self.tell(next(e for e in examples() if e.value["data"].get("status") == "processing"))

    def deposit(self) -> Event:
        """An event of a deposit: it is complete."""
        return self.tell(next(e for e in examples() if e.event_type.endswith(".completed")))

    def largest(self) -> tuple[tuple[Example, Event], ...]:
        """An event of every example with its texts as long as their schemas allow (RECV-10)."""
        schemas = openapi.load()["components"]["schemas"]
        fields, reference = schemas["CustomFields"], schemas["WebsiteReference"]["maxLength"]
        length = fields["propertyNames"]["maxLength"]
        members = {
            f"{number:02}".ljust(length, WIDE): WIDE * fields["additionalProperties"]["maxLength"]
            for number in range(fields["maxProperties"])
        }
        identity = schemas["DepositCreatedEvent"]["properties"]["data"]["allOf"][1]["properties"]
        long = {
            "customFields": members,
            "websiteReference": WIDE * reference,
            "customerFullName": WIDE * identity["customerFullName"]["maxLength"],
            "customerResidenceAddress": WIDE * identity["customerResidenceAddress"]["maxLength"],
        }
        events = self.all()
        for _, event in events:
            event["data"] |= {name: value for name, value in long.items() if name in event["data"]}
        return events


def rfc3339(instant: datetime.datetime) -> str:
    """``YYYY-MM-DDThh:mm:ss.sssZ`` (HOOK-04)."""
    return instant.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
