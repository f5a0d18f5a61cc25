"""An API that an application serves: its operations, what it decides for itself, and its functions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from reference_impl.domain.problems import Fault, Problem
from reference_impl.environment import Environment
from reference_impl.http.contract import Contract, Operation
from reference_impl.http.messages import Answer, Request

Handler: TypeAlias = Callable[[Request], Answer | Awaitable[Answer]]


class Gatekeeper(Protocol):
    """What an API decides for itself: who calls, whether they may, and what its schemas cannot say."""

    def waits(self, fields: Mapping[str, str], path_parameters: Mapping[str, str]) -> bool:
        """Whether ``authenticate`` may have to wait for the store, and is not for an event loop to call."""

    def is_acquainted(self, fields: Mapping[str, str]) -> bool:
        """Whether the caller, if it is who it says, was found before: it waits for no strangers then."""

    def authenticate(
        self, fields: Mapping[str, str], body: bytes, path_parameters: Mapping[str, str]
    ) -> tuple[Environment, Any]:
        """The environment that the request concerns, and the caller; raises a 401 problem."""

    def authorise(self, caller: Any, operation_id: str) -> None:
        """Raises a 403 problem, or 429 for a caller who asks too often."""

    def further_faults(
        self, environment: Environment, caller: Any, operation_id: str, document: Any
    ) -> Sequence[Fault]:
        """Faults that no schema can state; ``document`` may be at fault with the schema too."""

    def refuse(self, environment: Environment, faults: Sequence[Fault], further: Sequence[Fault]) -> Problem:
        """The 400 for the schema's faults and the further ones, at least one in all."""


class Fence(Protocol):
    """Who may come near an API at all."""

    def __call__(self, fields: Mapping[str, str], *, method: str, peer: str | None) -> None:
        """Raises a 401, 403 or 415 problem. ``peer`` is the address that the connection comes from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """One OpenAPI document and what serves it. ``cross_origin`` APIs may be called by any web page.

    ``fence`` looks at a request before anything of it is read or looked up. One of which ``answers_in_time``
    is not true is asked for what takes its time, such as to move a clock.
    """

    contract: Contract
    gatekeeper: Gatekeeper
    handlers: Mapping[str, Handler]
    cross_origin: bool = False
    fence: Fence | None = None
    answers_in_time: bool = True


@dataclass(frozen=True, slots=True)
class Target:
    """The operation that a request names by path and method."""

    api: Api
    operation: Operation
    path_parameters: Mapping[str, str]
