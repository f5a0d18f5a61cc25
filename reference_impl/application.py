"""The composition root: the session API as a Connexion FlaskApp over an environment."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import openapi
from reference_impl.environment import Environment
from reference_impl.http.bridge import flask_app
from reference_impl.http.contract import Contract
from reference_impl.http.handlers import HANDLERS
from reference_impl.http.session_api import SessionGatekeeper

if TYPE_CHECKING:
    from connexion import FlaskApp


@lru_cache(maxsize=1)
def session_contract() -> Contract:
    """The session API's operations, compiled once for a process."""
    return Contract(openapi.load())


def build(environment: Environment) -> FlaskApp:
    """The ASGI application of the reference implementation."""
    return flask_app(
        contract=session_contract(),
        gatekeeper=SessionGatekeeper(environment),
        handlers=HANDLERS,
        environment=environment,
    )
