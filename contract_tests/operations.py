"""The four operations of the contract, and the smallest request that each creation accepts."""

from dataclasses import dataclass, field
from typing import Any, Final, Literal

USUAL_AMOUNT: Final = 5
LOWEST_AMOUNT: Final = 0.1
"""Of the schemas; valid in every environment."""
ANOTHER_AMOUNT: Final = 0.2
"""Valid wherever the suite tests, and none that a smallest request has."""


@dataclass(frozen=True, kw_only=True)
class Creation:
    """One of the three operations that create a session; `amount` is valid there."""

    name: str
    path: str
    type: Literal["hosted", "embedded"]
    management: Literal["stablemint", "partner"]
    amount: float = field(default=USUAL_AMOUNT, compare=False)

    def members(self, **members: Any) -> dict[str, Any]:
        """The smallest valid request, with `members` put in or, where None, left out."""
        smallest: dict[str, Any] = {"userCountryCode": "DE", "currency": "EUR", "amount": self.amount}
        if self.type == "hosted":
            smallest |= {name: f"https://shop.example/{name}" for name in URLS}
        if self.management == "partner":
            smallest |= {"userId": "customer-1", "userEmail": "customer@shop.example"}
        merged = smallest | members
        return {name: value for name, value in merged.items() if value is not None}


URLS: Final = ("successUrl", "supportUrl", "exitUrl", "errorUrl")

HOSTED: Final = Creation(name="hosted", path="/session/hosted", type="hosted", management="stablemint")
PARTNER_HOSTED: Final = Creation(
    name="hosted, partner-managed",
    path="/session/hosted/partner-managed-customer",
    type="hosted",
    management="partner",
)
EMBEDDED: Final = Creation(
    name="embedded", path="/session/embedded/partner-managed-customer", type="embedded", management="partner"
)
CREATIONS: Final = (HOSTED, PARTNER_HOSTED, EMBEDDED)


def session_path(session_id: str) -> str:
    """The path of the look-up, for an identifier that needs no escaping."""
    return f"/session/{session_id}"


def creation_at(path: str) -> Creation | None:
    """The creation that `path` names exactly; None for any other path."""
    return next((creation for creation in CREATIONS if creation.path == path), None)
