"""The composition root: the APIs of the reference implementation as one Connexion FlaskApp."""

from __future__ import annotations

from functools import lru_cache

import openapi
from reference_impl.driven import Driven
from reference_impl.environment import Environment, Environments, OneEnvironment
from reference_impl.http import payer_handlers
from reference_impl.http.api import Api
from reference_impl.http.bridge import flask_app
from reference_impl.http.contract import METHODS, Contract
from reference_impl.http.driver_api import DRIVER_HANDLERS
from reference_impl.http.driver_gatekeeper import DriverGatekeeper
from reference_impl.http.exchange import App
from reference_impl.http.handlers import HANDLERS
from reference_impl.http.loopback_fence import LoopbackFence
from reference_impl.http.payer_api import PayerGatekeeper
from reference_impl.http.rate_limit import RateLimit
from reference_impl.http.session_api import SessionGatekeeper


@lru_cache(maxsize=1)
def session_contract() -> Contract:
    """The session API's operations, compiled once for a process."""
    return Contract(openapi.load())


def session_api(environments: Environments, *, rate_limit: RateLimit | None = None) -> Api:
    """The session API over the environments in which its partners are found."""
    return Api(
        contract=session_contract(),
        gatekeeper=SessionGatekeeper(environments, rate_limit=rate_limit),
        handlers=HANDLERS,
    )


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


@lru_cache(maxsize=1)
def driver_contract() -> Contract:
    """The control API's driver operations alone, compiled once for a process."""
    document = openapi.load("sandbox")
    kept = {
        path: {
            name: member
            for name, member in item.items()
            if name not in METHODS or member.get("x-driver", False)
        }
        for path, item in document["paths"].items()
    }
    served = {path: item for path, item in kept.items() if not item.keys().isdisjoint(METHODS)}
    return Contract({**document, "paths": served})


def driver_api(driven: Driven, *, token: str | None = None) -> Api:
    """The driver operations on ``driven``; without ``token`` they serve loopback alone."""
    return Api(
        contract=driver_contract(),
        gatekeeper=DriverGatekeeper(driven),
        handlers=DRIVER_HANDLERS,
        fence=LoopbackFence(public_url=driven.environment.public_url, token=token),
        answers_in_time=False,
    )


def build(
    environment: Environment,
    *,
    rate_limit: RateLimit | None = None,
    driven: Driven | None = None,
    control_token: str | None = None,
) -> App:
    """The ASGI application over ``environment``.

    With ``driven``, whose environment that has to be, it can be driven: for tests, never in production.
    """
    found_in = OneEnvironment(environment)
    apis = [session_api(found_in, rate_limit=rate_limit), payer_api(found_in)]
    if driven is not None:
        apis.append(driver_api(driven, token=control_token))
    return flask_app(apis, environment=environment)
