"""The one place that knows how Connexion serves an OpenAPI 3.1 document.

Connexion 3.3 refuses 3.1. It is handed a 3.0 projection made from the document for what it does here, routing
and binding each operationId to its function; all validation is against the 3.1 document itself (``contract``,
``admission``, ``response_validation``).
"""

from __future__ import annotations

import asyncio
import functools
import warnings
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from flask import Response

from reference_impl.domain.problems import Problem
from reference_impl.environment import Environment
from reference_impl.http.admission import Admission
from reference_impl.http.api import Api
from reference_impl.http.boundary import Boundary
from reference_impl.http.contract import METHODS
from reference_impl.http.cross_origin import CrossOrigin
from reference_impl.http.exchange import (
    App,
    Receive,
    Scope,
    Send,
    admitted_request,
    note_loop,
    replay,
    send_answer,
    send_stream,
    serving_loop,
)
from reference_impl.http.messages import Answer, Request, StreamedAnswer
from reference_impl.http.paths import Paths
from reference_impl.http.problem_details import render_problem
from reference_impl.http.response_validation import ResponseValidation
from reference_impl.http.wsgi import InThreads

with warnings.catch_warnings():
    # Importing Connexion imports Starlette's test client and a deprecated name of jsonschema, which warn:
    # on the terminal of whoever starts a server, and as errors in tests of partners that are strict.
    warnings.simplefilter("ignore")
    from connexion import AsyncApp, FlaskApp
    from connexion.apps.asynchronous import AsyncApi
    from connexion.context import scope
    from connexion.middleware.context import ContextMiddleware
    from connexion.middleware.routing import RoutingMiddleware
    from connexion.operations import AbstractOperation
    from connexion.resolver import Resolver


def projection(apis: Sequence[Api]) -> dict[str, Any]:
    """The OpenAPI 3.0 document that Connexion routes by: paths, operationIds and path parameters alone."""
    paths = {
        path: {
            method: {
                "operationId": item[method]["operationId"],
                "responses": {"default": {"description": "Validated against the 3.1 document"}},
                "parameters": [
                    {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
                    for name in _template_names(path)
                ],
            }
            for method in METHODS
            if method in item
        }
        for api in apis
        for path, item in api.contract.document["paths"].items()
    }
    return {"openapi": "3.0.3", "info": {"title": "projection", "version": "1"}, "paths": paths}


def _template_names(path: str) -> list[str]:
    return [part.split("}")[0] for part in path.split("{")[1:]]


Operate = Callable[[Request], Answer | Awaitable[Answer]]


def bind(apis: Sequence[Api], public_url: str, operation_id: str) -> Operate:
    """The function of an operationId, as what takes an admitted request; problems are rendered."""
    (handler,) = (api.handlers[operation_id] for api in apis if operation_id in api.handlers)

    def operate(request: Request) -> Answer | Awaitable[Answer]:
        try:
            return handler(request)
        except Problem as problem:
            return render_problem(problem, request_id=request.request_id, public_url=public_url)

    return operate


class _AsyncOperation:
    """A Connexion operation that calls its function at once.

    Connexion's own decorates the function anew for every request, to fill parameters and to guess a content
    type; here the request is parsed already and the answer exact, and that took half of the time.
    """

    def __init__(self, operate: Operate) -> None:
        self._operate = operate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        outcome = self._operate(admitted_request(scope))
        answer = outcome if isinstance(outcome, Answer) else await outcome
        if isinstance(answer, StreamedAnswer):
            await send_stream(answer, receive, send)
        else:
            await send_answer(answer, send)


class _AsyncApi(AsyncApi):  # type: ignore[misc]  # Connexion ships no types
    def make_operation(self, operation: AbstractOperation) -> _AsyncOperation:
        return _AsyncOperation(operation.function)


class _Exact(Response):
    """An answer whose header fields are what they are to be.

    Werkzeug's own looks for what it could mend: a Location, a length, what a status may not have.
    """

    def get_wsgi_headers(self, environ: Any) -> Any:
        return self.headers


class _Bare:
    """Passes an admitted request on without query, header fields and body, which have all been read.

    What Werkzeug and Connexion would make of them again could only go wrong: of a Host that is none, of a
    body that claims to be a form, of a query that no function takes and that would be logged.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        note_loop(scope)
        await self._app({**scope, "headers": [], "query_string": b""}, replay(b"", receive), send)


def async_app(apis: Sequence[Api], *, environment: Environment) -> App:
    """The operations of ``apis`` as a Connexion AsyncApp; ``environment`` is for what concerns no one API."""
    app = AsyncApp(
        __name__,
        middlewares=_middlewares(apis, environment),
        resolver=Resolver(functools.partial(bind, apis, environment.public_url)),
    )
    app._middleware_app.api_cls = _AsyncApi
    app.add_api(projection(apis))
    served: App = app
    return served


def flask_app(apis: Sequence[Api], *, environment: Environment) -> App:
    """The operations of ``apis`` as a Connexion FlaskApp; ``environment`` is for what concerns no one API."""

    def make_view(operation_id: str) -> Callable[..., Response]:
        operate = bind(apis, environment.public_url, operation_id)

        def view(**_: object) -> Response:
            request = admitted_request(scope)
            outcome = operate(request)
            answer = outcome if isinstance(outcome, Answer) else settle(request, outcome)
            return _Exact(answer.body, answer.status, dict(answer.headers), content_type=answer.content_type)

        return view

    def settle(request: Request, outcome: Awaitable[Answer]) -> Answer:
        # A function that waits does so on the loop that serves, where what it waits for lives: Flask has
        # given this request a thread of its own.
        try:
            return asyncio.run_coroutine_threadsafe(_settled(outcome), serving_loop(scope)).result()
        except Problem as problem:
            return render_problem(problem, request_id=request.request_id, public_url=environment.public_url)

    app = FlaskApp(
        __name__,
        middlewares=[*_middlewares(apis, environment), _Bare, ContextMiddleware],
        resolver=Resolver(make_view),
    )
    app.add_api(projection(apis))
    # Connexion makes Flask's views with the first request otherwise, and there is nothing to replace before.
    middleware = app.middleware
    middleware.app, middleware.middleware_stack = middleware._build_middleware_stack()
    # Its views decorate their function anew for every request, as in an AsyncApp: call it at once.
    views = app.app.view_functions
    for endpoint in views.keys() - {"static"}:
        views[endpoint] = make_view(endpoint.rpartition(".")[2])
    app._middleware_app.asgi_app = InThreads(app.app.wsgi_app)
    served: App = app
    return served


async def _settled(answer: Awaitable[Answer]) -> Answer:
    return await answer


def _middlewares(apis: Sequence[Api], environment: Environment) -> list[Any]:
    """The shared ASGI parts, outermost first."""
    return [
        *(
            [functools.partial(ResponseValidation, apis=apis, environment=environment)]
            if environment.validate_responses
            else []
        ),
        *(
            [functools.partial(CrossOrigin, apis=apis, environment=environment)]
            if any(api.cross_origin for api in apis)
            else []
        ),
        functools.partial(Boundary, environment=environment),
        functools.partial(Paths, apis=apis),
        RoutingMiddleware,
        Admission,
    ]
