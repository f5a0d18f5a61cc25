"""The control API as one ``Api``: driver operations of the reference, and what the mock server has beside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import openapi
from mockserver.control import behaviours, customers, faults, partners, requests, sessions, settings, stream
from mockserver.control.namespaces import namespace_handlers
from mockserver.faults import Match
from mockserver.namespaces import Namespace, Namespaces
from reference_impl.application import payer_contract, session_contract
from reference_impl.credentials import require_public_key
from reference_impl.domain.branding import require_logo_url
from reference_impl.domain.problems import Fault
from reference_impl.driven import Driven
from reference_impl.environment import Environment
from reference_impl.http.api import Api
from reference_impl.http.contract import Contract
from reference_impl.http.driver_api import DRIVER_HANDLERS
from reference_impl.http.driver_gatekeeper import DriverGatekeeper
from reference_impl.http.loopback_fence import LoopbackFence


@lru_cache(maxsize=1)
def control_contract() -> Contract:
    """The control API's operations, compiled once for a process."""
    return Contract(openapi.load("sandbox"))


def control_api(namespaces: Namespaces, *, token: str | None = None) -> Api:
    """The control API; without ``token`` it serves loopback alone."""
    return Api(
        contract=control_contract(),
        gatekeeper=ControlGatekeeper(namespaces),
        handlers={
            **DRIVER_HANDLERS,
            **namespace_handlers(namespaces),
            **sessions.HANDLERS,
            **settings.HANDLERS,
            **partners.HANDLERS,
            **customers.HANDLERS,
            **behaviours.HANDLERS,
            **faults.HANDLERS,
            **requests.HANDLERS,
            **stream.HANDLERS,
        },
        fence=LoopbackFence(public_url=namespaces.default.environment.public_url, token=token),
        answers_in_time=False,
    )


class ControlGatekeeper(DriverGatekeeper):
    """Satisfies ``Gatekeeper`` for every namespace, and for what the mock server has beside."""

    def __init__(self, namespaces: Namespaces) -> None:
        super().__init__(namespaces.default)
        self._namespaces = namespaces

    def find(self, namespace: str) -> Driven | None:
        return self._namespaces.get(namespace)

    def further_faults(
        self, environment: Environment, caller: Driven, operation_id: str, document: Any
    ) -> Sequence[Fault]:
        if operation_id in ("createPartner", "changePartner") and isinstance(document, Mapping):
            checked = (("publicKey", require_public_key), ("logoUrl", require_logo_url))
            return [fault for name, check in checked for fault in _refused(document, name, check)]
        if isinstance(caller, Namespace) and isinstance(document, Mapping):
            if operation_id == "addFault":
                return list(_unmatched(document.get("match"), caller))
            if operation_id == "addWebhookBehaviour":
                return list(_unknown_partner(document.get("partner"), caller, "/partner"))
        return super().further_faults(environment, caller, operation_id, document)


def _unmatched(match: Any, namespace: Namespace) -> Iterator[Fault]:
    """What a fault would wait for in vain."""
    if not isinstance(match, Mapping):
        return
    path, operation_id = match.get("path"), match.get("operationId")
    if isinstance(path, str) and Match(path=path).strikes_nothing:
        yield Fault(
            "/match/path",
            "not_in_list",
            "Faults strike the payment-session API and the payer API, no page and nothing of the mock "
            "server's own. Give a path of theirs, such as /session/* or /payer/*.",
        )
    operations = {*session_contract().operations, *payer_contract().operations}
    if isinstance(operation_id, str) and operation_id not in operations:
        yield Fault("/match/operationId", "not_in_list", f"Give one of {', '.join(sorted(operations))}.")
    yield from _unknown_partner(match.get("partner"), namespace, "/match/partner")


def _unknown_partner(name: Any, namespace: Namespace, pointer: str) -> Iterator[Fault]:
    if not isinstance(name, str):
        return
    with namespace.environment.storage.reading() as reading:
        known = [partner.partner_id for partner in reading.partners()]
    if name not in known:
        yield Fault(pointer, "not_in_list", "This namespace has no such partner. Make the partner first.")


def _refused(document: Mapping[str, Any], name: str, check: Callable[[str], None]) -> Sequence[Fault]:
    value = document.get(name)
    if isinstance(value, str):
        try:
            check(value)
        except ValueError as error:
            return [Fault(f"/{name}", "bad_format", str(error))]
    return []
