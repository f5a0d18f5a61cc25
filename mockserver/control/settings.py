"""Operations on the settings of a namespace."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.namespaces import Namespace
from reference_impl.domain.plans import Pace
from reference_impl.http.api import Handler
from reference_impl.http.messages import Answer, Request, answer_json


def get_settings(request: Request) -> Answer:
    """200 with the settings."""
    namespace: Namespace = request.caller
    return answer_json({"pace": namespace.pace})


def change_settings(request: Request) -> Answer:
    """200 with the settings as they are from now on."""
    namespace: Namespace = request.caller
    namespace.set_pace(Pace(request.document["pace"]))
    return get_settings(request)


HANDLERS: Mapping[str, Handler] = {"getSettings": get_settings, "changeSettings": change_settings}
