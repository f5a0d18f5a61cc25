"""The areas of requirements, by the letters before their numbers."""

from collections.abc import Iterable
from typing import Final

from ..ledger import Finding

AREAS: Final = {
    "AUTH": "authentication",
    "HTTP": "HTTP",
    "DATA": "request data",
    "IDEM": "idempotency",
    "SESS": "sessions",
    "PAY": "payments",
    "ERR": "errors",
    "HOOK": "webhooks",
    "RECV": "receivers",
}


def by_area(findings: Iterable[Finding]) -> list[tuple[str, list[Finding]]]:
    """The findings of each area, in the order in which the areas come."""
    areas: dict[str, list[Finding]] = {}
    for finding in findings:
        areas.setdefault(finding.requirement.area, []).append(finding)
    return list(areas.items())
