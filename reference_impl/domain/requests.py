"""What a schema cannot say of a request: rules that depend on today or on the environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from reference_impl.domain.amounts import as_json_number, hundredths, out_of_range
from reference_impl.domain.problems import Fault, Problem, invalid_request

_EARLIEST_BIRTH = date(1900, 1, 1)
AMOUNT = "/amount"
_DATE_OF_BIRTH = "/userKyc/dateOfBirth"


def birth_date_fault(request: Mapping[str, Any], *, today: date) -> Fault | None:
    """A `dateOfBirth` before 1900-01-01 or after ``today`` (DATA-21); what is no date the schema refuses."""
    kyc = request.get("userKyc")
    value = kyc.get("dateOfBirth") if isinstance(kyc, Mapping) else None
    try:
        born = date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        return None
    if born is None or _EARLIEST_BIRTH <= born <= today:
        return None
    return Fault(_DATE_OF_BIRTH, "out_of_range", "must be a day from 1900-01-01 to today")


def amount_fault(request: Mapping[str, Any], *, maximum: int) -> Fault | None:
    """An `amount` above ``maximum`` hundredths, the environment's limit (DATA-14)."""
    value = request.get("amount")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    amount = hundredths(value)
    if amount is None or amount <= maximum:
        return None
    return Fault(AMOUNT, "out_of_range", f"must be at most {as_json_number(maximum)} in this environment")


def refusal(faults: Sequence[Fault], further: Sequence[Fault], *, maximum: int) -> Problem:
    """The 400 for the schema's ``faults`` and ``further`` ones, at least one in all.

    An amount above ``maximum`` and nothing else gives the code that names the limits (DATA-14).
    """
    if not faults and [(fault.pointer, fault.code) for fault in further] == [(AMOUNT, "out_of_range")]:
        return out_of_range(further[0], maximum=maximum)
    places = {fault.pointer for fault in faults}
    return invalid_request([*faults, *(fault for fault in further if fault.pointer not in places)])
