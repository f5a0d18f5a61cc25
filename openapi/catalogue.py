"""What the document lists beside its operations, as values: the problems and the requirements."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

from openapi.document import load


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemType:
    """One kind of error (RFC 9457): what its answers have in common, and how to get rid of it."""

    code: str
    status: int
    title: str
    summary: str
    cause: str
    cure: str
    example: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One rule that an implementation can break, cited everywhere by its ``id``.

    Only a MUST decides conformance, and only for those who claim the ``capability``. ``clause`` is the JSON
    pointer, into the bundled document, of the prose that states the rule.
    """

    id: str
    statement: str
    level: Literal["MUST", "SHOULD", "MAY"]
    capability: str
    verification: Literal["black-box", "control-api", "inspection"]
    clause: str

    @property
    def area(self) -> str:
        """The letters before the number: AUTH, HTTP, DATA, IDEM, SESS, PAY, ERR, HOOK or RECV."""
        return self.id.partition("-")[0]


@cache
def problems(name: str = "openapi") -> Mapping[str, ProblemType]:
    """Every kind of error of the document called ``name`` by its code, in the order of its catalogue."""
    return MappingProxyType({entry["code"]: ProblemType(**entry) for entry in load(name)["x-problems"]})


@cache
def requirements() -> Mapping[str, Requirement]:
    """Every rule by its identifier, in the order of the document."""
    return MappingProxyType({entry["id"]: Requirement(**entry) for entry in load()["x-requirements"]})
