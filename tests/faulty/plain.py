"""What somebody sees who runs Schemathesis as it is, with nothing but a signer, against a server."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from unittest import mock

import requests
import requests.auth
import schemathesis
from schemathesis.core.failures import Failure
from schemathesis.engine import Status, context, from_schema
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished
from schemathesis.generation.coverage import GenerationSession

import openapi
from reference_impl.credentials import PartnerCredentials
from tests.faulty.catalogue import Listening

SEED: Final = 1
EXAMPLES: Final = 3
"""Of each operation, beside the coverage phase, whose cases nothing bounds."""


class Signer(requests.auth.AuthBase):
    """Signs the exact bytes of each request as the demo partner, who may use every operation."""

    def __init__(self, partner: PartnerCredentials) -> None:
        self._partner = partner

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        body = request.body or b""
        if not isinstance(body, bytes | str):
            raise TypeError(f"a body that is streamed, not sent: {type(body).__name__}")
        content = body.encode() if isinstance(body, str) else body
        request.headers.update(self._partner.sign(content, timestamp=int(time.time())))
        return request


def settings() -> dict[str, object]:
    """What a record of its failures depends on besides the servers."""
    return {"version": schemathesis.__version__, "seed": SEED, "examples": EXAMPLES}


def find_failures(server: Listening) -> frozenset[str]:
    """What its default checks find in its default phases: check, failure and operation of each."""
    schema = schemathesis.openapi.from_dict(
        openapi.load(),
        config=schemathesis.Config.from_dict(
            {
                "seed": SEED,
                "base-url": server.url,
                "workers": 1,
                "request-timeout": 10,
                "generation": {"max-examples": EXAMPLES, "database": "none", "no-shrink": True},
            }
        ),
    )
    schema.auth.set_from_requests(Signer(server.partners["demo"]))
    return frozenset(_failures(schema))


@contextmanager
def sharing_values() -> Iterator[None]:
    """Keep the values of the coverage phase from run to run, which saves more than half of the time.

    They follow from the document alone, so that what is sent stays the same.
    """
    session = GenerationSession()
    make = context.EngineContext.__init__

    def init(self: context.EngineContext, *arguments: Any, **keywords: Any) -> None:
        make(self, *arguments, **keywords)
        session.unexpected_methods_seen.clear()
        self.coverage_session = session

    with mock.patch.object(context.EngineContext, "__init__", init):
        yield


def _failures(schema: schemathesis.BaseSchema) -> Iterator[str]:
    for event in from_schema(schema).execute():
        if isinstance(event, ScenarioFinished):
            for check in (check for checks in event.recorder.checks.values() for check in checks):
                if check.status is Status.FAILURE and check.failure_info is not None:
                    yield f"{check.name}: {_describe(check.failure_info.failure)}"
        elif isinstance(event, NonFatalError):
            yield f"error: {event.info.title} ({event.label})"
        elif isinstance(event, FatalError):
            raise event.exception


def _describe(failure: Failure) -> str:
    """The failure without its values; where it says which part of the request was invalid, with that."""
    part = re.search(r"Invalid component: (in \w+)", failure.message)
    return f"{failure.title}{f' {part[1]}' if part else ''} ({failure.operation})"
