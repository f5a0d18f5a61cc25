"""Operations on namespaces: worlds of their own for test runs side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.control.partners import show_credentials
from mockserver.namespaces import MOST_NAMESPACES, Namespace, Namespaces, NameTakenError
from mockserver.waiting import TooManyError
from reference_impl.domain.events import as_rfc3339
from reference_impl.domain.problems import Problem
from reference_impl.http.api import Handler
from reference_impl.http.messages import Answer, Request, answer_json


def namespace_handlers(namespaces: Namespaces) -> Mapping[str, Handler]:
    """The functions of the operations, by operationId."""

    def list_all(_: Request) -> Answer:
        return answer_json({"namespaces": [_show(namespace) for namespace in namespaces]})

    async def create(request: Request) -> Answer:
        try:
            namespace = await namespaces.create(request.document.get("name"))
        except NameTakenError:
            raise Problem("already_exists", "There is a namespace of that name already.") from None
        except TooManyError:
            raise Problem(
                "limit_reached", f"There are {MOST_NAMESPACES} namespaces already. Drop one first."
            ) from None
        document = {
            "name": namespace.name,
            "partners": [show_credentials(credentials) for credentials in namespace.partners.values()],
        }
        location = f"/_sandbox/namespaces/{namespace.name}"
        return answer_json(document, status=201, location=location)

    async def drop(request: Request) -> Answer:
        namespace: Namespace = request.caller
        try:
            await namespaces.drop(namespace.name)
        except KeyError:
            raise Problem(
                "namespace_not_found", "The default namespace cannot be dropped. Reset it instead."
            ) from None
        return answer_json({"dropped": namespace.name})

    return {"listNamespaces": list_all, "createNamespace": create, "dropNamespace": drop}


def _show(namespace: Namespace) -> dict[str, Any]:
    with namespace.environment.storage.reading() as reading:
        partners = [partner.partner_id for partner in reading.partners()]
    return {
        "name": namespace.name,
        "isDefault": namespace.is_default,
        "now": as_rfc3339(namespace.clock()),
        "sessionCount": namespace.environment.storage.count_sessions(),
        "partners": partners,
    }
