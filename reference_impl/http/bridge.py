"""The one place that knows how Connexion serves an OpenAPI 3.1 document.

Connexion 3.3 refuses 3.1. It is handed a 3.0 projection made from the document for what it does here, routing
and binding each operationId to its function; all validation is against the 3.1 document itself (``contract``,
``admission``, ``response_validation``).
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from reference_impl.domain.problems import Problem
from reference_impl.environment import Environment
from reference_impl.http.admission import Admission, Gatekeeper
from reference_impl.http.boundary import Boundary
from reference_impl.http.contract import METHODS, Contract
from reference_impl.http.exchange import App, Receive, Scope, Send, admitted_request, replay, send_answer
from reference_impl.http.handlers import Handler
from reference_impl.http.messages import Answer, Request
from reference_impl.http.paths import Paths
from reference_impl.http.problem_details import render_problem
from reference_impl.http.response_validation import ResponseValidation

with warnings.catch_warnings():
    # Importing Connexion imports Starlette's test client and a deprecated name of jsonschema, which warn:
    # on the terminal of whoever starts a server, and as errors in tests of partners that are strict.
    warnings.simplefilter("ignore")
    from connexion import AsyncApp, FlaskApp
    from connexion.apps.asynchronous import AsyncApi
    from connexion.context import scope
    from connexion.lifecycle import ConnexionResponse
    from connexion.middleware.context import ContextMiddleware
    from connexion.middleware.routing import RoutingMiddleware
    from connexion.operations import AbstractOperation
    from connexion.resolver import Resolver


def projection(document: Mapping[str, Any]) -> dict[str, Any]:
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
        for path, item in document["paths"].items()
    }
    return {"openapi": "3.0.3", "info": {"title": "projection", "version": "1"}, "paths": paths}


def _template_names(path: str) -> list[str]:
    return [part.split("}")[0] for part in path.split("{")[1:]]


Operate = Callable[[Request], Answer]


def bind(handlers: Mapping[str, Handler], environment: Environment, operation_id: str) -> Operate:
    """The function of an operationId, as what takes an admitted request; problems are rendered."""
    handler = handlers[operation_id]

    def operate(request: Request) -> Answer:
        try:
            return handler(environment, request)
        except Problem as problem:
            return render_problem(problem, request_id=request.request_id, public_url=environment.public_url)

    return operate


class _AsyncOperation:
    """A Connexion operation that calls its function at once.

    Connexion's own decorates the function anew for every request, to fill parameters and to guess a content
    type; here the request is parsed already and the answer exact, and that took half of the time.
    """

    def __init__(self, operate: Operate) -> None:
        self._operate = operate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send_answer(self._operate(admitted_request(scope)), send)


class _AsyncApi(AsyncApi):  # type: ignore[misc]  # Connexion ships no types
    def make_operation(self, operation: AbstractOperation) -> _AsyncOperation:
        return _AsyncOperation(operation.function)


class _Bare:
    """Passes an admitted request on without header fields and body, which have all been read.

    What Werkzeug and Connexion would make of them again could only go wrong: of a Host that is none, of a
    body that claims to be a form.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, "headers": []}, replay(b"", receive), send)


def async_app(
    *, contract: Contract, gatekeeper: Gatekeeper, handlers: Mapping[str, Handler], environment: Environment
) -> AsyncApp:
    """The operations of ``contract`` as a Connexion AsyncApp."""
    app = AsyncApp(
        __name__,
        middlewares=_middlewares(contract, gatekeeper, environment),
        resolver=Resolver(functools.partial(bind, handlers, environment)),
    )
    app._middleware_app.api_cls = _AsyncApi
    app.add_api(projection(contract.document))
    return app


def flask_app(
    *, contract: Contract, gatekeeper: Gatekeeper, handlers: Mapping[str, Handler], environment: Environment
) -> FlaskApp:
    """The operations of ``contract`` as a Connexion FlaskApp."""

    def resolve(operation_id: str) -> Callable[..., ConnexionResponse]:
        operate = bind(handlers, environment, operation_id)

        def view(**_: object) -> ConnexionResponse:
            answer = operate(admitted_request(scope))
            return ConnexionResponse(
                answer.status,
                content_type=answer.content_type,
                body=answer.body,
                headers=dict(answer.headers),
            )

        return view

    app = FlaskApp(
        __name__,
        middlewares=[*_middlewares(contract, gatekeeper, environment), _Bare, ContextMiddleware],
        resolver=Resolver(resolve),
    )
    app.add_api(projection(contract.document))
    return app


def _middlewares(contract: Contract, gatekeeper: Gatekeeper, environment: Environment) -> list[Any]:
    """The shared ASGI parts, outermost first."""
    return [
        *(
            [functools.partial(ResponseValidation, contract=contract, environment=environment)]
            if environment.validate_responses
            else []
        ),
        functools.partial(Boundary, environment=environment),
        functools.partial(Paths, contract=contract),
        RoutingMiddleware,
        functools.partial(Admission, contract=contract, gatekeeper=gatekeeper),
    ]
