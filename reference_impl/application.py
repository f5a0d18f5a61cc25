"""The composition root: session API and payer API as a Connexion FlaskApp over an environment."""

from __future__ import annotations

from functools import lru_cache

import openapi
from reference_impl.environment import Environment, Environments, OneEnvironment
from reference_impl.http import payer_handlers
from reference_impl.http.api import Api
from reference_impl.http.bridge import flask_app
from reference_impl.http.contract import Contract
from reference_impl.http.exchange import App
from reference_impl.http.handlers import HANDLERS
from reference_impl.http.payer_api import PayerGatekeeper
from reference_impl.http.session_api import SessionGatekeeper


@lru_cache(maxsize=1)
def session_contract() -> Contract:
    """The session API's operations, compiled once for a process."""
    return Contract(openapi.load())


def session_api(environments: Environments) -> Api:
    """The session API over the environments in which its partners are found."""
    return Api(contract=session_contract(), gatekeeper=SessionGatekeeper(environments), handlers=HANDLERS)


@lru_cache(maxsize=1)
def payer_contract() -> Contract:
    """The payer API's operations, compiled once for a process."""
    return Contract(openapi.load("payer"))


def payer_api(environments: Environments) -> Api:
    """The payer API over the environments in which sessions are found."""
    return Api(
        contract=payer_contract(),
        gatekeeper=PayerGatekeeper(environments),
        handlers=payer_handlers.HANDLERS,
        cross_origin=True,
    )


def build(environment: Environment) -> App:
    """The ASGI application of the reference implementation."""
    found_in = OneEnvironment(environment)
    return flask_app([session_api(found_in), payer_api(found_in)], environment=environment)
