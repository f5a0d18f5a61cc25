"""The composition root: the session API as a Connexion AsyncApp over an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_impl.application import session_contract
from reference_impl.environment import Environment
from reference_impl.http.bridge import async_app
from reference_impl.http.handlers import HANDLERS
from reference_impl.http.session_api import SessionGatekeeper

if TYPE_CHECKING:
    from connexion import AsyncApp


def build(environment: Environment) -> AsyncApp:
    """The ASGI application of the mock server."""
    return async_app(
        contract=session_contract(),
        gatekeeper=SessionGatekeeper(environment),
        handlers=HANDLERS,
        environment=environment,
    )
