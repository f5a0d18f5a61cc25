"""The session API's own decisions: partners' signatures, their models, and rules beyond the schemas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from reference_impl.domain.authentication import Credentials, authenticate
from reference_impl.domain.partners import Partner, require_customer_management
from reference_impl.domain.problems import Fault, Problem
from reference_impl.domain.requests import amount_fault, birth_date_fault, refusal
from reference_impl.domain.sessions import FLOWS
from reference_impl.environment import Environment, Environments
from reference_impl.http.rate_limit import RateLimit


class SessionGatekeeper:
    """Satisfies ``Gatekeeper`` for the session API. ``rate_limit`` is looked at once a partner is known."""

    def __init__(self, environments: Environments, *, rate_limit: RateLimit | None = None) -> None:
        self._environments = environments
        self._rate_limit = rate_limit

    def waits(self, fields: Mapping[str, str], path_parameters: Mapping[str, str]) -> bool:
        """Only for who it is: a partner that is not known from just before."""
        api_key, *others = map(fields.get, ("apikey", "timestamp", "signature"))
        if not (api_key and all(others)):
            return False
        return self._environments.of_api_key(api_key).storage.waits_for_partner(api_key)

    def is_acquainted(self, fields: Mapping[str, str]) -> bool:
        api_key = fields.get("apikey", "")
        return self._environments.of_api_key(api_key).storage.has_met_partner(api_key)

    def authenticate(
        self, fields: Mapping[str, str], body: bytes, path_parameters: Mapping[str, str]
    ) -> tuple[Environment, Partner]:
        api_key = fields.get("apikey")
        environment = self._environments.of_api_key(api_key or "")
        partner = authenticate(
            Credentials(
                api_key=api_key,
                timestamp=fields.get("timestamp"),
                signature=fields.get("signature"),
            ),
            body,
            find_partner=environment.storage.partner_by_api_key,
            now=environment.real_time(),
        )
        return environment, partner

    def authorise(self, caller: Partner, operation_id: str) -> None:
        if self._rate_limit is not None:
            self._rate_limit.count(caller.partner_id)  # 429
        flow = FLOWS.get(operation_id)
        if flow is not None:
            require_customer_management(caller, flow.customer_management)

    def further_faults(
        self, environment: Environment, caller: Partner, operation_id: str, document: Any
    ) -> Sequence[Fault]:
        if not isinstance(document, Mapping):
            return ()
        faults = (
            birth_date_fault(document, today=datetime.fromtimestamp(environment.real_time(), UTC).date()),
            amount_fault(document, maximum=environment.maximum_amount),
        )
        return [fault for fault in faults if fault is not None]

    def refuse(self, environment: Environment, faults: Sequence[Fault], further: Sequence[Fault]) -> Problem:
        return refusal(faults, further, maximum=environment.maximum_amount)
