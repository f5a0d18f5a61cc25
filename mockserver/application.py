"""The composition root: the APIs of the mock server as one Connexion AsyncApp."""

from __future__ import annotations

from mockserver.control.api import control_api
from mockserver.diagnosis import Surroundings, with_diagnoses
from mockserver.interception import Interception
from mockserver.namespaces import Namespaces
from mockserver.pages.site import Pages
from reference_impl.application import payer_api, payer_contract, session_api, session_contract
from reference_impl.environment import Environment, Environments, OneEnvironment
from reference_impl.http.bridge import async_app
from reference_impl.http.exchange import App


def build(
    environment: Environment, *, environments: Environments | None = None, control_token: str | None = None
) -> App:
    """The ASGI application over ``environments``, or over ``environment`` alone.

    Over ``Namespaces`` it has the control API, faults and the log of requests too; ``control_token`` opens
    the control API to whoever has it.
    """
    found_in = environments or OneEnvironment(environment)
    sessions = with_diagnoses(session_api(found_in), found_in)
    apis = [sessions, payer_api(found_in)]
    if isinstance(found_in, Namespaces):
        apis.append(control_api(found_in, token=control_token))
    application: App = Surroundings(async_app(apis, environment=environment))
    if isinstance(found_in, Namespaces):
        application = Interception(
            application,
            namespaces=found_in,
            session_contract=session_contract(),
            payer_contract=payer_contract(),
        )
    return Pages(application, environment=environment, environments=found_in)
