"""The composition root: the APIs of the mock server as one Connexion AsyncApp."""

from __future__ import annotations

from mockserver.pages.site import Pages
from reference_impl.application import payer_api, session_api
from reference_impl.environment import Environment, Environments, OneEnvironment
from reference_impl.http.bridge import async_app
from reference_impl.http.exchange import App


def build(environment: Environment, *, environments: Environments | None = None) -> App:
    """The ASGI application over ``environments``, or over ``environment`` alone."""
    found_in = environments or OneEnvironment(environment)
    apis = async_app([session_api(found_in), payer_api(found_in)], environment=environment)
    return Pages(apis, environment=environment, environments=found_in)
