"""Carries what Schemathesis sends by the suite's own client, and tells it of sessions alone.

Its own transport reads an answer for as long as bytes come, whole into memory, unpacks it, and waits anew
with every byte. It also goes by what it meets: it asks again, knocks by itself, and gives operations up.
Requests are to depend on the seed and the document, and on which sessions were made, where links lead.
"""

import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from unittest import mock

import requests
import requests.adapters
import urllib3
from schemathesis.engine import context

from .wire import Answer

REFUSED: Final = Answer(status=400, reason="Bad Request", headers=(), body=b"")
"""What Schemathesis is told of all that leads nowhere: that, and no more."""
SESSION_ID: Final = re.compile(r"[A-Za-z0-9_-]{22,64}", re.ASCII)
SUCCESSES: Final = frozenset({200, 201})

Deliver = Callable[[requests.PreparedRequest], Answer | None]
"""Sends a request; the answer, or None where none came."""


class Carrier(requests.adapters.BaseAdapter):
    """The way to the target, for a session of Requests."""

    def __init__(self, deliver: Deliver) -> None:
        super().__init__()
        self._deliver = deliver

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float | None, float | None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Deliver `request`; the rest is the client's business."""
        return _response(request, _tellable(self._deliver(request)))

    def close(self) -> None:
        """Nothing is held here."""


@contextmanager
def carrying(deliver: Deliver) -> Iterator[None]:
    """Have every session that Schemathesis opens send by `deliver`. There is no setting for it."""
    make_session = context.make_session

    def make(*arguments: Any, **options: Any) -> requests.Session:
        session = make_session(*arguments, **options)
        session.trust_env = False  # neither proxies nor passwords of the environment
        for scheme in ("http://", "https://"):
            session.mount(scheme, Carrier(deliver))
        return session

    with mock.patch.object(context, "make_session", make):
        yield


def _tellable(answer: Answer | None) -> Answer:
    if answer is None or answer.status not in SUCCESSES:
        return REFUSED
    session = answer.json()
    identifier = session.get("sessionId") if isinstance(session, dict) else None
    if not isinstance(identifier, str) or not SESSION_ID.fullmatch(identifier):
        return REFUSED
    body = json.dumps({"sessionId": identifier}).encode()
    return Answer(status=answer.status, reason="OK", headers=(), body=body)


def _response(request: requests.PreparedRequest, answer: Answer) -> requests.Response:
    response = requests.Response()
    response.status_code = answer.status
    response.reason = answer.reason
    response.request = request
    response.url = request.url or ""
    response.raw = urllib3.HTTPResponse(
        io.BytesIO(answer.body),
        headers={"Content-Type": "application/json"},
        status=answer.status,
        version=11,
        preload_content=False,
        decode_content=False,
    )
    response.headers["Content-Type"] = "application/json"
    return response
