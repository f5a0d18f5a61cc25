"""The session API's gatekeeper on the mock server: a refusal says why."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterator, Mapping
from itertools import islice

from mockserver.diagnosis.detector import diagnose
from mockserver.diagnosis.diagnosis import Diagnosis, Refusal
from mockserver.diagnosis.surroundings import keep_diagnosis, peer, request_line
from mockserver.namespaces import Namespaces
from reference_impl.domain.partners import Partner
from reference_impl.domain.problems import Problem
from reference_impl.environment import Environment, Environments
from reference_impl.failures import describe
from reference_impl.http.api import Api
from reference_impl.http.loopback_fence import is_local
from reference_impl.http.session_api import SessionGatekeeper

log = logging.getLogger(__name__)

MAXIMUM_OTHERS = 64
"""Other partners whose keys and secrets are tried."""


def with_diagnoses(api: Api, environments: Environments) -> Api:
    """The session API with refusals that say why; its application needs ``Surroundings`` around it."""
    return dataclasses.replace(api, gatekeeper=DiagnosingGatekeeper(environments))


class DiagnosingGatekeeper(SessionGatekeeper):
    """Decides as its base does, and adds a diagnosis to the 401s.

    The diagnosis stands in `detail` and as the member `diagnosis` where the request was made on this machine,
    for this machine: the contract knows it on loopback alone, and a page in the developer's browser must not
    get it by a name of its own. Whoever asks, it is kept with the exchange (``diagnosis_in``).
    """

    def __init__(self, environments: Environments) -> None:
        super().__init__(environments)
        self._everywhere = environments

    def authenticate(
        self, fields: Mapping[str, str], body: bytes, path_parameters: Mapping[str, str]
    ) -> tuple[Environment, Partner]:
        try:
            return super().authenticate(fields, body, path_parameters)
        except Problem as problem:
            diagnosis = self._diagnosis(problem.code, fields, body)
            if diagnosis is None:
                raise
            keep_diagnosis(diagnosis)
            if not is_local(fields, peer=peer()):
                raise
            raise dataclasses.replace(
                problem,
                detail=f"{problem.detail} {diagnosis.sentences()}",
                members={**problem.members, "diagnosis": diagnosis.document()},
            ) from None

    def _diagnosis(self, code: str, fields: Mapping[str, str], body: bytes) -> Diagnosis | None:
        try:
            return diagnose(self._refusal(code, fields, body))
        except Exception as error:
            # The answer is a 401 whatever becomes of its explanation.
            log.error("no diagnosis of %s: unforeseen %s", code, describe(error))
            return None

    def _refusal(self, code: str, fields: Mapping[str, str], body: bytes) -> Refusal:
        api_key = fields.get("apikey", "")
        environment = self._everywhere.of_api_key(api_key)
        partner = environment.storage.partner_by_api_key(api_key)
        others = (
            (label, other)
            for label, other in _known_partners(self._everywhere, nearest=environment)
            if partner is None or other.api_key != partner.api_key
        )
        method, target = request_line()
        return Refusal(
            code=code,
            fields=fields,
            body=body,
            partner=partner,
            others=dict(islice(others, MAXIMUM_OTHERS)),
            now=environment.real_time(),
            session_now=environment.session_clock().timestamp(),
            method=method,
            target=target,
        )


def _known_partners(environments: Environments, *, nearest: Environment) -> Iterator[tuple[str, Partner]]:
    """Every partner, by what to call it: those of the environment itself, then other namespaces'."""
    for partner in _partners_of(nearest):
        yield f"the partner `{partner.name}`", partner
    if isinstance(environments, Namespaces):
        for namespace in environments:
            if namespace.environment is not nearest:
                for partner in _partners_of(namespace.environment):
                    yield f"the partner `{partner.name}` of the namespace `{namespace.name}`", partner


def _partners_of(environment: Environment) -> list[Partner]:
    with environment.storage.reading() as reading:
        return list(reading.partners())
