"""Requests made from the document by Schemathesis, over every operation and in all its phases.

Schemathesis chooses what to ask; what an answer must be is decided by :mod:`contract_tests.judging`. Nothing
is learnt from the target, so that the requests depend on the seed and the document alone.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from unittest import mock
from urllib.parse import urlsplit

import hypothesis.configuration
import requests.auth
import schemathesis
from hypothesis.internal.conjecture import providers
from schemathesis.engine import from_schema
from schemathesis.engine.events import EngineEvent, FatalError, Interrupted, NonFatalError
from schemathesis.engine.run import PhaseName

from .carrier import carrying
from .document import copy_for_generation
from .judging.arbiter import Arbiter
from .ledger import Ledger
from .target import Acquaintance
from .trial import encode
from .wire import Answer, Client, Request

NAME: Final = "generated"
KEY_LENGTH: Final = 24
"""A shorter key is too short to be made fresh: another run could have used it."""


WALKS: Final = 6
"""Of the stateful phase, at the least: so many come to every operation."""


class Generation:
    """One run of the generated layer against one target."""

    def __init__(self, *, known: Acquaintance, client: Client, ledger: Ledger, seed: int, nonce: str) -> None:
        self._known = known
        self._client = client
        self._arbiter = Arbiter(known=known, client=client, ledger=ledger, test=NAME)
        self._seed = seed
        self._nonce = nonce
        self._keys = 0
        self._prefix = urlsplit(known.target.url).path.rstrip("/")
        self._stopped_by: Exception | None = None

    def run(self, *, max_examples: int, progress: Callable[[str], None]) -> None:
        """Send everything.

        Raises :class:`OutOfTime`, :class:`StillBusy`, :class:`Hanging` or KeyboardInterrupt, and whatever the
        engine cannot do.
        """
        known = self._known
        schema = schemathesis.openapi.from_dict(
            copy_for_generation(max_amount=known.target.limit, creations=known.creations),
            config=self._configuration(max_examples),
        )
        schema.auth.set_from_requests(Finish(self))
        with _nothing_from_outside(), carrying(self._deliver):
            stream = from_schema(schema).execute()
            for event in stream:
                progress(_place(event))
                if self._stopped_by is not None:
                    stream.stop()
                elif isinstance(event, FatalError):
                    raise event.exception
                elif isinstance(event, NonFatalError):
                    raise event.value
                elif isinstance(event, Interrupted):
                    raise KeyboardInterrupt  # which the engine keeps to itself
        if self._stopped_by is not None:
            raise self._stopped_by

    def _configuration(self, max_examples: int) -> schemathesis.Config:
        no_learning = {"extra-data-sources": {"responses": False}}
        return schemathesis.Config.from_dict(
            {
                "seed": self._seed,
                "base-url": self._known.target.url,
                "workers": 1,
                "continue-on-failure": True,
                "suppress-health-check": ["all"],
                "cache": {"enabled": False},
                "analysis": {"constants": {"enabled": False}},
                # Its own checks expect too much of some requests and too little of
                # others; ours judge all of them.
                "checks": {"enabled": False},
                "generation": {
                    "max-examples": max_examples,
                    "database": "none",
                    "no-shrink": True,
                    # What it would break here the signer would mend: authentication has tests of its own.
                    "with-security-parameters": False,
                },
                "phases": {
                    "examples": no_learning,
                    "coverage": no_learning,
                    "fuzzing": {**no_learning, "error-feedback": {"enabled": False}},
                    "stateful": {
                        "max-steps": 4,
                        "inference": {"algorithms": []},
                        "link-calibration": False,
                        # What is refused leads nowhere, and has been sent in the phases before.
                        "generation": {"max-examples": max(WALKS, max_examples // 2), "mode": "positive"},
                    },
                },
            }
        )

    def _deliver(self, request: requests.PreparedRequest) -> Answer | None:
        """Send and judge one request; nothing more once there is a reason to stop."""
        if "Signature" not in request.headers:  # a probe of the engine's own, to which it would adapt
            return None
        if self._stopped_by is not None:
            return None
        try:
            exchange = self._client.send(_request(request, self._prefix))
            self._arbiter.judge(exchange)
        except Exception as stop:
            self._stopped_by = stop
            return None
        return exchange.answer

    def finish(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Give a generated request its final bytes and sign those."""
        body = _body(request)
        if request.headers.get("Content-Type") == "application/json" and body:
            body = request.body = _final(body, self._fresh_key)
        for name in ("X-Schemathesis-TestCaseId", "Accept-Encoding"):
            request.headers.pop(name, None)
        request.headers["User-Agent"] = "stablemint-verify"
        partner = self._arbiter.partner(urlsplit(request.url or "").path.removeprefix(self._prefix))
        for name, value in partner.headers(body or b"", timestamp=str(self._known.now())):
            request.headers[name] = value
        return request

    def _fresh_key(self, length: int) -> str:
        self._keys += 1
        return f"{self._nonce}-{self._keys}-".ljust(max(length, KEY_LENGTH), "k")


