"""The composition root: the session API as a Connexion AsyncApp over an environment."""

from __future__ import annotations

from connexion import AsyncApp

from reference_impl.application import session_api
from reference_impl.environment import Environment, OneEnvironment
from reference_impl.http.bridge import async_app


def build(environment: Environment) -> AsyncApp:
    """The ASGI application of the mock server."""
    return async_app([session_api(OneEnvironment(environment))], environment=environment)
