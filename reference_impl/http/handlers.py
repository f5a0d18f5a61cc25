"""One function for each operationId of the session API: ``Request → Answer``, free of any framework."""

from __future__ import annotations

from collections.abc import Mapping

from reference_impl.http.api import Handler
from reference_impl.http.messages import Answer, Request
from reference_impl.http.representation import represent_session
from reference_impl.use_cases.sessions import create_session, read_session


def create(request: Request) -> Answer:
    """201 with the new session and where it is (SESS-01), or the first answer to its key again (IDEM-03).

    `Request-Id` is each answer's own (IDEM-04).
    """
    environment = request.environment
    creation = create_session(
        environment,
        partner=request.caller,
        operation_id=request.operation_id,
        request=request.document,
        represent=lambda session: represent_session(
            session, now=session.created_at, checkout_url=environment.checkout_url
        ),
    )
    headers = {"location": f"/session/{creation.session_id}"}
    if creation.replayed:
        headers["idempotency-replayed"] = "true"
    return Answer(201, creation.body, headers)


def get(request: Request) -> Answer:
    """200 with the session as it is now (SESS-10)."""
    environment = request.environment
    session = read_session(
        environment, partner=request.caller, session_id=request.path_parameters["sessionId"]
    )
    return Answer(
        200,
        represent_session(session, now=environment.session_clock(), checkout_url=environment.checkout_url),
    )


HANDLERS: Mapping[str, Handler] = {
    "createHostedSession": create,
    "createHostedSessionForPartnerManagedCustomer": create,
    "createEmbeddedSessionForPartnerManagedCustomer": create,
    "getSession": get,
}
