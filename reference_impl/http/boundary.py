"""The outermost part: what every answer carries, and what no exception gets past."""

from __future__ import annotations

import logging

from reference_impl.domain.problems import Problem, unavailable
from reference_impl.environment import Environment
from reference_impl.failures import describe
from reference_impl.http.exchange import (
    App,
    ClientDisconnected,
    Message,
    Receive,
    Scope,
    Send,
    identify,
    send_answer,
)
from reference_impl.http.problem_details import render_problem
from reference_impl.storage.encryption import UndecipherableError

log = logging.getLogger(__name__)

INTERNAL_ERROR = Problem(
    "internal_error", "The server made a mistake. Try again; if it lasts, quote `instance`."
)


_UNREADABLE = "What this is about cannot be read at the moment. Try again."
"""Until a key that is missing is given (ERR-11): a mistake of whoever runs the server."""


class Boundary:
    """Gives each exchange its `Request-Id` and `Cache-Control: no-store` (HTTP-16, HTTP-17), renders
    problems, and turns an unforeseen exception into 500: an identifier for the client, its place for the log.
    """

    def __init__(self, app: App, *, environment: Environment) -> None:
        self._app = app
        self._environment = environment

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        identifier = self._environment.new_request_id()
        identify(scope, identifier)
        common = common_fields(identifier)
        without_content = scope["method"] == "HEAD"
        started = False

        async def send_with_common_fields(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message["headers"], *common]
            elif without_content:
                message = {**message, "body": b""}
            await send(message)

        try:
            await self._app(scope, receive, send_with_common_fields)
        except Problem as problem:
            await self._refuse(problem, identifier, send_with_common_fields)
        except UndecipherableError as error:
            log.error("request %s: %s", identifier, error)
            await self._refuse(unavailable(_UNREADABLE), identifier, send_with_common_fields)
        except ClientDisconnected:
            log.info("request %s: the client went away", identifier)
        except Exception as error:
            log.error("request %s: unforeseen %s", identifier, describe(error))
            if started:
                raise
            await self._refuse(INTERNAL_ERROR, identifier, send_with_common_fields)

    async def _refuse(self, problem: Problem, identifier: str, send: Send) -> None:
        answer = render_problem(problem, request_id=identifier, public_url=self._environment.public_url)
        await send_answer(answer, send)


def common_fields(identifier: str) -> list[tuple[bytes, bytes]]:
    """The header fields of every answer."""
    return [(b"request-id", identifier.encode("ascii")), (b"cache-control", b"no-store")]
