"""The composition root: the session API as a Connexion FlaskApp over an environment."""

from __future__ import annotations

from functools import lru_cache

import openapi
from reference_impl.environment import Environment, Environments, OneEnvironment
from reference_impl.http.api import Api
from reference_impl.http.bridge import flask_app
from reference_impl.http.contract import Contract
from reference_impl.http.exchange import App
from reference_impl.http.handlers import HANDLERS
from reference_impl.http.session_api import SessionGatekeeper


@lru_cache(maxsize=1)
def session_contract() -> Contract:
    """The session API's operations, compiled once for a process."""
    return Contract(openapi.load())


def session_api(environments: Environments) -> Api:
    """The session API over the environments in which its partners are found."""
    return Api(contract=session_contract(), gatekeeper=SessionGatekeeper(environments), handlers=HANDLERS)


def build(environment: Environment) -> App:
    """The ASGI application of the reference implementation."""
    return flask_app([session_api(OneEnvironment(environment))], environment=environment)
