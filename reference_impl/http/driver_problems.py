"""Refusals that only the control API has."""

from __future__ import annotations

from reference_impl.domain.problems import Problem
from reference_impl.domain.sessions import Status


def resource_not_found(what: str) -> Problem:
    """A 404 for ``what``, such as `delivery`, in this namespace."""
    return Problem("resource_not_found", f"This namespace has no {what} of that identifier.")


def step_not_possible(reason: str, status: Status) -> Problem:
    """A 409 for a step that does not begin where the session is."""
    return Problem(
        "step_not_possible",
        f"The session is {status}, and this step is not possible: {reason}.",
        members={"sessionStatus": status},
    )
