"""Who may drive, and what: the gatekeeper of driver operations over one driven environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reference_impl.domain.problems import Fault, Problem
from reference_impl.domain.requests import amount_fault, refusal
from reference_impl.driven import Driven
from reference_impl.environment import Environment

DEFAULT = "default"
"""The name of the namespace that is always there."""


class DriverGatekeeper:
    """Satisfies ``Gatekeeper``: the fence has decided who may call; the caller is what is driven."""

    def __init__(self, driven: Driven) -> None:
        self._driven = driven

    def waits(self, fields: Mapping[str, str], path_parameters: Mapping[str, str]) -> bool:
        """Nobody is looked up."""
        return False

    def is_acquainted(self, fields: Mapping[str, str]) -> bool:
        return False

    def authenticate(
        self, fields: Mapping[str, str], body: bytes, path_parameters: Mapping[str, str]
    ) -> tuple[Environment, Driven]:
        """Raises ``namespace_not_found``."""
        driven = self.find(path_parameters.get("namespace", DEFAULT))
        if driven is None:
            raise Problem("namespace_not_found", "This server has no namespace of that name.")
        return driven.environment, driven

    def find(self, namespace: str) -> Driven | None:
        """What a namespace's name stands for."""
        return self._driven if namespace == DEFAULT else None

    def authorise(self, caller: Driven, operation_id: str) -> None:
        """Whoever comes near may do everything."""

    def further_faults(
        self, environment: Environment, caller: Driven, operation_id: str, document: Any
    ) -> Sequence[Fault]:
        if operation_id != "playSession" or not isinstance(document, Mapping):
            return ()
        fault = amount_fault(document, maximum=environment.maximum_amount)
        return [fault] if fault else []

    def refuse(self, environment: Environment, faults: Sequence[Fault], further: Sequence[Fault]) -> Problem:
        return refusal(faults, further, maximum=environment.maximum_amount)