def _place(event: EngineEvent) -> str:
    """The phase that an event is of, and the operation where it is about one."""
    phase = getattr(event, "phase", None)
    name = phase if isinstance(phase, PhaseName) else getattr(phase, "name", None)
    label = getattr(event, "label", None)
    return " ".join(word for word in (name.value if name else "", label) if word) or "Schemathesis"


class Finish(requests.auth.AuthBase):
    """Hands each request over when its bytes are final but for the signature."""

    def __init__(self, generation: Generation) -> None:
        self._generation = generation

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Called by the transport after the body was encoded and before anything is sent."""
        return self._generation.finish(request)


def _final(body: bytes, fresh_key: Callable[[int], str]) -> bytes:
    """The same JSON as odd bytes, with a key that was never used and without noise of floating point."""
    try:
        value = json.loads(body)
    except ValueError:
        return body
    if isinstance(value, dict):
        key, amount = value.get("idempotencyKey"), value.get("amount")
        if isinstance(key, str) and 0 < len(key) <= 255 and all("!" <= character <= "~" for character in key):
            # Values come up again and again, and a key that was used says 422 to the next request.
            value["idempotencyKey"] = fresh_key(len(key))
        if isinstance(amount, float) and abs(amount - round(amount, 2)) < 1e-9:
            value["amount"] = round(amount, 2)
    return encode(value)


def _body(request: requests.PreparedRequest) -> bytes | None:
    body = request.body
    if body is None or isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode()
    raise TypeError(f"a body that is streamed, not sent: {type(body).__name__}")


def _request(request: requests.PreparedRequest, prefix: str) -> Request:
    parts = urlsplit(request.url or "")
    path = parts.path.removeprefix(prefix) + (f"?{parts.query}" if parts.query else "")
    framing = ("content-length", "host", "connection", "transfer-encoding")
    headers = tuple(
        (name, str(value)) for name, value in request.headers.items() if name.lower() not in framing
    )
    body = _body(request)
    if body is None and "Content-Length" in request.headers:
        body = b""  # none, and says so
    return Request(method=request.method or "", path=path, headers=headers, body=body)


@contextmanager
def _nothing_from_outside() -> Iterator[None]:
    """Keep Hypothesis from the literals in local modules and from what lies in the working directory.

    Either would let requests depend on where the suite is installed, and put strings of Python sources into
    bodies. There is no setting for the first, hence the patch. What is kept between runs are tables of
    Unicode alone.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    hypothesis.configuration.set_hypothesis_home_dir(cache / "stablemint" / "hypothesis")
    try:
        with mock.patch.object(providers, "is_local_module_file", return_value=False):
            yield
    finally:
        hypothesis.configuration.set_hypothesis_home_dir(None)
